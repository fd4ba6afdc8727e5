//! A supply report from its filing to its closing by programs with keys alone, and what happens to those that send the wrong thing, too much, or
//! the same again.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not as it must be"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a way is told whole, from its beginning to its end"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::{Amendment, Desk, Invitation, MINISTRY, Newcomer, OrganisationDraft, Secret, Visit};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use plan::Files;
use serde_json::{Value, json};
use store_sqlite::Sqlite;
use tower::ServiceExt;
use web::{House, Options, router};

const PASSWORD: &str = "しずかな川の白い橋を渡る";
const REPORTS: &str = "/registers/supply-report";

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// A site with people of several organisations, each with a session and a key.
struct Town {
    router: Router,
    desk: Arc<Desk>,
    people: BTreeMap<&'static str, Person>,
    _folder: tempfile::TempDir,
}

struct Person {
    session: Secret,
    key: Secret,
    account: String,
    organisation: String,
}

struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Seen {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// What was refused: status and kind.
    fn refusal(&self) -> (u16, String) {
        let error = self.json()["error"].clone();
        assert!(error["ja"].is_string() && error["en"].is_string(), "{error}");
        (self.status.as_u16(), error["kind"].as_str().unwrap().to_owned())
    }

    /// The names of what has to be mended.
    fn faults(&self) -> Vec<String> {
        let error = self.json()["error"].clone();
        let faults = error["faults"].as_array().cloned().unwrap_or_default();
        let told = |fault: &Value| {
            assert!(fault["ja"].is_string() && fault["en"].is_string(), "{fault}");
            let place = |name: &str| match &fault[name] {
                Value::Null => String::new(),
                Value::String(text) => format!(" {text}"),
                other => format!(" {other}"),
            };
            let field = fault["field"].as_str().unwrap();
            let code = fault["code"].as_str().unwrap();
            format!("{field}{}{}: {code}", place("row"), place("column"))
        };
        faults.iter().map(told).collect()
    }
}

fn plan_files() -> Files {
    Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan")).expect("plan/ can be read")
}

impl Town {
    fn new(files: Files) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("town.db")).expect("a store");
        let drawn = AtomicU64::new(0);
        // Not random, but never twice the same.
        let random = move |bytes: &mut [u8]| {
            let next = drawn.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            bytes
                .iter_mut()
                .zip(next.iter().rev().cycle())
                .for_each(|(byte, next)| *byte = *next);
        };
        let desk = Arc::new(Desk::new(files, Arc::new(store), Box::new(random)));
        let options = Options {
            limited: false,
            ..Options::default()
        };
        let house = House::with(Arc::clone(&desk), Box::new(now), options).unwrap();
        let public = Visit {
            at: now(),
            caller: None,
        };
        let link = desk.first_link(&public).unwrap().expect("nobody is there yet");
        let newcomer = Newcomer {
            email: "administrator@example.go.jp".into(),
            name: "架空 管理".into(),
            organisation: "架空省".into(),
            ..Newcomer::default()
        };
        let session = desk
            .accept_first_link(&public, &link.secret, &newcomer, PASSWORD)
            .unwrap();
        let mut town = Self {
            router: router(house),
            desk,
            people: BTreeMap::new(),
            _folder: folder,
        };
        let admin = town.visit(&session.secret);
        for (name, role, of_ministry) in [
            ("firm", "member", false),
            ("maker", "member", false),
            ("hospital", "member", false),
            ("stranger", "member", false),
            ("secretariat", "secretariat", true),
            ("approver", "approver", true),
            ("auditor", "auditor", true),
        ] {
            let organisation = if of_ministry {
                MINISTRY.to_owned()
            } else {
                let draft = OrganisationDraft {
                    ja: format!("架空 {name}"),
                    kind: if name == "hospital" {
                        "hospital"
                    } else {
                        "manufacturer"
                    }
                    .into(),
                    ..OrganisationDraft::default()
                };
                town.desk.add_organisation(&admin, &draft).unwrap()
            };
            let invitation = Invitation {
                email: format!("{name}@example.go.jp"),
                amendment: Amendment {
                    name: format!("架空 {name}"),
                    organisation: organisation.clone(),
                    roles: vec![role.into()],
                    ..Amendment::default()
                },
            };
            let (account, link) = town.desk.invite(&admin, &invitation).unwrap();
            let session = town
                .desk
                .accept_link(&public, &link.secret, PASSWORD)
                .unwrap()
                .secret;
            let visit = town.visit(&session);
            let key = town
                .desk
                .make_key(&visit, "架空の社内システム", "90")
                .unwrap()
                .secret;
            let person = Person {
                session,
                key,
                account,
                organisation,
            };
            town.people.insert(name, person);
        }
        let person = Person {
            key: town.desk.make_key(&admin, "架空の管理", "30").unwrap().secret,
            session: session.secret,
            account: String::new(),
            organisation: MINISTRY.into(),
        };
        town.people.insert("administrator", person);
        town
    }

    fn visit(&self, session: &Secret) -> Visit {
        Visit {
            at: now(),
            caller: self.desk.caller(session, now()).unwrap(),
        }
    }

    async fn send(&self, request: Request<Body>) -> Seen {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        Seen {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().into(),
        }
    }

    fn request(&self, who: &str, method: &str, address: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(address);
        match self.people.get(who) {
            Some(person) => request.header(header::AUTHORIZATION, format!("Bearer {}", person.key.reveal())),
            None => request,
        }
    }

    async fn get(&self, who: &str, address: &str) -> Seen {
        self.send(self.request(who, "GET", address).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&self, who: &str, address: &str, body: &Value) -> Seen {
        self.post_again(who, address, body, None).await
    }

    async fn post_again(&self, who: &str, address: &str, body: &Value, again: Option<&str>) -> Seen {
        let mut request = self
            .request(who, "POST", address)
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        if let Some(again) = again {
            request = request.header("idempotency-key", again);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    /// Takes a step as the record's own JSON says that it is taken.
    async fn step(&self, who: &str, record: &str, id: &str, reason: &str, fields: Value) -> Value {
        while self.desk.work(&now, &|| true).unwrap() {}
        let seen = self.get(who, &format!("{record}.json")).await;
        assert_eq!(seen.status, StatusCode::OK, "{who} {id}");
        let told = seen.json();
        let actions = told["actions"].as_array().unwrap();
        let action = actions.iter().find(|action| action["id"] == id);
        let action = action.expect("a step that can be taken now");
        let mut body = json!({ "version": action["version"], "fields": fields });
        if !reason.is_empty() {
            body["reason"] = reason.into();
        }
        let done = self.post(who, action["address"].as_str().unwrap(), &body).await;
        assert_eq!(done.status, StatusCode::OK, "{who} {id}: {}", done.json());
        done.json()
    }

    /// Files a report and gives its address.
    async fn filed(&self, again: &str) -> String {
        let filed = self
            .post_again("firm", &format!("{REPORTS}/new"), &report(), Some(again))
            .await;
        assert_eq!(filed.status, StatusCode::CREATED, "{}", filed.json());
        filed.headers[header::LOCATION].to_str().unwrap().to_owned()
    }
}

fn report() -> Value {
    json!({ "record": { "kind_version": 1, "fields": {
        "name": "架空カテーテルB",
        "product_codes": ["09501101020917"],
        "report_type": "stock-out",
        "need": "400",
        "contact": "架空 担当者",
    } } })
}

#[tokio::test]
async fn a_supply_report_goes_its_whole_way_by_program() {
    let town = Town::new(plan_files());
    let asset = json!({ "record": { "kind_version": 1, "fields": {
        "name": "院内の呼び名", "gtin": "09501101020917", "quantity": "3", "department": "架空病棟",
    } } });
    let kept = town
        .post("hospital", "/registers/hospital-asset/new", &asset)
        .await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.json());

    // Written bit by bit, then filed: what is read is changed and sent back.
    let mut draft =
        json!({ "state": "draft", "record": { "kind_version": 1, "fields": { "name": "架空カテーテルB" } } });
    let kept = town.post("firm", &format!("{REPORTS}/new"), &draft).await;
    assert_eq!(kept.status, StatusCode::CREATED);
    let record = kept.headers[header::LOCATION].to_str().unwrap().to_owned();
    draft = kept.json();
    assert_eq!(draft["state"], "draft");
    assert_eq!(
        town.get("secretariat", &format!("{record}.json"))
            .await
            .refusal()
            .0,
        404
    );
    draft["state"] = "filed".into();
    let wanting = town.post("firm", &format!("{record}/edit"), &draft).await;
    assert_eq!(wanting.refusal(), (422, "faults".into()));
    for (name, answer) in report()["record"]["fields"].as_object().unwrap() {
        draft["record"]["fields"][name] = answer.clone();
    }
    let filed = town.post("firm", &format!("{record}/edit"), &draft).await;
    assert_eq!(filed.status, StatusCode::OK, "{}", filed.json());
    assert_eq!(filed.json()["state"], "filed");
    assert_eq!(filed.json()["case"]["state"]["id"], "filed");

    // Nobody else knows, not even that it is there.
    for other in ["maker", "hospital", "stranger"] {
        assert_eq!(
            town.get(other, &format!("{record}.json")).await.refusal(),
            (404, "not-found".into())
        );
        let edit = town.post(other, &format!("{record}/edit"), &filed.json()).await;
        assert_eq!(edit.refusal(), (404, "not-found".into()));
        let act = town
            .post(other, &format!("{record}/do/take-up"), &json!({ "version": 1 }))
            .await;
        assert_eq!(act.refusal(), (404, "not-found".into()));
    }
    assert_eq!(town.get("", &format!("{record}.json")).await.refusal().0, 401);

    // Returned, filed again, taken up; what a step does not ask for is refused by name.
    town.step(
        "secretariat",
        &record,
        "return",
        "製造番号を書いてください。",
        json!({}),
    )
    .await;
    town.step("firm", &record, "file-again", "", json!({})).await;
    let told = town.get("secretariat", &format!("{record}.json")).await.json();
    let version = told["case"]["version"].clone();
    let wrong = json!({ "version": version, "fields": { "phase": "actual", "severity": "high", "need": "1", "nothing": "x" } });
    let refused = town
        .post("secretariat", &format!("{record}/do/take-up"), &wrong)
        .await;
    assert_eq!(refused.faults(), ["nothing: unknown_field", "need: not_yours"]);
    town.step(
        "secretariat",
        &record,
        "take-up",
        "",
        json!({ "phase": "actual", "severity": "high" }),
    )
    .await;

    // It is public now, but not its volumes, and the hospital that holds the product is told.
    let public = town.get("", &format!("{record}.json")).await.json();
    assert_eq!(public["record"]["fields"]["name"], "架空カテーテルB");
    assert!(public["record"]["fields"].get("need").is_none() && public["actions"] == json!([]));
    while town.desk.work(&now, &|| true).unwrap() {}
    let mine = town.get("hospital", "/supply/mine.json").await.json();
    assert_eq!(mine.as_array().unwrap().len(), 1, "{mine}");
    assert_eq!(town.get("stranger", "/supply/mine.json").await.json(), json!([]));

    let impact = json!({ "affected": "2026-11-01/2027-03-31", "causes": ["materials"], "substitutable": "others", "measures": "在庫を割り当てます。" });
    town.step("firm", &record, "report-impact", "", impact).await;

    // Makers are asked with consent alone, which only the firm gives.
    let maker = town.people["maker"].organisation.clone();
    let told = town.get("secretariat", &format!("{record}.json")).await.json();
    let body = json!({ "version": told["case"]["version"], "fields": { "asked": [maker] } });
    let refused = town
        .post("secretariat", &format!("{record}/do/ask-makers"), &body)
        .await;
    assert_eq!(refused.refusal(), (422, "faults".into()));
    let mut own = town.get("firm", &format!("{record}.json")).await.json();
    own["record"]["fields"]["consent"] = true.into();
    let kept = town.post("firm", &format!("{record}/edit"), &own).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.json());
    town.step(
        "secretariat",
        &record,
        "ask-makers",
        "",
        json!({ "asked": [maker] }),
    )
    .await;

    // The maker speaks with the ministry, which notes something for itself.
    let told = town.get("maker", &format!("{record}.json")).await.json();
    let say = told["actions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == "say")
        .unwrap()
        .clone();
    let said = json!({ "version": say["version"], "text": "月に200本まで増やせます。" });
    let kept = town.post("maker", say["address"].as_str().unwrap(), &said).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.json());
    assert!(
        !town
            .get("firm", &format!("{record}.json"))
            .await
            .json()
            .to_string()
            .contains("200本")
    );
    let told = town.get("secretariat", &format!("{record}.json")).await.json();
    assert!(told.to_string().contains("200本"));
    let note = json!({ "version": told["case"]["version"], "text": "電話でも確かめた。" });
    assert_eq!(
        town.post("maker", &format!("{record}/note"), &note).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        town.post("secretariat", &format!("{record}/note"), &note)
            .await
            .status,
        StatusCode::OK
    );

    town.step("secretariat", &record, "makers-answered", "", json!({}))
        .await;
    town.step(
        "firm",
        &record,
        "societies-told",
        "",
        json!({ "societies": ["架空学会"] }),
    )
    .await;
    let proposal =
        json!({ "assessment": "代替品で足りる。", "severity": "high", "notice": "代替品をお使いください。" });
    town.step("secretariat", &record, "propose", "供給の余力がある。", proposal)
        .await;
    town.step("approver", &record, "accept", "案のとおり。", json!({}))
        .await;
    town.step(
        "firm",
        &record,
        "update",
        "",
        json!({ "phase": "resolved", "affected": "2026-11-01/2027-01-31" }),
    )
    .await;
    let closed = town
        .step(
            "secretariat",
            &record,
            "close",
            "",
            json!({ "phase": "resolved" }),
        )
        .await;
    assert_eq!(closed["case"]["state"]["last"], true);
    assert_eq!(
        closed["actions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["title"].is_object())
            .count(),
        0
    );
    let board = town.get("", "/supply.json").await.json();
    assert_eq!(board["reports"][0]["phase"], "resolved");

    // The log says by which key, and no secret stands in it.
    let auditor = town.visit(&town.people["auditor"].session);
    let log = serde_json::to_string(&town.desk.audit(&auditor, None, None, 1_000).unwrap()).unwrap();
    assert!(log.contains("[\"key\",\"架空の社内システム\"]"));
    for person in town.people.values() {
        assert!(!log.contains(person.key.reveal()));
    }
}

#[tokio::test]
async fn what_is_sent_again_is_kept_once() {
    let town = Town::new(plan_files());
    let new = format!("{REPORTS}/new");
    let record = town.filed("report-1").await;
    assert_eq!(town.filed("report-1").await, record);
    assert_ne!(town.filed("report-2").await, record);
    let mut other = report();
    other["record"]["fields"]["need"] = "401".into();
    let refused = town.post_again("firm", &new, &other, Some("report-1")).await;
    assert_eq!(refused.refusal(), (409, "idempotency".into()));
    // What has become of it since is no reason to keep it twice, and another account's key is another key.
    town.step(
        "secretariat",
        &record,
        "take-up",
        "",
        json!({ "phase": "actual", "severity": "high" }),
    )
    .await;
    assert_eq!(town.filed("report-1").await, record);
    let others = town
        .post_again("stranger", &new, &report(), Some("report-1"))
        .await;
    assert_eq!(others.status, StatusCode::CREATED);
    let list = town.get("secretariat", &format!("{REPORTS}.json")).await.json();
    assert_eq!(list["found"], 3);

    // All at once: one is kept, everybody is told the same.
    let body = report();
    let (a, b, c) = tokio::join!(
        town.post_again("firm", &new, &body, Some("at once")),
        town.post_again("firm", &new, &body, Some("at once")),
        town.post_again("firm", &new, &body, Some("at once")),
    );
    for seen in [&a, &b, &c] {
        assert_eq!(seen.status, StatusCode::CREATED, "{}", seen.json());
        assert_eq!(seen.headers[header::LOCATION], a.headers[header::LOCATION]);
    }
    let long = "x".repeat(101);
    assert_eq!(
        town.post_again("firm", &new, &body, Some(&long)).await.refusal(),
        (400, "json".into())
    );
}

#[tokio::test]
async fn a_version_that_was_passed_is_told_with_the_newest() {
    let town = Town::new(plan_files());
    let record = town.filed("a").await;
    let seen = town.get("firm", &format!("{record}.json")).await.json();
    let edit = format!("{record}/edit");
    let mut mine = seen.clone();
    mine["record"]["fields"]["need"] = "500".into();
    // What is read can be sent back as it is, with fields that somebody else fills.
    assert_eq!(town.post("firm", &edit, &mine).await.status, StatusCode::OK);
    let late = town.post("firm", &edit, &mine).await;
    assert_eq!(late.refusal(), (409, "conflict".into()));
    let newest = late.json()["error"]["newest"].clone();
    assert_eq!(
        (&newest["version"], &newest["record"]["fields"]["need"]),
        (&json!(2), &json!("500"))
    );
    assert_eq!(town.post("firm", &edit, &newest).await.status, StatusCode::OK);

    let step = json!({ "version": 0, "fields": { "phase": "actual", "severity": "high" } });
    let late = town
        .post("secretariat", &format!("{record}/do/take-up"), &step)
        .await;
    assert_eq!(late.refusal(), (409, "conflict".into()));
    assert!(late.json()["error"]["newest"]["actions"].is_array());

    // What the ministry filled in may be sent back, not changed.
    town.step(
        "secretariat",
        &record,
        "take-up",
        "",
        json!({ "phase": "actual", "severity": "high" }),
    )
    .await;
    let told = town.get("firm", &format!("{record}.json")).await.json();
    let fields = told["record"]["fields"].as_object().unwrap();
    let fill: Vec<&str> = told["actions"][0]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let others: Vec<&String> = fields
        .keys()
        .filter(|name| !fill.contains(&name.as_str()))
        .collect();
    assert_eq!(town.post("firm", &edit, &told).await.status, StatusCode::OK);
    let mut told = town.get("firm", &format!("{record}.json")).await.json();
    for name in &others {
        told["record"]["fields"][name.as_str()] = Value::Null;
    }
    told["record"]["fields"]["assessment"] = "自社で書いた評価".into();
    let refused = town.post("firm", &edit, &told).await.faults();
    assert!(
        refused.contains(&"assessment: not_yours".to_owned()),
        "{refused:?}"
    );
    assert_eq!(refused.len(), others.len() + 1, "{refused:?} {others:?}");
}

#[tokio::test]
async fn everything_wrong_with_a_body_is_told_at_once() {
    let town = Town::new(plan_files());
    let body = json!({ "record": { "kind_version": 1, "fields": {
        "name": ["a", "b"],
        "report_type": "欠品かもしれない",
        "jmdn": "3761801",
        "product_codes": ["09501101020918", 5],
        "affected": "2026-07-01",
        "causes": ["品質かも"],
        "output_before": 1200,
        "output_after": "たくさん",
        "share": "120",
        "consent": "yes",
        "past_supply": [{ "quantity": "12.5" }, 7, { "colour": "red", "quantity": "x" }],
        "substitutes": { "maker": "x" },
        "assessment": "自社の評価",
        "severity": "high",
        "colour": "red",
        "色": "赤",
    } } });
    let seen = town.post("firm", &format!("{REPORTS}/new"), &body).await;
    assert_eq!(seen.refusal(), (422, "faults".into()));
    insta::assert_snapshot!(seen.faults().join("\n"));
}

#[tokio::test]
async fn keys_open_what_they_are_for_and_nothing_else() {
    let town = Town::new(plan_files());
    let mut table = String::new();
    for (who, method, address) in [
        ("secretariat", "GET", "/registers.json"),
        ("secretariat", "GET", "/organisations.json"),
        ("secretariat", "GET", "/cases.json"),
        ("secretariat", "GET", "/today.json"),
        ("secretariat", "GET", "/account"),
        ("secretariat", "POST", "/account"),
        ("secretariat", "POST", "/sign-in"),
        ("secretariat", "POST", "/organisations"),
        ("secretariat", "POST", "/batches"),
        ("secretariat", "POST", "/editions"),
        ("secretariat", "POST", "/rounds"),
        ("administrator", "GET", "/people.json"),
        ("administrator", "POST", "/people"),
        ("auditor", "GET", "/audit.json"),
        ("firm", "GET", "/people.json"),
        ("firm", "GET", "/registers/nothing.json"),
        ("firm", "POST", "/registers/supply-report/new"),
    ] {
        let request = town
            .request(who, method, address)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let seen = town.send(request.body(Body::from("name=x")).unwrap()).await;
        // A form that a program sends is answered as a form is: by the page that says what to mend.
        let kind = match seen.status {
            StatusCode::OK => String::new(),
            _ if seen.headers[header::CONTENT_TYPE] == "text/html; charset=utf-8" => "a page".to_owned(),
            _ => seen.refusal().1,
        };
        let _ = writeln!(
            table,
            "{who:<14} {method:<5}{address:<32} {} {kind}",
            seen.status.as_u16()
        );
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_key_that_opens_nothing_is_told_so() {
    let town = Town::new(plan_files());
    let refused = |seen: &Seen| {
        assert_eq!(seen.refusal(), (401, "wrong-key".into()));
        assert_eq!(seen.headers[header::WWW_AUTHENTICATE], "Bearer");
        assert!(seen.headers.get(header::SET_COOKIE).is_none());
    };
    let firm = &town.people["firm"];
    let cookie = format!("rashin_session={}", firm.session.reveal());
    let with = |key: &str| {
        let request = Request::get("/registers.json").header(header::AUTHORIZATION, key);
        request
            .header(header::COOKIE, &cookie)
            .body(Body::empty())
            .unwrap()
    };
    // The key decides: a good session does not make up for a wrong one, and no key is a session's secret.
    for key in [
        "Bearer",
        "Bearer rashin_0",
        "bearer x y",
        &format!("Bearer {}", firm.session.reveal()),
    ] {
        refused(&town.send(with(key)).await);
    }
    let stolen = format!("rashin_session={}", firm.key.reveal());
    let seen = town
        .send(
            Request::get("/cases.json")
                .header(header::COOKIE, stolen)
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(seen.refusal(), (401, "sign-in".into()));

    // Taken back, and shut out: from the next request on.
    let visit = town.visit(&firm.session);
    assert_eq!(town.get("firm", "/cases.json").await.status, StatusCode::OK);
    let keys = town.desk.keys(&visit).unwrap();
    town.desk.end_key(&visit, &keys[0].id).unwrap();
    refused(&town.get("firm", "/cases.json").await);
    refused(&town.get("firm", "/").await);
    let admin = town.visit(&town.people["administrator"].session);
    town.desk.shut_out(&admin, &town.people["maker"].account).unwrap();
    refused(&town.get("maker", "/cases.json").await);

    // JSON without a key is not taken, whoever is signed in.
    let session = format!("rashin_session={}", town.people["secretariat"].session.reveal());
    let request = Request::post(format!("{REPORTS}/new"))
        .header(header::COOKIE, session)
        .header(header::CONTENT_TYPE, "application/json");
    let seen = town
        .send(request.body(Body::from(report().to_string())).unwrap())
        .await;
    assert_eq!(seen.refusal(), (401, "no-key".into()));
}

#[tokio::test]
async fn hostile_bodies_are_refused_whole() {
    let town = Town::new(plan_files());
    let new = format!("{REPORTS}/new");
    for (kind, body, expected) in [
        ("application/json", "{".to_owned(), (400, "json")),
        ("application/json", "[]".to_owned(), (400, "json")),
        ("application/json", "\u{FEFF}{}".to_owned(), (400, "json")),
        ("application/json", "[".repeat(5_000), (400, "json")),
        (
            "application/json",
            format!("{{\"record\":{}{}}}", "[".repeat(200), "]".repeat(200)),
            (400, "json"),
        ),
        ("application/json", "{\"record\":7}".to_owned(), (422, "faults")),
        (
            "application/json",
            "{\"record\":{\"kind_version\":9,\"fields\":{}}}".to_owned(),
            (422, "faults"),
        ),
        ("application/json", "{\"recrod\":{}}".to_owned(), (422, "faults")),
        (
            "application/json",
            "{\"state\":\"gone\"}".to_owned(),
            (400, "json"),
        ),
        (
            "application/json",
            format!("{{\"record\":\"{}\"}}", "x".repeat(70_000)),
            (413, "too-large"),
        ),
        ("text/plain", report().to_string(), (415, "media-type")),
        ("application/xml", "<a/>".to_owned(), (415, "media-type")),
    ] {
        let shown: String = body.chars().take(40).collect();
        let request = town
            .request("firm", "POST", &new)
            .header(header::CONTENT_TYPE, kind);
        let seen = town.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(seen.refusal(), (expected.0, expected.1.into()), "{kind} {shown}");
    }
    // An address that takes forms alone says so.
    let seen = town.post("firm", "/imports", &json!({})).await;
    assert_eq!(seen.refusal(), (415, "media-type".into()));
    let record = town.filed("a").await;
    for body in [
        json!({}),
        json!({ "version": "1" }),
        json!({ "version": -1 }),
        json!({ "version": 1.5 }),
    ] {
        for address in [
            format!("{record}/edit"),
            format!("{record}/do/take-up"),
            format!("{record}/say"),
        ] {
            assert_eq!(
                town.post("firm", &address, &body).await.refusal(),
                (400, "json".into()),
                "{address} {body}"
            );
        }
    }
    let strange = json!({ "version": 1, "memo": "x" });
    assert_eq!(
        town.post("firm", &format!("{record}/say"), &strange)
            .await
            .faults(),
        ["memo: unknown_member"]
    );
    assert_eq!(
        town.post("firm", &format!("{record}/shout"), &strange)
            .await
            .refusal(),
        (404, "not-found".into())
    );
}

#[tokio::test]
async fn an_import_is_handed_in_and_taken_by_key() {
    let town = Town::new(plan_files());
    let file = "name,gtin,quantity,department\n架空の管,09501101020917,3,架空病棟\n";
    let part = |name: &str, more: &str, text: &str| {
        format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
    };
    let body = [
        part("purpose", "", "records"),
        part("kind", "", "hospital-asset"),
        part("file", "; filename=\"a.csv\"\r\nContent-Type: text/csv", file),
        "--cut--\r\n".to_owned(),
    ]
    .concat();
    let request = town
        .request("hospital", "POST", "/imports")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
    let seen = town.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(
        seen.status,
        StatusCode::SEE_OTHER,
        "{}",
        String::from_utf8_lossy(&seen.body)
    );
    let at = seen.headers[header::LOCATION].to_str().unwrap().to_owned();
    let staged = town.get("hospital", &format!("{at}.json")).await.json();
    assert_eq!(
        (&staged["rows"], &staged["faults"]),
        (&json!(1), &json!([])),
        "{staged}"
    );
    let request = town
        .request("hospital", "POST", &at)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let seen = town.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        seen.status,
        StatusCode::SEE_OTHER,
        "{}",
        String::from_utf8_lossy(&seen.body)
    );
    let list = town
        .get("hospital", "/registers/hospital-asset.json")
        .await
        .json();
    assert_eq!(list["found"], 1);
}

/// The first example of CONTRIBUTING.md that begins so.
fn example(beginning: &str) -> String {
    let text = include_str!("../../../CONTRIBUTING.md");
    let blocks = text.split("```toml\n").skip(1);
    let mut blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks
        .find(|block| block.starts_with(beginning))
        .expect("an example")
        .to_owned()
}

/// What CONTRIBUTING.md promises: a kind and a procedure written as it says there are written and moved on by program, without a line of Rust.
#[tokio::test]
async fn a_kind_that_is_toml_alone_is_written_by_program() {
    let files = plan_files()
        .with("kinds/device-loan.toml", example("[[kind]]"))
        .with("procedures/device-loan.toml", example("[[procedure]]"));
    let town = Town::new(files);
    let body = json!({ "record": { "kind_version": 1, "fields": {
        "name": "架空内視鏡 X-1", "purpose": "trial", "year": "FY2026", "fee": "3",
    } } });
    let kept = town.post("firm", "/registers/device-loan/new", &body).await;
    assert_eq!(kept.status, StatusCode::CREATED, "{}", kept.json());
    let record = kept.headers[header::LOCATION].to_str().unwrap().to_owned();
    assert_eq!(kept.json()["record"], body["record"]);
    let confirmed = town.step("secretariat", &record, "confirm", "", json!({})).await;
    assert_eq!(confirmed["case"]["state"]["id"], "confirmed");
    let description = town.get("firm", "/openapi.json").await.json();
    let fields = &description["components"]["schemas"]["Record-device-loan"]["properties"]["fields"];
    assert!(fields["properties"]["other_purpose"].is_object());
    let paths = &description["paths"];
    assert!(paths["/registers/device-loan/new"]["post"].is_object());
    assert!(paths["/registers/device-loan/{owner}/{id}/do/{transition}"]["post"].is_object());
    // Whoever is not known is not told what can be written.
    let public = town.get("", "/openapi.json").await.json();
    assert!(public["paths"]["/registers/device-loan/new"].is_null());
}
