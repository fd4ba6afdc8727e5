//! Accounts and signing in through the whole router: who reaches which address, what a browser is told to keep, and that nothing gets in by a
//! form that our own page did not give out.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first thing that is not as it must be"
)]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use app::{Amendment, Desk, Invitation, MINISTRY, Newcomer, OrganisationDraft, Role, Session, Visit};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use plan::Files;
use proptest::prelude::*;
use store_sqlite::Sqlite;
use tower::ServiceExt;
use web::{House, Options, router};

const PASSWORD: &str = "しずかな川の白い橋を渡る";
const ADMIN: &str = "administrator@example.go.jp";

/// A site with an account for each role, and its clock.
struct Town {
    router: Router,
    desk: Arc<Desk>,
    minutes: Arc<AtomicI64>,
    admin: Session,
    /// Id of a firm, and of the account that is a member of it.
    firm: String,
    member: String,
}

impl Town {
    fn new(options: Options) -> Self {
        let files = Files::from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plan"))
            .expect("plan/ can be read");
        let folder = tempfile::tempdir().expect("a folder").keep();
        let store = Sqlite::open(&folder.join("town.db")).expect("a store");
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
        let minutes = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&minutes);
        let house = House::with(
            Arc::clone(&desk),
            Box::new(move || at(clock.load(Ordering::Relaxed))),
            options,
        );
        let admin = found(&desk);
        let visit = Visit {
            at: at(0),
            caller: desk.caller(&admin.secret, at(0)).unwrap(),
        };
        let draft = OrganisationDraft {
            ja: "架空医療機器01株式会社".into(),
            kind: "manufacturer".into(),
            ..OrganisationDraft::default()
        };
        let firm = desk.add_organisation(&visit, &draft).unwrap();
        let mut member = String::new();
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
            let organisation = if role == Role::Member { &firm } else { MINISTRY };
            let invitation = Invitation {
                email: format!("{}@example.go.jp", role.code()),
                amendment: Amendment {
                    name: format!("架空 {}", role.code()),
                    organisation: organisation.into(),
                    roles: vec![role.code().into()],
                    ..Amendment::default()
                },
            };
            let (id, link) = desk.invite(&visit, &invitation).unwrap();
            desk.accept_link(&visit, &link.secret, PASSWORD).unwrap();
            if role == Role::Member {
                member = id;
            }
        }
        Self {
            router: router(house.unwrap()),
            desk,
            minutes,
            admin,
            firm,
            member,
        }
    }

    /// A browser of somebody who signed in with this role.
    fn browser(&self, role: Option<Role>) -> Browser<'_> {
        let cookie = role.map_or_else(String::new, |role| {
            let visit = Visit {
                at: at(self.minutes.load(Ordering::Relaxed)),
                caller: None,
            };
            let email = format!("{}@example.go.jp", role.code());
            let session = self.desk.sign_in(&visit, &email, PASSWORD).unwrap();
            format!("rashin_session={}", session.secret.reveal())
        });
        Browser {
            town: self,
            // Each browser stands somewhere else, so that none takes another's turns.
            socket: SocketAddr::from((SOCKETS.fetch_add(1, Ordering::Relaxed).to_be_bytes(), 5_000)),
            cookie,
            headers: vec![("host", "rashin.example".into())],
        }
    }
}

static SOCKETS: AtomicU32 = AtomicU32::new(0x0A00_0001);

static TOWN: LazyLock<Town> = LazyLock::new(|| Town::new(Options::default()));

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

fn found(desk: &Desk) -> Session {
    let visit = Visit {
        at: at(0),
        caller: None,
    };
    let link = desk.first_link(&visit).unwrap().expect("nobody is there yet");
    let newcomer = Newcomer {
        email: ADMIN.into(),
        name: "架空 管理".into(),
        organisation: "架空省".into(),
        ..Newcomer::default()
    };
    desk.accept_first_link(&visit, &link.secret, &newcomer, PASSWORD)
        .unwrap()
}

/// What a browser does: it keeps cookies, and sends back the token of the page that it was given.
#[derive(Clone)]
struct Browser<'a> {
    town: &'a Town,
    socket: SocketAddr,
    cookie: String,
    headers: Vec<(&'static str, String)>,
}

struct Seen {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Seen {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn cookies(&self) -> Vec<&str> {
        let all = self.headers.get_all(header::SET_COOKIE);
        all.iter().map(|cookie| cookie.to_str().unwrap()).collect()
    }

    /// The token in the page's first form.
    fn token(&self) -> String {
        let rest = self
            .text()
            .split("name=\"token\" value=\"")
            .nth(1)
            .expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser<'_> {
    async fn ask(&self, method: &str, address: &str, body: String) -> Seen {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if !self.cookie.is_empty() {
            request = request.header(header::COOKIE, &self.cookie);
        }
        if method == "POST" {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(self.socket));
        let (parts, body) = self
            .town
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        Seen {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().into(),
        }
    }

    async fn get(&self, address: &str) -> Seen {
        self.ask("GET", address, String::new()).await
    }

    /// Sends a form as a page of ours gave it out.
    async fn send(&mut self, page: &str, address: &str, fields: &[(&str, &str)]) -> Seen {
        let given = self.get(page).await;
        self.keep(&given);
        let token = given.token();
        let mut body = form(fields);
        let _ = write!(body, "&token={token}");
        let seen = self.ask("POST", address, body).await;
        self.keep(&seen);
        seen
    }

    fn keep(&mut self, seen: &Seen) {
        for cookie in seen.cookies() {
            let pair = cookie.split(';').next().unwrap();
            let name = pair.split('=').next().unwrap();
            let others = self
                .cookie
                .split("; ")
                .filter(|kept| !kept.is_empty() && !kept.starts_with(name));
            self.cookie = others.chain([pair]).collect::<Vec<_>>().join("; ");
        }
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

/// Every byte as `%41`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

const SIGN_IN: [(&str, &str); 2] = [("email", ADMIN), ("password", PASSWORD)];

/// Addresses of each kind, by what they answer where nothing is; what they tell of what is there is asked in `walls`, which has all of them.
const ADDRESSES: [(&str, &str); 81] = [
    ("GET", "/"),
    ("GET", "/sign-in"),
    ("GET", "/sign-out"),
    ("GET", "/links/0123"),
    ("GET", "/account"),
    ("GET", "/people"),
    ("GET", "/people.json"),
    ("GET", "/people.csv"),
    ("GET", "/people/{member}"),
    ("GET", "/people/nobody"),
    ("GET", "/organisations"),
    ("GET", "/organisations.xlsx"),
    ("GET", "/organisations/ministry"),
    ("GET", "/organisations/{firm}"),
    ("GET", "/organisations/nothing"),
    ("GET", "/registers"),
    ("GET", "/registers/device"),
    ("GET", "/registers/device.json"),
    ("GET", "/registers/device/new"),
    ("GET", "/registers/device/schema.json"),
    ("GET", "/registers/device/{firm}/nothing"),
    ("GET", "/registers/device/{firm}/nothing/edit"),
    ("GET", "/registers/device/{firm}/nothing/edit/identity"),
    ("GET", "/registers/device/{firm}/nothing/check"),
    ("GET", "/registers/device/new/identity"),
    ("GET", "/registers/device/new/nothing"),
    ("GET", "/registers/site/new/nothing"),
    ("GET", "/registers/device/{firm}/nothing/merge"),
    ("POST", "/registers/device/{firm}/nothing/merge"),
    ("POST", "/registers/device/{firm}/nothing/part"),
    ("GET", "/views"),
    ("GET", "/views/nothing"),
    ("POST", "/views"),
    ("POST", "/views/nothing"),
    ("GET", "/registers/supply-report"),
    ("GET", "/registers/supply-report.csv"),
    ("GET", "/registers/supply-report/new"),
    ("GET", "/registers/hospital-asset/template.xlsx"),
    ("GET", "/registers/nothing"),
    ("GET", "/registers/medical-institution/lists"),
    ("GET", "/registers/medical-institution/lists/nothing"),
    ("GET", "/registers/device/lists"),
    ("POST", "/registers/medical-institution/lists"),
    ("POST", "/registers/device/new"),
    ("POST", "/registers/supply-report/new"),
    ("POST", "/registers/device/{firm}/nothing/edit"),
    ("POST", "/registers/device/{firm}/nothing/edit/identity"),
    ("POST", "/registers/device/{firm}/nothing/check"),
    ("POST", "/registers/device/new/nothing"),
    ("GET", "/cyber/disclosed"),
    ("GET", "/cyber/disclosed.csv"),
    ("GET", "/.well-known/csaf/provider-metadata.json"),
    ("GET", "/.well-known/csaf/white/"),
    ("GET", "/.well-known/csaf/white/2026/nothing.json"),
    ("GET", "/registers/vulnerability-report"),
    ("GET", "/registers/vulnerability-report/{firm}/nothing"),
    ("GET", "/cyber"),
    ("GET", "/cyber.csv"),
    ("GET", "/cyber/findings"),
    ("GET", "/cyber/findings.csv?unanswered=yes"),
    ("GET", "/cyber/findings?sort=nonsense"),
    ("GET", "/cyber/findings.json?after=nonsense"),
    ("GET", "/cyber/mine"),
    ("GET", "/cyber/mine.json?as_of=2026-01-31"),
    ("GET", "/cyber/mine?as_of=nonsense"),
    ("GET", "/cyber/work"),
    ("GET", "/cyber/work.xlsx"),
    ("GET", "/cyber/advisories/EXAMPLE-2026-0001"),
    ("GET", "/cyber/devices/{firm}/nothing.json"),
    ("GET", "/cyber/devices/{firm}/nothing.csaf.json"),
    ("GET", "/cyber/devices/{firm}/nothing.cdx.json"),
    ("GET", "/audit"),
    ("GET", "/audit.json"),
    ("GET", "/audit?before=nonsense"),
    // With a token of their own, but with nothing filled in: whoever may do it is told what is missing.
    ("POST", "/people"),
    ("POST", "/people/{member}"),
    ("POST", "/organisations"),
    ("POST", "/organisations/{firm}"),
    ("POST", "/account"),
    ("POST", "/links/0123"),
    ("POST", "/audit"),
];

#[tokio::test]
async fn who_reaches_which_address() {
    let everybody = std::iter::once(None).chain(Role::ALL.map(Some));
    let browsers: Vec<_> = everybody.map(|role| (role, TOWN.browser(role))).collect();
    let mut table = format!("{:<48}", "");
    for (role, _) in &browsers {
        let _ = write!(table, "{:<15}", role.map_or("public", Role::code));
    }
    for (method, address) in ADDRESSES {
        let row = format!("{method} {address}");
        table = format!("{}\n{row:<48}", table.trim_end());
        let address = address
            .replace("{member}", &TOWN.member)
            .replace("{firm}", &TOWN.firm);
        for (_, browser) in &browsers {
            let mut browser = browser.clone();
            let body = if method == "POST" {
                let given = browser.get("/sign-in").await;
                browser.keep(&given);
                format!("token={}", given.token())
            } else {
                String::new()
            };
            let status = browser.ask(method, &address, body).await.status.as_u16();
            let _ = write!(table, "{status:<15}");
        }
    }
    insta::assert_snapshot!(table.trim_end());
}

#[tokio::test]
async fn whoever_must_sign_in_comes_back_to_where_they_were() {
    let public = TOWN.browser(None);
    for (address, sign_in) in [
        ("/account", "/sign-in?next=%2Faccount"),
        (
            "/en/people?done=saved",
            "/en/sign-in?next=%2Fen%2Fpeople%3Fdone%3Dsaved",
        ),
    ] {
        let seen = public.get(address).await;
        assert_eq!(
            (seen.status.as_u16(), seen.header(header::LOCATION)),
            (303, sign_in)
        );
    }
    let mut browser = public.clone();
    let fields = [&SIGN_IN[..], &[("next", "/en/people?done=saved")]].concat();
    let seen = browser
        .send("/sign-in?next=%2Faccount", "/sign-in", &fields)
        .await;
    assert_eq!(
        (seen.status.as_u16(), seen.header(header::LOCATION)),
        (303, "/en/people?done=saved")
    );
    for data in ["/people.json", "/en/audit.csv"] {
        let seen = public.get(data).await;
        assert_eq!(seen.status, 401, "{data}");
        let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
        assert!(
            body["error"]["kind"] == "sign-in" && body["error"]["ja"].is_string(),
            "{body}"
        );
    }
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nx: y",
    ] {
        let mut browser = TOWN.browser(None);
        let asked = browser.get(&format!("/sign-in?next={}", encoded(next))).await;
        assert!(!asked.text().contains("evil.example\""), "{next}");
        let fields = [&SIGN_IN[..], &[("next", next)]].concat();
        let seen = browser.send("/sign-in", "/sign-in", &fields).await;
        assert_eq!(
            (seen.status.as_u16(), seen.header(header::LOCATION)),
            (303, "/today"),
            "{next}"
        );
    }
}

#[tokio::test]
async fn a_session_is_new_strict_and_gone_after_signing_out() {
    let mut browser = TOWN.browser(None);
    // What an attacker may have put there before is not taken on.
    browser.cookie = "rashin_session=0123456789abcdef".into();
    let before = browser.cookie.clone();
    let seen = browser.send("/sign-in", "/sign-in", &SIGN_IN).await;
    assert_eq!(seen.status, 303);
    let cookie = seen
        .cookies()
        .into_iter()
        .find(|cookie| cookie.starts_with("rashin_session="))
        .unwrap();
    for part in [
        "; Path=/",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Secure",
        "; Max-Age=604800",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(&before));
    let account = browser.get("/account").await;
    assert_eq!(
        (account.status.as_u16(), account.header(header::CACHE_CONTROL)),
        (200, "no-store")
    );
    assert!(account.text().contains("架空 管理"));
    let home = browser.get("/").await;
    assert!(home.text().contains("架空 管理") && home.text().contains("href=\"/today\""));
    assert_eq!(
        (home.header(header::CACHE_CONTROL), home.header(header::VARY)),
        ("no-store", "cookie, authorization")
    );
    let kept = browser.cookie.clone();
    let seen = browser.send("/account", "/sign-out", &[]).await;
    assert!(
        seen.cookies()
            .iter()
            .any(|cookie| cookie.starts_with("rashin_session=;") && cookie.contains("Max-Age=0"))
    );
    browser.cookie = kept;
    assert_eq!(
        browser.get("/account").await.status,
        303,
        "the session ended, not only its cookie"
    );
    let public = TOWN.browser(None).get("/").await;
    assert!(public.text().contains("href=\"/sign-in\"") && !public.text().contains("/today"));
    assert_eq!(
        (public.header(header::CACHE_CONTROL), public.cookies().len()),
        ("no-cache", 0)
    );
}

#[tokio::test]
async fn plain_http_on_the_own_machine_keeps_cookies_without_secure() {
    let town = Town::new(Options {
        secure: false,
        ..Options::default()
    });
    let mut browser = town.browser(None);
    let seen = browser.send("/sign-in", "/sign-in", &SIGN_IN).await;
    assert!(seen.status == 303 && seen.cookies().iter().all(|cookie| !cookie.contains("Secure")));
}

#[tokio::test]
async fn a_form_that_our_page_did_not_give_to_this_browser_is_refused_and_keeps_what_was_typed() {
    let admin = TOWN.browser(Some(Role::Administrator));
    let other = TOWN
        .browser(Some(Role::Administrator))
        .get("/people")
        .await
        .token();
    let own = admin.get("/people").await.token();
    let fields = [
        ("email", "shinki@example.go.jp"),
        ("name", "架空 <b>次郎</b>"),
        ("roles", "council"),
    ];
    let body = |token: &str| format!("{}&token={token}", form(&fields));
    let near = |origin: &'static str, site: &'static str| {
        let mut browser = admin.clone();
        browser.headers.push(("origin", origin.into()));
        if !site.is_empty() {
            browser.headers.push(("sec-fetch-site", site.into()));
        }
        browser
    };
    let refused = [
        (admin.clone(), String::new()),
        (admin.clone(), "0".repeat(64)),
        (admin.clone(), other),
        (near("https://evil.example", ""), own.clone()),
        (near("null", ""), own.clone()),
        (near("https://rashin.example", "cross-site"), own.clone()),
        (near("https://rashin.example", "same-site"), own.clone()),
    ];
    for (browser, token) in refused {
        let seen = browser.ask("POST", "/people", body(&token)).await;
        assert_eq!(seen.status, 403, "{token} {:?}", browser.headers);
        for kept in ["shinki@example.go.jp", "架空 &#60;b&#62;次郎", "画面が古くなって"] {
            assert!(seen.text().contains(kept), "{kept}");
        }
        assert!(seen.text().contains("value=\"council\" checked"));
    }
    // The page that came back can be sent again; here it is refused for what is missing.
    let seen = near("https://rashin.example", "same-origin")
        .ask("POST", "/people", body(&own))
        .await;
    assert_eq!(seen.status, 422);
    assert!(seen.text().contains("href=\"#organisation\""));
    let much = format!("{}&name={}", body(&own), "x".repeat(70_000));
    assert_eq!(admin.ask("POST", "/people", much).await.status, 413);
    let signed_out = TOWN.browser(None);
    let seen = signed_out.ask("POST", "/sign-in", form(&SIGN_IN)).await;
    assert_eq!(
        (seen.status.as_u16(), seen.text().contains(PASSWORD)),
        (403, false)
    );
    assert!(seen.text().contains(ADMIN), "what may be shown is kept");
}

#[tokio::test]
async fn an_invitation_is_shown_once_and_opens_once() {
    let mut admin = TOWN.browser(Some(Role::Administrator));
    let fields = [
        ("email", "ichido@example.go.jp"),
        ("name", "架空 一度"),
        ("organisation", MINISTRY),
        ("roles", "council"),
        ("roles", "approver"),
        ("language", "ja"),
    ];
    let shown = admin.send("/people", "/people", &fields).await;
    assert_eq!(
        (shown.status.as_u16(), shown.header(header::CACHE_CONTROL)),
        (200, "no-store")
    );
    let rest = shown
        .text()
        .split("https://rashin.example/links/")
        .nth(1)
        .expect("a link");
    let link = format!("/links/{}", &rest[..64]);
    let again = admin.send("/people", "/people", &fields).await;
    assert!(again.status == 422 && again.text().contains("href=\"#email\""));

    let mut browser = TOWN.browser(None);
    for _ in 0..2 {
        let page = browser.get(&link).await;
        assert_eq!(
            (page.status.as_u16(), page.header(header::CACHE_CONTROL)),
            (200, "no-store")
        );
        assert!(page.text().contains("ichido@example.go.jp"));
    }
    let set = |password, again| [("password", password), ("again", again)];
    let seen = browser.send(&link, &link, &set(PASSWORD, "something else")).await;
    assert!(seen.status == 422 && seen.text().contains("href=\"#again\"") && !seen.text().contains(PASSWORD));
    let seen = browser.send(&link, &link, &set("short", "short")).await;
    assert!(seen.status == 422 && seen.text().contains("href=\"#password\""));
    let seen = browser.send(&link, &link, &set(PASSWORD, PASSWORD)).await;
    assert_eq!(
        (seen.status.as_u16(), seen.header(header::LOCATION)),
        (303, "/today")
    );
    assert_eq!(browser.get("/account").await.status, 200);
    let mut late = TOWN.browser(None);
    assert_eq!(late.get(&link).await.status, 422);
    let seen = late.send("/sign-in", &link, &set(PASSWORD, PASSWORD)).await;
    assert_eq!((seen.status.as_u16(), seen.cookies().len()), (422, 0));
}

#[tokio::test]
async fn shutting_out_and_changing_roles_hold_at_the_next_request() {
    let town = Town::new(Options::default());
    let mut admin = town.browser(Some(Role::Administrator));
    let member = town.browser(Some(Role::Member));
    let address = format!("/people/{}", town.member);
    assert_eq!(member.get("/audit").await.status, 404);
    let fields = [
        ("do", "amend"),
        ("version", "1"),
        ("name", "架空 改名"),
        ("organisation", town.firm.as_str()),
        ("roles", "auditor"),
        ("language", "en"),
    ];
    let seen = admin.send(&address, &address, &fields).await;
    assert_eq!(seen.header(header::LOCATION), format!("{address}?done=saved"));
    let audit = member.get("/audit").await;
    assert!(audit.status == 200 && audit.text().contains("架空 改名"));
    let seen = admin.send(&address, &address, &fields).await;
    assert!(
        seen.status == 409 && seen.text().contains("ほかの人が先に"),
        "an old version overwrites nothing"
    );
    let seen = admin.send(&address, &address, &[("do", "shut-out")]).await;
    assert_eq!(seen.header(header::LOCATION), format!("{address}?done=shut-out"));
    assert_eq!(member.get("/audit").await.status, 303);
}

#[tokio::test]
async fn ten_wrong_passwords_lock_and_the_clock_opens() {
    let town = Town::new(Options::default());
    let mut browser = town.browser(None);
    let wrong = [("email", ADMIN), ("password", "wrong")];
    for _ in 0..9 {
        let seen = browser.send("/sign-in", "/sign-in", &wrong).await;
        assert!(seen.status == 422 && seen.text().contains("メールアドレスかパスワードが違います"));
    }
    let seen = browser.send("/sign-in", "/sign-in", &wrong).await;
    assert!(
        seen.status == 422 && seen.text().contains("6月1日9時02分") | seen.text().contains("6月1日9時01分")
    );
    assert_eq!(browser.send("/sign-in", "/sign-in", &SIGN_IN).await.status, 422);
    town.minutes.store(1, Ordering::Relaxed);
    assert_eq!(browser.send("/sign-in", "/sign-in", &SIGN_IN).await.status, 303);
}

#[tokio::test]
async fn one_address_may_ask_for_so_much_and_is_told_when_to_come_back() {
    let town = Town::new(Options {
        behind_proxy: true,
        ..Options::default()
    });
    let mut browser = town.browser(None);
    browser
        .headers
        .push(("x-forwarded-for", "198.51.100.4, 203.0.113.7".into()));
    for _ in 0..30 {
        assert_eq!(browser.get("/links/0123").await.status, 422);
    }
    let seen = browser.get("/links/0123").await;
    assert_eq!(
        (seen.status.as_u16(), seen.header(header::RETRY_AFTER)),
        (429, "3")
    );
    assert!(seen.text().contains("3秒ほど待って"));
    let seen = browser.get("/en/links/0123").await;
    assert!(seen.status == 429 && seen.text().contains("wait about 3 seconds"));
    assert_eq!(browser.get("/").await.status, 200, "reading goes on");
    browser.headers.pop();
    browser
        .headers
        .push(("x-forwarded-for", "203.0.113.7, 198.51.100.4".into()));
    assert_eq!(browser.get("/links/0123").await.status, 422, "another visitor");
    town.minutes.store(1, Ordering::Relaxed);
    browser.headers.pop();
    browser.headers.push(("x-forwarded-for", "203.0.113.7".into()));
    assert_eq!(browser.get("/links/0123").await.status, 422);
}

#[tokio::test]
async fn the_audit_log_is_paged_and_taken_away_and_tells_no_secret() {
    let auditor = TOWN.browser(Some(Role::Auditor));
    for _ in 0..45 {
        drop(TOWN.browser(Some(Role::Council)));
    }
    let first = auditor.get("/audit").await;
    let more = first
        .text()
        .split("href=\"/audit?before=")
        .nth(1)
        .expect("a next page");
    let next = auditor
        .get(&format!("/audit?before={}", more.split('"').next().unwrap()))
        .await;
    assert_eq!(next.status, 200);
    assert!(next.text().contains("最初の管理者を登録") || next.text().contains("href=\"/audit?before="));
    let json = auditor.get("/audit.json").await;
    for text in [
        first.text(),
        next.text(),
        json.text(),
        auditor.get("/people.json").await.text(),
    ] {
        assert!(
            !text.contains("argon2")
                && !text.contains(PASSWORD)
                && !text.contains(TOWN.admin.secret.reveal())
        );
    }
    let csv = auditor.get("/en/audit.csv").await;
    assert!(csv.text().contains("Signed in") && csv.text().contains("session.open"));
    assert!(
        first.text().contains("役割: 有識者") || next.text().contains("役割: 有識者"),
        "codes are said in words"
    );
}

#[tokio::test]
async fn pages_of_work_speak_both_languages() {
    let admin = TOWN.browser(Some(Role::Administrator));
    let member = format!("/people/{}", TOWN.member);
    let firm = format!("/organisations/{}", TOWN.firm);
    for address in [
        "/account",
        "/views",
        "/people",
        &member,
        "/organisations",
        &firm,
        "/sign-in",
    ] {
        for (asked, lang) in [(address.to_owned(), "ja"), (format!("/en{address}"), "en")] {
            let page = admin.get(&asked).await;
            assert_eq!(page.status, 200, "{asked}");
            assert!(
                page.text().contains(&format!("<html lang=\"{lang}\">")),
                "{asked}"
            );
            assert_eq!(page.text().matches("<h1").count(), 1, "{asked}");
            let levels: Vec<_> = page
                .text()
                .split("<h")
                .skip(1)
                .filter_map(|rest| rest.bytes().next())
                .collect();
            let levels: Vec<_> = levels.into_iter().filter(u8::is_ascii_digit).collect();
            assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{asked}");
            let mut ids: Vec<_> = page
                .text()
                .split(" id=\"")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap())
                .collect();
            ids.sort_unstable();
            assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{asked}: {ids:?}");
        }
    }
}

#[tokio::test]
async fn a_duplicate_is_merged_its_readers_are_led_on_and_it_is_taken_back() {
    let mut browser = TOWN.browser(Some(Role::Secretariat));
    let public = TOWN.browser(None);
    let mut pages = vec![];
    for maker in ["", "架空メーカー"] {
        let fields = [
            ("version", "0"),
            ("name", "架空の重複カテーテル"),
            ("level", "family"),
            ("maker", maker),
        ];
        let form = "/registers/device/new";
        let made = browser.send(form, form, &fields).await;
        assert_eq!(made.status, 303, "{}", made.text());
        let to = made.header(header::LOCATION);
        pages.push(to.split('?').next().unwrap().to_owned());
    }
    let (stays, gone) = (&pages[0], &pages[1]);
    let name = |page: &str| page.strip_prefix("/registers/device/").unwrap().to_owned();
    let merge = format!("{gone}/merge");
    let offered = browser.get(&merge).await;
    assert!(
        offered.text().contains(&encoded_slash(&name(stays))),
        "{}",
        offered.text()
    );
    let pair = format!("{merge}?with={}", encoded(&name(stays)));
    let shown = browser.get(&format!("/en{pair}")).await;
    assert!(shown.status == 200 && shown.text().contains("架空メーカー"));
    let fields = [
        ("version", "1"),
        ("stays", "1"),
        ("take.maker", "take"),
        ("reason", ""),
    ];
    let refused = browser.send(&pair, &pair, &fields).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("href=\"#reason\""));
    let fields = [&fields[..3], &[("reason", "二度の登録")]].concat();
    let done = browser.send(&pair, &pair, &fields).await;
    assert_eq!(done.header(header::LOCATION), format!("{stays}?done=merged"));
    // Readers are led on; the address of the merged record still answers as data and to those who ask for it.
    let led = public.get(gone).await;
    assert_eq!(
        (led.status.as_u16(), led.header(header::LOCATION)),
        (303, stays.as_str())
    );
    let kept = public.get(&format!("{gone}?merged=yes")).await;
    assert!(kept.status == 200 && kept.text().contains("統合済み") && !kept.text().contains("id=\"part\""));
    let data: serde_json::Value =
        serde_json::from_str(public.get(&format!("{gone}.json")).await.text()).unwrap();
    assert_eq!(data["merged_into"]["id"], name(stays).split('/').nth(1).unwrap());
    let there = public.get(stays).await;
    assert!(there.text().contains("架空メーカー") && there.text().contains(&format!("{gone}?merged=yes")));
    let asked = format!("{gone}?merged=yes");
    let part = format!("{gone}/part");
    let back = browser
        .send(&asked, &part, &[("version", "2"), ("reason", "別の製品")])
        .await;
    assert_eq!(back.header(header::LOCATION), format!("{gone}?done=parted"));
    assert_eq!(public.get(gone).await.status, 200);
    let data: serde_json::Value =
        serde_json::from_str(public.get(&format!("{stays}.json")).await.text()).unwrap();
    assert!(
        data["record"].get("maker").is_none() && data.get("merged").is_none(),
        "{data}"
    );
}

/// A long form as a task list: part by part, checked, filed; without scripts.
#[tokio::test]
async fn a_long_form_is_a_list_of_parts_that_is_checked_before_it_is_filed() {
    let mut firm = TOWN.browser(Some(Role::Member));
    let new = "/registers/device/new";
    let first = firm.get(new).await;
    let text = first.text();
    assert!(
        text.contains("action=\"/registers/device/new/identity\"") && text.contains("（1/4）"),
        "{text}"
    );
    assert!(
        text.contains("id=\"jmdn\"") && !text.contains("id=\"risk_class\""),
        "one part alone"
    );
    let to = |seen: &Seen| {
        assert_eq!(seen.status, 303, "{}", seen.text());
        seen.header(header::LOCATION).to_owned()
    };

    // What is wrong in a part is told in the part, and nothing is kept.
    let wrong = [("version", "0"), ("name", "架空の長い機器"), ("jmdn", "1")];
    let refused = firm.send(new, "/registers/device/new/identity", &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("href=\"#jmdn\"") && refused.text().contains("架空の長い機器"));
    let fields = [("version", "0"), ("name", "架空の長い機器")];
    let made = firm.send(new, "/registers/device/new/identity", &fields).await;
    let next = to(&made);
    let record = next.split("/edit/").next().unwrap().to_owned();
    assert_eq!(next, format!("{record}/edit/regulation?done=saved"));

    // Each part says how far it is; the check says what is missing and where.
    let list = firm.get(&format!("{record}/edit")).await;
    let text = list.text();
    for said in [
        "入力中（必須の残り1件）",
        "未入力（任意）",
        "必須の項目が1件残っています",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    let check = format!("{record}/check");
    let missing = firm.get(&check).await;
    assert!(
        missing
            .text()
            .contains(&format!("href=\"{record}/edit/identity#level\"")),
        "{}",
        missing.text()
    );
    let refused = firm.send(&check, &check, &[("version", "1")]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text()
            .contains(&format!("href=\"{record}/edit/identity#level\">"))
    );

    let part = |id: &str| format!("{record}/edit/{id}");
    let save = [("version", "1"), ("risk_class", "class-4"), ("then", "list")];
    let saved = firm.send(&part("regulation"), &part("regulation"), &save).await;
    assert_eq!(to(&saved), format!("{record}/edit?done=saved"));
    // Who comes from an old page is told so, and keeps what was typed.
    let stale = [("version", "1"), ("risk_class", "class-3")];
    let stale = firm.send(&part("regulation"), &part("regulation"), &stale).await;
    assert_eq!(stale.status, 409);
    assert!(
        stale.text().contains("value=\"class-3\" selected"),
        "{}",
        stale.text()
    );
    let last = [("version", "2"), ("effects", "")];
    let saved = firm.send(&part("development"), &part("development"), &last).await;
    assert_eq!(to(&saved), format!("{check}?done=saved"));
    let level = [("version", "2"), ("name", "架空の長い機器"), ("level", "family")];
    let saved = firm.send(&part("identity"), &part("identity"), &level).await;
    to(&saved);
    let old = firm.send(&check, &check, &[("version", "2")]).await;
    assert_eq!(old.status, 409);

    // Nobody else sees any of it.
    let secretariat = TOWN.browser(Some(Role::Secretariat));
    for page in ["edit", "edit/identity", "check"] {
        assert_eq!(secretariat.get(&format!("{record}/{page}")).await.status, 404);
    }
    let ready = firm.get(&format!("/en{check}")).await;
    assert!(
        ready.text().contains("架空の長い機器") && !ready.text().contains("Still to be filled in"),
        "{}",
        ready.text()
    );
    let filed = firm.send(&check, &check, &[("version", "3")]).await;
    assert_eq!(to(&filed), format!("{record}?done=filed"));
    let page = TOWN.browser(None).get(&record).await;
    assert!(page.status == 200 && page.text().contains("架空の長い機器"));

    // What is filed is changed on one page.
    for address in [part("identity"), check] {
        assert_eq!(to(&firm.get(&address).await), format!("{record}/edit"));
    }
    let whole = firm.get(&format!("{record}/edit")).await;
    assert!(whole.text().contains("id=\"jmdn\"") && whole.text().contains("id=\"risk_class\""));
}

fn encoded_slash(text: &str) -> String {
    text.replace('/', "%2F")
}

#[tokio::test]
async fn a_view_is_saved_seen_on_today_renamed_and_removed() {
    let mut browser = TOWN.browser(Some(Role::Secretariat));
    let list = "/registers/supply-report?f.phase=actual";
    let page = browser.get(list).await;
    // The plan's own views stand on top for whoever sees what they narrow by.
    assert!(page.text().contains("影響の大きい発生中の報告") && page.text().contains("id=\"save-view\""));
    let fields = [
        ("list", "/registers/supply-report"),
        ("query", "f.phase=actual"),
        ("name", "架空<の>条件"),
    ];
    let saved = browser.send(list, "/views", &fields).await;
    assert_eq!(
        saved.header(header::LOCATION),
        "/registers/supply-report?f.phase=actual&done=saved"
    );
    let name = "架空&#60;の&#62;条件";
    assert!(browser.get(list).await.text().contains(name));
    let own = browser.get("/views").await;
    let id = own.text().split("href=\"/views/").nth(1).expect("a view");
    let one = format!("/views/{}", id.split('"').next().unwrap());
    assert!(!browser.get("/today").await.text().contains(name));
    let marked = browser
        .send(&one, &one, &[("name", "架空<の>条件"), ("today", "yes")])
        .await;
    assert_eq!(marked.status, 303);
    assert!(browser.get("/today").await.text().contains(name));
    let other = TOWN.browser(Some(Role::Approver));
    assert_eq!(other.get(&one).await.status, 404);
    let removed = browser.send(&one, &one, &[("remove", "yes")]).await;
    assert_eq!(removed.status, 303);
    assert!(!browser.get("/views").await.text().contains(name));
    let nowhere = [("list", "//example.org"), ("query", "q=x"), ("name", "x")];
    assert_eq!(browser.send(list, "/views", &nowhere).await.status, 404);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn no_bytes_in_any_field_break_a_page(bytes in prop::collection::vec(any::<u8>(), 0..60), text in any::<String>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            static TOWN: LazyLock<Town> = LazyLock::new(|| Town::new(Options { limited: false, ..Options::default() }));
            static ADMIN_BROWSER: LazyLock<String> = LazyLock::new(|| TOWN.browser(Some(Role::Administrator)).cookie);
            let mut browser = TOWN.browser(None);
            browser.cookie.clone_from(&ADMIN_BROWSER);
            let token = browser.get("/people").await.token();
            let raw = bytes.iter().fold(String::new(), |mut out, byte| { let _ = write!(out, "%{byte:02X}"); out });
            let typed = encoded(&text);
            let member = format!("/people/{}", TOWN.member);
            let firm = format!("/organisations/{}", TOWN.firm);
            for address in ["/sign-in", "/people", &member, "/organisations", &firm, "/account", "/links/0123", "/nowhere"] {
                for value in [&raw, &typed] {
                    let fields = ["email", "name", "organisation", "roles", "language", "do", "version", "ja", "en", "kind",
                        "corporate_number", "password", "again", "current", "next"];
                    let mut body = format!("token={token}");
                    for field in fields { let _ = write!(body, "&{field}={value}"); }
                    let seen = browser.ask("POST", address, body).await;
                    assert!(seen.status.as_u16() < 500, "{address} {value} answers {}", seen.status);
                    let unread = browser.ask("POST", address, String::from_utf8_lossy(&bytes).into_owned()).await;
                    assert!(unread.status.as_u16() < 500, "{address} answers {}", unread.status);
                }
            }
        });
    }
}
