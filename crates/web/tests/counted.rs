//! KGI 3 as the register counts it, on its page and as data, through the whole router.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use app::{Caller, Completeness, Desk, MINISTRY, Role, SavedRecord, Visit};
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use plan::Files;
use serde_json::Value;
use store_sqlite::Sqlite;
use tower::ServiceExt;
use web::{House, Options, router};

#[tokio::test]
async fn a_counted_device_is_one_link_away_from_its_count() {
    let files = Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("rashin.db")).unwrap();
    let desk = Arc::new(Desk::new(files, Arc::new(store), Box::new(|bytes| bytes.fill(7))));
    let at = "2026-11-02T03:00:00Z".parse().unwrap();
    let secretariat = Visit {
        at,
        caller: Some(Caller {
            account: "sato".into(),
            organisation: MINISTRY.into(),
            roles: vec![Role::Secretariat],
            key: None,
            lent: None,
        }),
    };
    let form = [
        ("name", "架空<ステント>"),
        ("level", "family"),
        ("application_class", "new"),
        ("coverage_category", "C2"),
        ("covered_on", "2025-06-01"),
        ("origin", "japan"),
        ("origin_confirmed_on", "2026-04-01"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()));
    let saved = desk.save_record(&secretariat, "device", None, &form, Completeness::Final);
    let SavedRecord::Kept(owner, id) = saved.unwrap() else {
        unreachable!("the form is complete");
    };
    let house = House::with(desk, Box::new(move || at), Options::default()).unwrap();
    let router = router(house);
    let get = async |path: &str| {
        let request = Request::get(path)
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
            .body(Body::empty())
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let link = format!("/registers/device/{owner}/{id}\">架空&#60;ステント&#62;</a>");
    for (path, title) in [
        ("/indicators/kgi3", "登録簿から数えた件数"),
        ("/en/indicators/kgi3", "Counted from the register"),
    ] {
        let page = get(path).await;
        assert!(page.contains(title) && page.contains(&link), "{path}");
    }
    let data: Value = serde_json::from_str(&get("/indicators/kgi3.json").await).unwrap();
    let year = &data["counted"]["years"][1];
    assert_eq!(
        (&year["at"], &year["counted"], &year["plan"]),
        (&"FY2025".into(), &1.into(), &4.into())
    );
    assert_eq!(year["devices"][0]["id"], id);
    // The plan's own figure stays what it was.
    assert_eq!(data["course"]["observed"][1]["value"], "4");
    // The reporting scheme is counted too: nobody has reported, which is no year with zero.
    let reports: Value = serde_json::from_str(&get("/indicators/ref4.json").await).unwrap();
    assert_eq!(reports["counted"]["years"], serde_json::json!([]));
    assert!(
        get("/indicators/ref4")
            .await
            .contains("供給の報告はまだありません")
    );
    // What is not counted says nothing of it.
    let other: Value = serde_json::from_str(&get("/indicators/kgi1.json").await).unwrap();
    assert_eq!(other.get("counted"), None);
}
