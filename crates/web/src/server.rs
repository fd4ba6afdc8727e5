//! The router: every address of the site, Japanese at the root and English under `/en`, with the
//! headers that keep browsers strict.

use std::future::Future;
use std::net::SocketAddr;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use axum::{Router, http::Request};
use tokio::net::TcpListener;

use crate::assets;
use crate::form::BODY_LIMIT;
use crate::house::{self, House};
use crate::oidc;
use crate::pages;

/// A page that takes a sheet takes more than [`BODY_LIMIT`]: the file, with what a browser puts around it.
const UPLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// And those that take what a kind may ask for: the largest attachment, with the rest of the form.
const ATTACHED_LIMIT: usize = 51_000_000;

/// Serves a house until `stop` ends; requests under way are finished.
///
/// # Errors
/// The listener's.
pub async fn serve(
    listener: TcpListener,
    house: House,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    house.warm();
    let site = router(house).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, site).with_graceful_shutdown(stop).await
}

/// The whole site.
pub fn router(house: House) -> Router {
    let pages = pages().merge(registers()).merge(desk()).merge(security());
    Router::new()
        .nest("/en", pages.clone())
        .merge(pages)
        .route("/en/", get(pages::dashboard::page))
        .route("/openapi.json", get(pages::api::openapi))
        .route("/.well-known/csaf/{*path}", get(pages::disclosed::tree))
        .fallback(pages::missing)
        .method_not_allowed_fallback(pages::wrong_method)
        .layer(middleware::from_fn_with_state(house.clone(), house::enter))
        .route("/assets/{*name}", get(assets::serve))
        .layer(middleware::from_fn(readable_address))
        // Outermost, so that refusals by the layers within are strict as well.
        .layer(middleware::map_response(strict))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(house)
}

/// Pages for everybody, in both languages. A page whose address also ends in `.json`, `.csv` or `.xlsx` is data as well.
fn pages() -> Router<House> {
    let mut router = Router::new()
        .route("/", get(pages::dashboard::page))
        .route("/index.json", get(pages::dashboard::page))
        .route("/plan/{file}", get(pages::plan::node))
        .route("/indicators/{file}", get(pages::indicator::page))
        .route("/series/{file}", get(pages::library::series))
        .route("/procedures/{file}", get(pages::procedures::one))
        .route("/sources/{file}", get(pages::library::source))
        .route("/workbench", get(pages::workbench::page))
        .route("/workbench.json", get(pages::workbench::page))
        .route("/api", get(pages::api::page))
        .route("/gallery", get(pages::gallery))
        .route(
            "/editions",
            get(pages::editions::list).post(pages::editions::start),
        )
        .route("/editions.json", get(pages::editions::list))
        .route(
            "/editions/{file}",
            get(pages::editions::page).post(pages::editions::change),
        )
        .route("/editions/{id}/edition.json", get(pages::editions::export))
        .route("/editions/{id}/report", get(pages::report::page))
        .route("/editions/{id}/report.json", get(pages::report::page))
        .route("/editions/{id}/report.xlsx", get(pages::report::page))
        .route("/editions/{id}/report.sdmx.csv", get(pages::report::sdmx))
        .route("/editions/{id}/report.css", get(pages::report::style))
        .route("/editions/{id}/trace/{file}", get(pages::report::prov))
        .route("/editions/{id}/compare/{file}", get(pages::compare::page));
    let lists: [(&str, MethodRouter<House>); 12] = [
        ("/procedures", get(pages::procedures::list)),
        ("/supply", get(pages::supply::board)),
        ("/supply/mine", get(pages::supply::mine)),
        ("/registers", get(pages::registers::list)),
        ("/plan", get(pages::plan::tree)),
        ("/indicators", get(pages::indicators::page)),
        ("/findings", get(pages::findings::page)),
        ("/coverage", get(pages::coverage::page)),
        ("/series", get(pages::library::all_series)),
        ("/sources", get(pages::library::sources)),
        ("/meetings", get(pages::library::meetings)),
        ("/terms", get(pages::library::terms)),
    ];
    for (path, list) in lists {
        for ending in ["", ".json", ".csv", ".xlsx"] {
            router = router.route(&format!("{path}{ending}"), list.clone());
        }
    }
    router
}

/// Registers, their records and the cases of these.
fn registers() -> Router<House> {
    Router::new()
        .route("/registers/{kind}", get(pages::registers::one))
        .route("/registers/{kind}/schema.json", get(pages::registers::schema))
        .route("/registers/{kind}/template.xlsx", get(pages::registers::template))
        .route(
            "/registers/{kind}/lists",
            get(pages::lists::all)
                .post(pages::lists::hand_in)
                .layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route("/registers/{kind}/lists/{id}", get(pages::lists::one))
        .route(
            "/registers/{kind}/new",
            get(pages::registers::record::blank)
                .post(pages::registers::record::add)
                .layer(DefaultBodyLimit::max(ATTACHED_LIMIT)),
        )
        .route(
            "/registers/{kind}/new/{part}",
            get(pages::registers::record::blank_part)
                .post(pages::registers::record::add_part)
                .layer(DefaultBodyLimit::max(ATTACHED_LIMIT)),
        )
        .route(
            "/registers/{kind}/{owner}/{id}",
            get(pages::registers::record::one),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/edit",
            get(pages::registers::record::edit)
                .post(pages::registers::record::change)
                .layer(DefaultBodyLimit::max(ATTACHED_LIMIT)),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/edit/{part}",
            get(pages::registers::record::edit_part)
                .post(pages::registers::record::change_part)
                .layer(DefaultBodyLimit::max(ATTACHED_LIMIT)),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/check",
            get(pages::registers::parts::check).post(pages::registers::parts::file),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/do/{transition}",
            get(pages::cases::step)
                .post(pages::cases::take)
                .layer(DefaultBodyLimit::max(ATTACHED_LIMIT)),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/merge",
            get(pages::registers::merge::choose).post(pages::registers::merge::merge),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/part",
            post(pages::registers::merge::part),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/files/{sha256}",
            get(pages::registers::files::one),
        )
        .route(
            "/registers/{kind}/{owner}/{id}/{how}",
            post(pages::cases::speak).layer(DefaultBodyLimit::max(ATTACHED_LIMIT)),
        )
}

/// The security of devices.
fn security() -> Router<House> {
    let mut router = Router::new()
        .route("/cyber/advisories/{file}", get(pages::cyber::advisory))
        .route("/cyber/devices/{owner}/{file}", get(pages::cyber::device));
    let lists: [(&str, MethodRouter<House>); 5] = [
        ("/cyber/disclosed", get(pages::disclosed::list)),
        ("/cyber", get(pages::cyber::board)),
        ("/cyber/findings", get(pages::cyber::findings::list)),
        ("/cyber/mine", get(pages::cyber::mine)),
        ("/cyber/work", get(pages::cyber::work)),
    ];
    for (path, list) in lists {
        for ending in ["", ".json", ".csv", ".xlsx"] {
            router = router.route(&format!("{path}{ending}"), list.clone());
        }
    }
    router
}

/// Pages on which people work. What is a page and a form at its own address is data at the others.
fn desk() -> Router<House> {
    let mut router = Router::new()
        .route(
            "/sign-in",
            get(pages::sign_in::page).post(pages::sign_in::sign_in),
        )
        .route("/sign-in/oidc", get(pages::sign_in::go_out))
        .route(oidc::CALLBACK, get(pages::sign_in::come_back))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .route(
            "/links/{secret}",
            get(pages::sign_in::link).post(pages::sign_in::accept),
        )
        .route("/account", get(pages::account::page).post(pages::account::change))
        .route("/people", get(pages::people::list).post(pages::people::invite))
        .route(
            "/people/{id}",
            get(pages::people::one).post(pages::people::change),
        )
        .route(
            "/organisations",
            get(pages::organisations::list).post(pages::organisations::add),
        )
        .route(
            "/organisations/{id}",
            get(pages::organisations::one).post(pages::organisations::change),
        )
        .route("/views", get(pages::views::list).post(pages::views::save))
        .route("/views/{id}", get(pages::views::one).post(pages::views::change))
        .route("/audit", get(pages::audit::page))
        .route("/today", get(pages::today::page))
        .route("/today.json", get(pages::today::page))
        .route("/batches", get(pages::batches::list).post(pages::batches::start))
        .route(
            "/batches/{id}",
            get(pages::batches::one).post(pages::batches::change),
        )
        .route(
            "/imports",
            post(pages::imports::stage).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route(
            "/imports/{id}",
            get(pages::imports::one).post(pages::imports::take),
        )
        .route("/cases", get(pages::cases::list))
        .route("/rounds", get(pages::rounds::list).post(pages::rounds::open))
        .route(
            "/rounds/{id}",
            get(pages::rounds::one).post(pages::rounds::change),
        )
        .route(
            "/rounds/{id}/answer",
            get(pages::answers::own).post(pages::answers::write),
        )
        .route("/rounds/{id}/answer.json", get(pages::answers::own))
        .route("/rounds/{id}/answers.json", get(pages::answers::table))
        .route("/rounds/{id}/answers.csv", get(pages::answers::table))
        .route("/rounds/{id}/answers.xlsx", get(pages::answers::table))
        .route("/rounds/{id}/answers/{organisation}", get(pages::answers::read));
    let tables: [(&str, MethodRouter<House>); 6] = [
        ("/cases", get(pages::cases::list)),
        ("/batches", get(pages::batches::list)),
        ("/rounds", get(pages::rounds::list)),
        ("/people", get(pages::people::list)),
        ("/organisations", get(pages::organisations::list)),
        ("/audit", get(pages::audit::page)),
    ];
    for (path, table) in tables {
        for ending in [".json", ".csv", ".xlsx"] {
            router = router.route(&format!("{path}{ending}"), table.clone());
        }
    }
    router
}

/// An address that is not UTF-8 once decoded belongs to no page.
async fn readable_address(request: Request<axum::body::Body>, next: middleware::Next) -> Response {
    let path = request.uri().path();
    let readable = crate::reader::decoded(path).is_some_and(|text| !text.contains('\0'));
    if readable {
        next.run(request).await
    } else {
        pages::unreadable()
    }
}

/// After how many seconds to ask again for what cannot be had at the moment.
const SOON: u32 = 5;

async fn strict(mut response: Response) -> Response {
    let unavailable = response.status() == StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    // What somebody handed in is kept by a browser, and wherever it opens it, nothing in it runs.
    let policy = if headers.contains_key(header::CONTENT_DISPOSITION) {
        assets::FILE_SECURITY_POLICY
    } else {
        assets::CONTENT_SECURITY_POLICY
    };
    if unavailable {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(SOON));
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-cache"));
    response
}
