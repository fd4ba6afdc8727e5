//! The follow-up report through the site's own router: pages, files and what no reader may see; and a walk over the document that finds
//! every digit under a trace or a mark.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use app::{Desk, MINISTRY, Typed, Visit};
use authz::{Caller, Role};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use plan::Files;
use store_sqlite::Sqlite;
use tower::ServiceExt;
use vocab::{Calendar, Period};
use web::{House, router};

const CORRECTION: &str = "\n[[observation]]\nseries = \"domestic_investment_usd\"\nperiod = \"FY2024\"\nvalue = \"45億ドル/年\"\n\
     printed = \"訂正\"\nsource = \"interim-2026\"\nsection = \"架空\"\nrecorded = \"2026-05-15\"\nauthor = \"a\"\napprover = \"b\"\n";

fn visit(account: &str, role: Role) -> Visit {
    Visit {
        at: "2026-06-01T00:00:00Z".parse().unwrap(),
        caller: Some(Caller {
            account: account.into(),
            organisation: MINISTRY.into(),
            roles: vec![role],
            key: None,
            lent: None,
        }),
    }
}

/// Two published editions, `fy2025` and `fy2025-2`, and a draft, `fy2025-3`.
static SITE: LazyLock<Router> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap().keep();
    let store = Arc::new(Sqlite::open(&folder.join("report.db")).unwrap());
    let desk = |more: &str| {
        let plan = Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).unwrap();
        let texts = plan.iter().map(|(path, text)| (path.to_owned(), text.to_owned()));
        let texts: Vec<_> = texts
            .chain([("series/zz.toml".to_owned(), more.to_owned())])
            .collect();
        let store = Arc::<Sqlite>::clone(&store);
        Arc::new(Desk::new(
            Files::from_texts(texts),
            store,
            Box::new(|bytes| bytes.fill(7)),
        ))
    };
    let (writer, approver) = (
        visit("writer", Role::Secretariat),
        visit("approver", Role::Approver),
    );
    let year = Period {
        calendar: Calendar::Fiscal,
        year: 2025,
    };
    let words = vec![Typed {
        about: "policy-1".into(),
        ja: "<b>第3期医療機器基本計画</b>の{kgi1[FY2024]}".into(),
        en: "\"KGI 1\" & {kgi1[FY2024]}".into(),
    }];
    let first = desk("");
    let day = |text: &str| text.parse().unwrap();
    let id = first
        .start_edition(&writer, year, day("2026-04-30"), None)
        .unwrap();
    first.save_passages(&writer, &id, 1, words).unwrap();
    first.hand_in(&writer, &id).unwrap();
    first.publish(&approver, &id).unwrap();
    let second = desk(CORRECTION);
    let id = second
        .start_edition(&writer, year, day("2026-05-31"), Some(&id))
        .unwrap();
    second.hand_in(&writer, &id).unwrap();
    second.publish(&approver, &id).unwrap();
    second
        .start_edition(&writer, year, day("2026-05-31"), Some(&id))
        .unwrap();
    let clock = Box::new(|| "2026-06-01T00:00:00Z".parse().unwrap());
    router(House::new(second, clock).unwrap())
});

async fn get(address: &str) -> (StatusCode, String, Vec<u8>) {
    let request = Request::builder().uri(address).body(Body::empty()).unwrap();
    let response = SITE.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, kind, body.into())
}

async fn text(address: &str) -> String {
    let (status, _, body) = get(address).await;
    assert_eq!(status, StatusCode::OK, "{address}");
    String::from_utf8(body).unwrap()
}

#[tokio::test]
async fn every_form_answers_and_drafts_are_not_there() {
    for (address, kind) in [
        ("/editions", "text/html"),
        ("/editions.json", "application/json"),
        ("/editions/fy2025", "text/html"),
        ("/editions/fy2025-2.json", "application/json"),
        ("/editions/fy2025/edition.json", "application/json"),
        ("/editions/fy2025-2/report", "text/html"),
        ("/editions/fy2025-2/report.json", "application/json"),
        ("/editions/fy2025-2/report.xlsx", "application/vnd.openxmlformats"),
        (
            "/editions/fy2025-2/report.sdmx.csv",
            "application/vnd.sdmx.data+csv",
        ),
        ("/editions/fy2025-2/report.css", "text/css"),
        (
            "/editions/fy2025-2/trace/trace-kgi2-fy2024.prov.json",
            "application/json",
        ),
        ("/editions/fy2025-2/compare/fy2025", "text/html"),
        ("/editions/fy2025-2/compare/fy2025.json", "application/json"),
    ] {
        for address in [address.to_owned(), format!("/en{address}")] {
            let (status, found, _) = get(&address).await;
            assert_eq!(status, StatusCode::OK, "{address}");
            assert!(found.starts_with(kind), "{address}: {found}");
        }
    }
    for address in [
        "/editions/fy2025-3",
        "/editions/fy2025-3.json",
        "/editions/fy2025-3/edition.json",
        "/editions/fy2025-3/report",
        "/editions/fy2025-3/report.css",
        "/editions/fy2025-3/report.xlsx",
        "/editions/fy2025-3/report.sdmx.csv",
        "/editions/fy2025-3/trace/trace-kgi2-fy2024.prov.json",
        "/editions/fy2025-3/compare/fy2025",
        "/editions/fy2025/compare/fy2025-3",
        "/editions/fy2025/trace/nothing.prov.json",
        "/editions/nothing/report",
    ] {
        assert_eq!(get(address).await.0, StatusCode::NOT_FOUND, "{address}");
    }
    assert!(!text("/editions").await.contains("fy2025-3"));
    let sealed = get("/editions/fy2025/edition.json").await.2;
    indicator::Edition::parse(&sealed).unwrap();
}

/// An element of the walk: its name, and whether digits in it are accounted for.
struct Open {
    name: String,
    traced: bool,
    marked: bool,
}

/// Walks the `main` element: every digit stands under a link to an entry of the annex that is there, or under a mark.
fn walk(html: &str) -> (usize, usize) {
    const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];
    let main = html
        .split_once("<main")
        .unwrap()
        .1
        .split_once("</main>")
        .unwrap()
        .0;
    let main = main.split_once('>').unwrap().1;
    let value = |tag: &str, name: &str| -> Option<String> {
        let rest = tag.split_once(&format!(" {name}=\""))?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let ids: BTreeSet<&str> = main
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(id, _)| id))
        .collect();
    let mut open: Vec<Open> = vec![];
    let (mut traced, mut marked) = (0, 0);
    for part in main.split('<') {
        let Some((tag, words)) = part.split_once('>') else {
            continue;
        };
        let name = tag
            .split([' ', '/', '\n'])
            .find(|name| !name.is_empty())
            .unwrap_or_default();
        if tag.starts_with('/') {
            let closed = open.pop().unwrap();
            assert_eq!(closed.name, name, "the markup nests");
        } else if !VOID.contains(&name) && !tag.ends_with('/') {
            let target = value(tag, "href").and_then(|href| Some(href.strip_prefix('#')?.to_owned()));
            let leads = target.filter(|_| name == "a" && !tag.contains("contents"));
            if let Some(id) = &leads {
                assert!(ids.contains(id.as_str()), "nothing is at #{id}");
            }
            let trace = leads.is_some_and(|id| {
                ["trace-", "course-", "finding-", "difference-"]
                    .iter()
                    .any(|kind| id.starts_with(kind))
            });
            open.push(Open {
                name: name.to_owned(),
                traced: trace,
                marked: tag.contains(" data-mark=\""),
            });
        }
        let mut pieces = words.split('&');
        let first = pieces.next().unwrap_or_default();
        // What stands after an escaped character; its own number is markup.
        let mut read = std::iter::once(first).chain(pieces.map(|rest| rest.split_once(';').unwrap().1));
        if read.any(|text| text.contains(char::is_numeric)) {
            let under_trace = open.iter().any(|one| one.traced);
            let under_mark = open.iter().any(|one| one.marked);
            let around: Vec<_> = open.iter().map(|one| one.name.as_str()).collect();
            assert!(
                under_trace || under_mark,
                "a loose numeral in {around:?}: {words}"
            );
            if under_trace {
                traced += 1;
            } else {
                marked += 1;
            }
        }
    }
    assert!(open.is_empty());
    (traced, marked)
}

#[tokio::test]
async fn no_digit_of_the_report_is_loose() {
    for address in [
        "/editions/fy2025-2/report",
        "/en/editions/fy2025-2/report",
        "/editions/fy2025/report",
    ] {
        let (traced, marked) = walk(&text(address).await);
        assert!(traced > 500 && marked > 300, "{address}: {traced} {marked}");
    }
}

#[test]
#[should_panic(expected = "a loose numeral")]
fn the_walk_finds_a_loose_digit() {
    walk("<main id=\"m\"><p>In <span data-mark=\"year\">2024</span> it was 28.</p></main>");
}

#[tokio::test]
async fn what_a_writer_types_is_text() {
    let page = text("/editions/fy2025/report").await;
    assert!(page.contains("&#60;b&#62;<span data-mark=\"name\">第3期医療機器基本計画</span>&#60;/b&#62;の<a class=\"traced\" href=\"#trace-kgi1-fy2024\">"));
    let sheet = get("/editions/fy2025/report.xlsx").await.2;
    assert_eq!(&sheet[..2], b"PK");
}
