//! `rashin serve`: the pages and the API.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use app::Desk;

use super::print;
use crate::cli;
use crate::failure::Failure;
use crate::home;

pub fn run(plan: Option<&Path>, options: &cli::Serve) -> Result<ExitCode, Failure> {
    // A plan with mistakes is said here, with places, before anything is opened.
    let files = home::rashin(plan, false)?.files().clone();
    let store = options.database.open(false)?;
    let desk = Desk::new(files, store, Box::new(random));
    let house = web::House::new(Arc::new(desk), Box::new(now)).map_err(|fault| Failure::server(&fault))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::server(&error))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(SocketAddr::new(options.host, options.port))
            .await
            .map_err(|error| Failure::server(&error))?;
        let address = listener.local_addr().map_err(|error| Failure::server(&error))?;
        print(&format!(
            "羅針 Rashin: http://{address}/ で開けます（止めるには Ctrl+C）。\nRashin serves http://{address}/ (Ctrl+C to stop)."
        ));
        web::serve(listener, house, stop()).await.map_err(|error| Failure::server(&error))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Waits for Ctrl+C or a request to end.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge: here time enters the program")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Bytes from the system's own generator. Without it no secret can be made, so nothing goes on.
#[expect(clippy::expect_used, reason = "a guessable secret is worse than no server")]
fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives random bytes");
}
