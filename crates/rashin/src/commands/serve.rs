//! `rashin serve`: the pages and the API.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use app::{Desk, Secret, Visit};

use super::cyber::database;
use super::print;
use crate::cli;
use crate::edge;
use crate::failure::Failure;
use crate::feeds::{self, Feeds};
use crate::home;
use crate::post;
use crate::worker::Worker;

/// Holds our secret at the provider of `OpenID` Connect; a command line can be read by others.
const SECRET: &str = "RASHIN_OIDC_SECRET";

pub fn run(plan: Option<&Path>, options: &cli::Serve) -> Result<ExitCode, Failure> {
    // A plan with mistakes is said here, with places, before anything is opened.
    let files = home::rashin(plan, false)?.files().clone();
    let store = options.database.open(false)?;
    let post = post::post(&options.mail, options.public_url.as_deref())
        .map_err(|refusal| Failure::input(refusal, false))?;
    if let Some(path) = options
        .advisories
        .as_ref()
        .filter(|_| !options.advisory_source.is_empty())
    {
        feeds::begin_database(path)?;
    }
    let advisories = options.advisories.as_deref().map(watched).transpose()?;
    let desk = Desk::new(files, store, Box::new(edge::random))
        .with_post(post)
        .with_advisories(advisories);
    let desk = Arc::new(desk);
    // What is read of the plan's kinds is there before anybody rests on it.
    desk.kinds_suffice()
        .map_err(|refusal| Failure::input(refusal, false))?;
    // Lists and searches are those of the plan's kinds before anybody asks for one.
    desk.index_registers()
        .map_err(|refusal| Failure::input(refusal, false))?;
    let nobody = Visit {
        at: edge::now(),
        caller: None,
    };
    let first = desk
        .first_link(&nobody)
        .map_err(|refusal| Failure::input(refusal, false))?;
    let stand = web::Options {
        // On its own machine a browser reaches the server by plain http; anywhere else passwords travel over TLS alone.
        secure: options.behind_proxy || !options.host.is_loopback() || is_https(options),
        behind_proxy: options.behind_proxy,
        limited: !options.unlimited,
        provider: provider(options)?.map(Arc::new),
        public_url: options
            .public_url
            .as_ref()
            .map(|url| url.trim_end_matches('/').to_owned()),
    };
    let house = web::House::with(Arc::clone(&desk), Box::new(edge::now), stand)
        .map_err(|fault| Failure::server(&fault))?;
    let _feeds = options
        .advisories
        .clone()
        .filter(|_| !options.advisory_source.is_empty())
        .map(|path| Feeds::begin(Arc::clone(&desk), path, options.advisory_source.clone()));
    let _worker = Worker::begin(desk);
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
        if let Some(link) = first {
            let link = link.secret.reveal();
            print(&format!(
                "はじめての管理者は、次のアドレスで自分のアカウントを作ってください（1回だけ使えます）。\nThe first administrator makes an account here (works once):\n  http://{address}/links/{link}"
            ));
        }
        web::serve(listener, house, stop()).await.map_err(|error| Failure::server(&error))?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The database of advisories, once it is sure that it can be opened.
fn watched(path: &Path) -> Result<Box<dyn app::Advisories>, Failure> {
    database::open(path, false)?;
    Ok(Box::new(database::Watched(path.to_owned())))
}

fn is_https(options: &cli::Serve) -> bool {
    options
        .public_url
        .as_ref()
        .is_some_and(|url| url.starts_with("https://"))
}

/// The provider of `OpenID` Connect that the options name.
fn provider(options: &cli::Serve) -> Result<Option<web::Provider>, Failure> {
    let cli::Provider {
        issuer,
        client_id,
        name,
    } = &options.provider;
    let (Some(issuer), Some(client), Some(public_url)) = (issuer, client_id, &options.public_url) else {
        return Ok(None);
    };
    let secret = std::env::var(SECRET).ok().filter(|secret| !secret.is_empty());
    let setup = web::Setup {
        issuer: issuer.clone(),
        client: client.clone(),
        secret: secret.map(Secret::new),
        name: name.clone(),
        public_url: public_url.clone(),
        trusted: edge::trusted(),
    };
    web::Provider::new(setup)
        .map(Some)
        .map_err(|refusal| Failure::input(refusal, false))
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
