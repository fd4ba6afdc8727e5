//! The whole site through its own router, on the plan that ships with it: what every address answers, in which form and language, and that
//! nothing typed into an address breaks it or is taken for markup.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first thing that is not as it must be"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use app::Desk;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use plan::Files;
use proptest::prelude::*;
use serde_json::Value;
use store_sqlite::Sqlite;
use tower::ServiceExt;
use web::{House, router};

fn files() -> Files {
    Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).expect("plan/ can be read")
}

fn serve(files: Files) -> Router {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let store = Sqlite::open(&folder.join("site.db")).expect("a store");
    let desk = Desk::new(files, Arc::new(store), Box::new(|bytes| bytes.fill(7)));
    let clock = Box::new(|| "2026-06-01T00:00:00Z".parse().expect("a time"));
    router(House::new(Arc::new(desk), clock).unwrap_or_else(|fault| panic!("{fault}")))
}

static SITE: LazyLock<Router> = LazyLock::new(|| serve(files()));

struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Seen {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a reader sees, without spaces.
    fn words(&self) -> String {
        let mut words = String::new();
        for part in self.text().split('<') {
            words.extend(
                part.split_once('>')
                    .map_or(part, |(_, text)| text)
                    .split_whitespace(),
            );
        }
        words
    }
}

async fn ask(site: &Router, method: &str, address: &str) -> Seen {
    let request = Request::builder()
        .method(method)
        .uri(address)
        .body(Body::empty())
        .unwrap();
    let (parts, body) = site.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().into();
    Seen {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

async fn get(address: &str) -> Seen {
    ask(&SITE, "GET", address).await
}

/// Everything that is a page of its own, without language.
const PAGES: [&str; 22] = [
    "/",
    "/plan",
    "/plan/policy-1",
    "/plan/issue-2-1-1",
    "/indicators",
    "/indicators/kgi1",
    "/indicators/kgi2",
    "/indicators/kgi3",
    "/indicators/ref4",
    "/findings",
    "/coverage",
    "/workbench",
    "/series",
    "/series/concentration",
    "/sources",
    "/sources/interim-2026",
    "/meetings",
    "/terms",
    "/api",
    "/registers",
    "/registers/device",
    "/registers/unmet-need",
];

/// Everything that can be taken away as a table.
const TABLES: [&str; 15] = [
    "/plan",
    "/indicators",
    "/indicators/kgi1",
    "/indicators/kgi2",
    "/indicators/kgi3",
    "/indicators/ref4",
    "/findings",
    "/coverage",
    "/series",
    "/series/top100_firms",
    "/sources",
    "/meetings",
    "/terms",
    "/registers",
    "/registers/device",
];

fn in_english(address: &str) -> String {
    format!("/en{}", address.strip_suffix('/').unwrap_or(address))
}

#[tokio::test]
async fn every_address_answers_as_it_should() {
    for (method, address, status) in [
        ("GET", "/en/", 200),
        ("HEAD", "/", 200),
        ("GET", "/index.json", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/gallery", 200),
        ("GET", "/indicators/kgi1?at=2035", 200),
        ("GET", "/indicators/kgi1?growth=", 200),
        ("GET", "/workbench?node=nowhere&unit=%E7%BE%85", 200),
        ("GET", "/%ff", 400),
        ("GET", "/%00", 400),
        ("GET", "/nothing", 404),
        ("GET", "/en/en", 404),
        ("GET", "/plan/", 404),
        ("GET", "/plan/nowhere", 404),
        ("GET", "/plan/nowhere.json", 404),
        ("GET", "/indicators/kgi99", 404),
        ("GET", "/indicators/kgi1.exe", 404),
        ("GET", "/indicators/kgi99?growth=abc", 404),
        ("GET", "/series/nothing.csv", 404),
        ("GET", "/sources/nothing", 404),
        ("GET", "/assets/nothing.css", 404),
        ("POST", "/", 405),
        ("DELETE", "/indicators/kgi1", 405),
        ("PUT", "/en/plan", 405),
        ("GET", "/indicators/kgi1?growth=abc", 422),
        ("GET", "/indicators/kgi1.json?growth=abc", 422),
        ("GET", "/indicators/kgi1.csv?at=yesterday", 422),
        ("GET", "/indicators/kgi1?as_of=2026-13-40", 422),
        ("GET", "/indicators/kgi1?no_such_input=1", 422),
    ] {
        let seen = ask(&SITE, method, address).await;
        assert_eq!(seen.status, status, "{method} {address}");
    }
}

#[tokio::test]
async fn every_page_speaks_both_languages_and_knows_the_other() {
    for address in PAGES {
        let english = in_english(address);
        for (asked, lang) in [(address, "ja"), (english.as_str(), "en")] {
            let page = get(asked).await;
            assert_eq!(page.status, 200, "{asked}");
            assert_eq!(
                page.header(header::CONTENT_TYPE),
                "text/html; charset=utf-8",
                "{asked}"
            );
            assert!(
                page.text().contains(&format!("<html lang=\"{lang}\">")),
                "{asked}"
            );
            assert!(
                page.text()
                    .contains(&format!("hreflang=\"en\" href=\"{english}\"")),
                "{asked}"
            );
            assert_eq!(page.text().matches("<h1").count(), 1, "{asked}");
        }
    }
}

/// Heading levels of a page in their order.
fn levels(page: &str) -> Vec<u8> {
    let starts = page.split("<h").skip(1).filter_map(|rest| rest.bytes().next());
    starts
        .filter(u8::is_ascii_digit)
        .map(|digit| digit - b'0')
        .collect()
}

#[tokio::test]
async fn no_heading_level_is_skipped() {
    for address in PAGES
        .into_iter()
        .chain(["/gallery", "/nothing", "/indicators/kgi1?growth=abc"])
    {
        let levels = levels(get(address).await.text());
        assert!(
            levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "{address}: {levels:?}"
        );
    }
}

#[tokio::test]
async fn every_answer_keeps_the_browser_strict() {
    for (method, address) in [
        ("GET", "/"),
        ("GET", "/indicators/kgi1.json"),
        ("GET", "/indicators.csv"),
        ("GET", "/nothing"),
        ("GET", "/%ff"),
        ("GET", "/assets/nothing"),
        ("GET", &web::assets::asset("rashin.css")),
        ("POST", "/"),
    ] {
        let seen = ask(&SITE, method, address).await;
        let policy = seen.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{address}: {policy}"
        );
        assert_eq!(
            seen.header(header::X_CONTENT_TYPE_OPTIONS),
            "nosniff",
            "{address}"
        );
        assert_eq!(seen.header(header::REFERRER_POLICY), "same-origin", "{address}");
        assert!(seen.headers.contains_key(header::CACHE_CONTROL), "{address}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do_in_the_form_and_language_asked_for() {
    let page = get("/indicators/kgi1?growth=abc").await;
    for part in [
        "value=\"abc\"",
        "aria-invalid=\"true\"",
        "class=\"error-summary\"",
        "href=\"#growth\"",
    ] {
        assert!(page.text().contains(part), "{part}");
    }
    let data = get("/indicators/kgi1.json?growth=abc").await.json();
    for lang in ["ja", "en"] {
        let say = data["error"][lang].as_str().unwrap();
        assert!(say.contains("growth") && say.contains("abc"), "{say}");
    }
    assert!(get("/en/nothing").await.text().contains("<html lang=\"en\">"));
    assert!(get("/nothing.json").await.json()["error"]["kind"] == "not-found");
}

#[tokio::test]
async fn the_first_page_shows_the_targets_of_the_report_and_what_is_known() {
    let ja = get("/").await.words();
    for figure in ["28兆円", "4.2兆円/年", "8件/年", "10兆円", "1.9兆円/年", "4件/年"] {
        assert!(ja.contains(figure), "{figure}");
    }
    let en = get("/en").await.words();
    for figure in ["28trillionyen", "4.2trillionyenperyear", "8casesperyear"] {
        assert!(en.contains(figure), "{figure}");
    }
}

#[tokio::test]
async fn figures_come_from_the_plan_and_from_what_is_asked() {
    let value = async |site: &Router, address: &str| -> f64 {
        let data = ask(site, "GET", address).await.json();
        data["value"].as_str().unwrap().parse().unwrap()
    };
    let near = |a: f64, b: f64| (a - b).abs() < 1e-3;
    let growth = 7_f64.powf(16.0 / 30.0);
    assert!(near(
        value(&SITE, "/indicators/kgi1.json").await,
        7.3 / 0.724 * growth
    ));
    let asked = value(&SITE, "/indicators/kgi1.json?growth=5%25").await;
    assert!(near(asked, 7.3 / 0.724 * 1.05_f64.powi(16)), "{asked}");
    // Another observation in the plan's files, another figure: nothing is known to the program.
    let other = files();
    let texts = other
        .iter()
        .map(|(path, text)| (path, text.replace("value = \"7.3兆円\"", "value = \"8兆円\"")));
    let site = serve(Files::from_texts(texts.collect::<Vec<_>>()));
    assert!(near(
        value(&site, "/indicators/kgi1.json").await,
        8.0 / 0.724 * growth
    ));
}

#[tokio::test]
async fn every_table_comes_as_csv_excel_and_json() {
    for address in TABLES {
        for address in [address.to_owned(), in_english(address)] {
            let csv = get(&format!("{address}.csv")).await;
            assert_eq!(
                csv.header(header::CONTENT_TYPE),
                "text/csv; charset=utf-8",
                "{address}"
            );
            assert!(
                csv.header(header::CONTENT_DISPOSITION).ends_with(".csv\""),
                "{address}"
            );
            let rows = csv
                .text()
                .strip_prefix('\u{feff}')
                .expect("a byte-order mark for Excel");
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(rows.as_bytes());
            // As long as the first one: the reader refuses a row that is not.
            for cell in reader
                .records()
                .flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            {
                let formula = cell.starts_with(['=', '+', '@', '\t', '\r'])
                    || (cell.starts_with('-') && cell.parse::<f64>().is_err());
                assert!(!formula, "{address}.csv: a spreadsheet would run {cell}");
            }
            let xlsx = get(&format!("{address}.xlsx")).await;
            assert_eq!(xlsx.status, 200, "{address}.xlsx");
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            assert_eq!(xlsx.header(header::CONTENT_TYPE), kind, "{address}");
            assert!(xlsx.body.starts_with(b"PK"), "{address}");
            let json = get(&format!("{address}.json")).await;
            assert_eq!(
                json.header(header::CONTENT_TYPE),
                "application/json; charset=utf-8",
                "{address}"
            );
            json.json();
        }
    }
}

/// Every byte as `%41`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

/// Values that have broken other sites.
fn hostile() -> Vec<String> {
    let long = "9".repeat(6_000);
    let typed = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "\u{0}\u{7}\u{1b}\u{202e}",
        "９^９^９^９",
        "' OR 1=1 --",
        "{{7*7}}",
        "=cmd|' /C calc'!A0",
    ]
    .map(encoded);
    typed
        .into_iter()
        .chain([
            long.clone(),
            format!("1e{long}"),
            format!("0.{long}%25"),
            "(".repeat(6_000).replace('(', "%28"),
        ])
        .chain(
            [
                "%ff%fe",
                "%",
                "%zz",
                "%E3%81",
                "&&&==&=",
                "-",
                "1e999999999%25",
                "-100%25",
                "1%2F0",
            ]
            .map(str::to_owned),
        )
        .collect()
}

#[tokio::test]
async fn nothing_typed_in_an_address_breaks_a_page_or_becomes_markup() {
    for value in hostile() {
        for start in [
            "/indicators/kgi1?growth=",
            "/indicators/kgi1?at=",
            "/indicators/kgi1.json?growth=",
            "/indicators/ref4?as_of=",
            "/workbench?title=",
            "/workbench?unit=%E4%BB%B6/%E5%B9%B4&history=",
            "/workbench?target=",
            "/workbench?node=",
            "/plan?",
            "/series/",
        ] {
            let address = format!("{start}{value}");
            let seen = get(&address).await;
            let shown: String = address.chars().take(90).collect();
            assert!(seen.status.as_u16() < 500, "{shown} answers {}", seen.status);
            let page = seen.header(header::CONTENT_TYPE).starts_with("text/html");
            assert!(
                !page || !seen.text().contains("<script>alert") && !seen.text().contains("<img"),
                "{shown}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_proposal_breaks_the_workbench(title in any::<String>(), unit in any::<String>(), history in any::<String>()) {
        let address = format!("/workbench?title={}&unit={}&history={}", encoded(&title), encoded(&unit), encoded(&history));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert_eq!(runtime.block_on(get(&address)).status, 200);
    }
}
