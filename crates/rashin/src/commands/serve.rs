//! `rashin serve`: the pages and the API.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;

use super::print;
use crate::cli;
use crate::failure::Failure;
use crate::home;

pub fn run(plan: Option<&Path>, options: &cli::Serve) -> Result<ExitCode, Failure> {
    let edition = options
        .edition
        .as_deref()
        .map(|path| super::edition::read(path, false))
        .transpose()?;
    let rashin = home::rashin(plan, false)?.with_edition(edition);
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
        web::serve(listener, rashin, stop()).await.map_err(|error| Failure::server(&error))?;
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
