//! The list of all findings through the whole router: by what it is ordered, how it goes on, and the same as data.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::{
    Advisories, AdvisoryBytes, Amendment, Caller, Completeness, Desk, FileFor, Invitation, MINISTRY,
    Newcomer, Role, SavedRecord, Visit,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use cyber::database::{Collection, Source};
use cyber::osv::Record;
use jiff::Timestamp;
use plan::Files;
use serde_json::{Value, json};
use store_sqlite::Sqlite;
use tower::ServiceExt;
use vocab::Refusal;
use web::{House, Options, router};

const AT: Timestamp = Timestamp::constant(1_780_272_000, 0);
const PASSWORD: &str = "しずかな川の白い橋を渡る";
const ADVISORIES: u64 = 60;

/// A database that stays as it is.
struct Feed(Arc<Vec<u8>>);

struct Bytes(Arc<Vec<u8>>);

impl Source for Bytes {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        (&**self.0).read(at, length)
    }
}

impl Advisories for Feed {
    fn stamp(&self) -> Result<String, Refusal> {
        Ok("1".into())
    }

    fn open(&self) -> Result<Box<dyn AdvisoryBytes>, Refusal> {
        Ok(Box::new(Bytes(Arc::clone(&self.0))))
    }
}

/// Sixty advisories on one package.
fn feed() -> Feed {
    let mut collection = Collection::default();
    for number in 0..ADVISORIES {
        let record = json!({
            "id": format!("EXAMPLE-2026-{number:04}"), "modified": "2026-06-01T00:00:00Z",
            "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
            "affected": [{
                "package": { "ecosystem": "npm", "name": "kakuu-left" },
                "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.0.0" }] }],
            }],
        });
        collection.add(&Record::parse(record.to_string().as_bytes()).unwrap());
    }
    Feed(Arc::new(collection.write().unwrap().0))
}

/// Hands in a device version of the component that the advisories are about.
fn hand_in(desk: &Desk, maker: &Visit) -> String {
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "components": [{ "type": "library", "name": "kakuu-left", "version": "1.2.0", "purl": "pkg:npm/kakuu-left@1.2.0" },
            { "type": "library", "name": "kakuu-right", "version": "3.0.0", "purl": "pkg:npm/kakuu-right@3.0.0" }],
    });
    let place = FileFor {
        kind: "device-security",
        record: None,
        field: Some("sbom"),
    };
    let file = desk.keep_file(maker, &place, "bill.json", bill.to_string().into_bytes());
    let form = [
        ("name", "架空<ポンプ>"),
        ("version_name", "2.4.1"),
        ("sbom", &file.unwrap().to_string()),
        ("eos_on", "2027-09-30"),
        ("contact", "psirt@kakuu-medical.example"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let saved = desk.save_record(maker, "device-security", None, &form, Completeness::Final);
    match saved {
        Ok(SavedRecord::Kept(owner, id)) => format!("/cyber/devices/{owner}/{id}"),
        refused => unreachable!("{refused:?}"),
    }
}

/// The cookie of somebody of the secretariat.
fn secretariat(desk: &Desk) -> String {
    let public = Visit { at: AT, caller: None };
    let link = desk.first_link(&public).unwrap().unwrap();
    let newcomer = Newcomer {
        email: "administrator@example.go.jp".into(),
        name: "架空 管理".into(),
        organisation: "架空省".into(),
        ..Newcomer::default()
    };
    let admin = desk
        .accept_first_link(&public, &link.secret, &newcomer, PASSWORD)
        .unwrap();
    let admin = Visit {
        at: AT,
        caller: desk.caller(&admin.secret, AT).unwrap(),
    };
    let invitation = Invitation {
        email: "secretariat@example.go.jp".into(),
        amendment: Amendment {
            name: "架空 事務".into(),
            organisation: MINISTRY.into(),
            roles: vec!["secretariat".into()],
            ..Amendment::default()
        },
    };
    let (_, link) = desk.invite(&admin, &invitation).unwrap();
    desk.accept_link(&admin, &link.secret, PASSWORD).unwrap();
    let session = desk.sign_in(&public, &invitation.email, PASSWORD).unwrap();
    format!("rashin_session={}", session.secret.reveal())
}

async fn get(router: &Router, cookie: &str, path: &str) -> String {
    let request = Request::get(path)
        .header(header::COOKIE, cookie)
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
        .body(Body::empty())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn the_list_says_its_order_goes_on_and_is_the_same_as_data() {
    let files = Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("rashin.db")).unwrap();
    let drawn = AtomicU64::new(0);
    // Not random, but never twice the same.
    let random = move |bytes: &mut [u8]| {
        let next = drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let each = bytes.iter_mut().zip(next.iter().rev().cycle());
        each.for_each(|(byte, next)| *byte = *next);
    };
    let desk = Desk::new(files, Arc::new(store), Box::new(random)).with_advisories(Some(Box::new(feed())));
    let cookie = secretariat(&desk);
    let maker = Visit {
        at: AT,
        caller: Some(Caller {
            account: "suzuki".into(),
            organisation: "maker-a".into(),
            roles: vec![Role::Member],
            key: None,
            lent: None,
        }),
    };
    let device = hand_in(&desk, &maker);
    desk.watch_advisories(AT).unwrap();
    let house = House::with(Arc::new(desk), Box::new(|| AT), Options::default()).unwrap();
    let router = router(house);

    let first = get(&router, &cookie, "/cyber/findings?sort=advisory").await;
    assert!(first.contains("脆弱性の識別子の順に並べています"), "{first}");
    assert!(first.contains("架空&#60;ポンプ&#62; 2.4.1</a>"), "{first}");
    assert_eq!(first.matches("/cyber/advisories/EXAMPLE-").count(), 50);
    assert_eq!(first.matches("このページから1000件まで").count(), 3);
    let more = first.split("href=\"").find(|rest| rest.contains("after="));
    let more = more.and_then(|rest| rest.split('"').next()).unwrap();
    let second = get(&router, &cookie, &more.replace("&#38;", "&")).await;
    assert_eq!(second.matches("/cyber/advisories/EXAMPLE-").count(), 10);
    assert!(second.contains(">EXAMPLE-2026-0050</a>") && !second.contains(">EXAMPLE-2026-0049</a>"));
    let english = get(&router, &cookie, "/en/cyber/findings").await;
    assert!(english.contains("What is known to be exploited comes first"));
    let none = get(&router, &cookie, "/cyber/findings?exploited=yes").await;
    assert!(none.contains("条件に合うものはありません"));

    let data: Value =
        serde_json::from_str(&get(&router, &cookie, "/cyber/findings.json?sort=severity").await).unwrap();
    assert_eq!(data["findings"].as_array().map(Vec::len), Some(60));
    assert_eq!((&data["sort"], &data["next"]), (&json!("severity"), &Value::Null));
    assert_eq!(data["findings"][0]["component"], "kakuu-left 1.2.0");
    let csv = get(&router, &cookie, "/cyber/findings.csv?advisory=example-2026-0007").await;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    // Of the device each component is named, also what nothing is found on.
    let page = get(&router, &cookie, &device).await;
    let clean = page.split("該当のない部品").last().unwrap();
    assert!(
        clean.contains("kakuu-right 3.0.0") && !clean.contains("kakuu-left"),
        "{page}"
    );
    // Both who oversee and who answer find it.
    for from in ["/cyber", "/cyber/work"] {
        assert!(
            get(&router, &cookie, from).await.contains("\"/cyber/findings\""),
            "{from}"
        );
    }
}
