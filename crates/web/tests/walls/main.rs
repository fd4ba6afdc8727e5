//! Every address as everybody: what is confidential comes out nowhere but to those who may see it, and nobody writes what they may not.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod addresses;
#[path = "../../../app/tests/desk/mod.rs"]
mod desk;
mod rule;
mod world;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Cursor, Read as _};
use std::sync::{Arc, LazyLock};
use std::thread;

use addresses::{About, Address, FORMS, filled, routes, with_acts};
use app::List;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use plan::Shape;
use serde_json::Value;
use tower::ServiceExt;
use web::{House, Options, router};
use world::{Canary, DAY, Person, Place, Placed, World, is_confidential, word};

fn site(world: &World) -> Router {
    let options = Options {
        limited: false,
        ..Options::default()
    };
    let clock = Box::new(|| desk::public(DAY).at);
    router(House::with(Arc::new(world.office.another()), clock, options).unwrap())
}

struct Seen {
    status: StatusCode,
    location: String,
    /// What it says, unpacked.
    text: String,
}

impl Seen {
    /// Whether somebody is told that there is nothing here for them.
    fn is_refused(&self) -> bool {
        self.status.is_client_error() || self.status == 303 && self.location.contains("/sign-in")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// A browser of somebody.
struct Browser<'w> {
    world: &'w World,
    person: &'w Person,
    router: Router,
    runtime: tokio::runtime::Runtime,
    cookie: String,
}

impl<'w> Browser<'w> {
    fn new(world: &'w World, router: &Router, person: &'w Person) -> Self {
        let secret = person.secret.as_ref();
        Self {
            world,
            person,
            router: router.clone(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            cookie: secret.map_or_else(String::new, |secret| {
                format!("rashin_session={}", secret.reveal())
            }),
        }
    }

    fn ask(&self, method: &str, path: &str, kind: &str, body: String) -> Seen {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "rashin.example")
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, kind);
        let request = request.body(Body::from(body)).unwrap();
        self.runtime.block_on(async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            let told = |name| {
                parts
                    .headers
                    .get(name)
                    .map_or("", |value| value.to_str().unwrap())
            };
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            let location = told(header::LOCATION).to_owned();
            Seen {
                status: parts.status,
                text: format!(
                    "{}{location}{}",
                    unpacked(&bytes),
                    told(header::CONTENT_DISPOSITION)
                ),
                location,
            }
        })
    }

    fn get(&self, path: &str) -> Seen {
        self.ask("GET", path, "", String::new())
    }

    /// Asks, and finds every word that this person may not know and did not say.
    fn look(&self, path: &str, known: &mut BTreeSet<usize>) -> Seen {
        let seen = self.get(path);
        assert!(
            !seen.status.is_server_error(),
            "{} {path}: {}",
            self.person.name,
            seen.text
        );
        for canary in canaries_in(&seen.text) {
            let said = canaries_in(path).contains(&canary);
            assert!(
                said || rule::may_know(self.world, self.person, canary),
                "{} learns {:?} at {path}",
                self.person.name,
                self.place(canary),
            );
            known.insert(canary);
        }
        seen
    }

    fn place(&self, canary: usize) -> String {
        match &self.world.canaries[canary] {
            Canary::Of(at, place) => {
                let one = &self.world.records[*at];
                let case = one.case.as_ref().map(|case| (&case.state, case.asked));
                format!("{place:?} of {} ({:?}, {case:?})", one.address(), one.state)
            }
            only @ Canary::Only(_) => format!("{only:?}"),
        }
    }
}

/// The parts of a workbook, or the text as it is.
fn unpacked(bytes: &[u8]) -> String {
    if !bytes.starts_with(b"PK") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        // When it was made, and nothing else.
        if part.name() != "docProps/core.xml" {
            part.read_to_string(&mut text).unwrap();
        }
    }
    text
}

/// The words of the world that a text says, be they written as words or as figures.
fn canaries_in(text: &str) -> BTreeSet<usize> {
    let number = |rest: &str| {
        rest.get(..4)
            .filter(|four| four.bytes().all(|byte| byte.is_ascii_digit()))?
            .parse()
            .ok()
    };
    let words = text.split("canary").skip(1).filter_map(number);
    let plain = text.replace(',', "");
    let whole = |(at, _): &(usize, &str)| {
        let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
        let bytes = plain.as_bytes();
        !digit(at.checked_sub(1).and_then(|before| bytes.get(before))) && !digit(bytes.get(at + 7))
    };
    let figures = plain
        .match_indices("777")
        .filter(whole)
        .filter_map(|(at, _)| number(&plain[at + 3..]));
    words.chain(figures).collect()
}

static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// Does the same as everybody at once; gives what each gives.
fn as_everybody<T: Send>(world: &World, router: &Router, work: impl Fn(&Browser<'_>) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let work = &work;
        let begun = world
            .people
            .iter()
            .map(|person| scope.spawn(move || work(&Browser::new(world, router, person))));
        let begun: Vec<_> = begun.collect();
        begun.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// Every address that takes this method, in Japanese; the English ones are the same.
fn all(world: &World, router: &Router, method: &str) -> Vec<Address> {
    let routes = routes(router);
    let alone = ["/openapi.json", "/.well-known/csaf/{*path}", "/assets/{*name}"];
    for (pattern, methods) in &routes {
        let other = match pattern.strip_prefix("/en") {
            Some(japanese) => japanese.to_owned(),
            None => format!("/en{pattern}"),
        };
        assert!(
            alone.contains(&&**pattern) || other.is_empty() || routes.get(&other) == Some(methods),
            "{pattern} stands in one language"
        );
    }
    let japanese = routes.iter().filter(|(pattern, _)| !pattern.starts_with("/en"));
    let taking = japanese.filter(|(_, methods)| methods.split(',').any(|one| one == method));
    taking.flat_map(|(pattern, _)| filled(world, pattern)).collect()
}

/// Which fields of a record its JSON tells.
fn fields_told(told: &Value) -> Vec<&String> {
    let said = &told["record"];
    let said = said.get("fields").unwrap_or(said);
    said.as_object().unwrap().keys().collect()
}

/// The record that an answer tells, none of whose fields this person may not see; none for what a published list brought.
fn told_rightly<'w>(browser: &Browser<'w>, path: &str, told: &Value) -> Option<&'w Placed> {
    let find =
        |one: &&Placed| told["id"] == *one.id && told["owner"] == *one.owner && told["kind"] == *one.kind.id;
    let who = browser.person.name;
    let Some(one) = browser.world.records.iter().find(find) else {
        assert_eq!(told["kind"], "securities-filer", "{who} sees {told} at {path}");
        return None;
    };
    assert!(
        rule::reads(browser.person, one),
        "{who} reads {} at {path}",
        one.address()
    );
    for field in fields_told(told) {
        let sees = one.kind.field(field).is_some() && rule::sees_field(browser.person, one, field);
        assert!(sees, "{who} sees {field} of {} at {path}", one.address());
    }
    Some(one)
}

#[test]
fn what_is_confidential_is_told_at_no_address_to_whoever_may_not_see_it() {
    let (world, router) = (&*WORLD, site(&WORLD));
    let addresses = all(world, &router, "GET");
    let known = as_everybody(world, &router, |browser| {
        let mut known = BTreeSet::new();
        for address in &addresses {
            let seen = browser.look(&address.path, &mut known);
            let About::Record(at, _) = &address.about else {
                continue;
            };
            let one = &world.records[*at];
            if address.path == format!("{}.json", one.address()) {
                let reads = rule::reads(browser.person, one);
                assert_eq!(
                    seen.status == 200,
                    reads,
                    "{} {}",
                    browser.person.name,
                    address.path
                );
                if reads {
                    told_rightly(browser, &address.path, &seen.json());
                }
            }
        }
        known
    });
    // What nobody ever sees proves nothing: what one person learned, everybody has learned who may.
    let there: BTreeSet<usize> = known.iter().flatten().copied().collect();
    for (person, known) in world.people.iter().zip(&known) {
        let browser = Browser::new(world, &router, person);
        for canary in there.difference(known) {
            assert!(
                !rule::may_know(world, person, *canary),
                "{} is not told {}",
                person.name,
                browser.place(*canary)
            );
        }
    }
    let rashin = world.office.desk.rashin().unwrap();
    for kind in &rashin.plan().kinds {
        for field in kind
            .fields
            .iter()
            .filter(|field| is_confidential(field) && bears_words(&field.shape))
        {
            let stands = |canary: &usize| {
                matches!(&world.canaries[*canary],
                Canary::Of(at, Place::Field(name)) if world.records[*at].kind.id == kind.id && *name == field.name)
            };
            assert!(
                there.iter().any(stands),
                "{}.{} stands nowhere",
                kind.id,
                field.name
            );
        }
    }
    for (number, canary) in world.canaries.iter().enumerate() {
        let always = !matches!(canary, Canary::Of(_, Place::Field(_) | Place::Reason));
        assert!(!always || there.contains(&number), "{canary:?} stands nowhere");
    }
}

fn bears_words(shape: &Shape) -> bool {
    match shape {
        Shape::Text | Shape::LongText | Shape::Attachment { .. } => true,
        Shape::Number(bounds) => bounds.most.is_none(),
        Shape::Table(columns) => columns.iter().any(|column| bears_words(&column.shape)),
        _ => false,
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02X}");
        out
    })
}

/// Asks a register for some of its records: each that is in the answer is one that this person may know to be in it, and no more are counted.
fn narrowed(browser: &Browser<'_>, path: &str, may: impl Fn(&Placed) -> bool) {
    let seen = browser.look(path, &mut BTreeSet::new());
    if seen.status != 200 {
        return;
    }
    let told = seen.json();
    let rows = told["records"].as_array().unwrap();
    let who = browser.person.name;
    assert_eq!(
        told["found"].as_u64().unwrap(),
        rows.len() as u64,
        "{who} is told how many there are at {path}"
    );
    for row in rows {
        assert_eq!(row["state"], "filed", "{who} at {path}");
        let one = told_rightly(browser, path, row);
        assert!(one.is_none_or(&may), "{who} learns from {path} of {row}");
    }
}

#[test]
fn no_list_search_filter_order_or_count_gives_a_hidden_value_away() {
    let (world, router) = (&*WORLD, site(&WORLD));
    as_everybody(world, &router, |browser| {
        let rashin = world.office.desk.rashin().unwrap();
        for kind in &rashin.plan().kinds {
            let list = format!("/registers/{}", kind.id);
            narrowed(browser, &format!("{list}.json"), |_| true);
            let own: Vec<&Placed> = world
                .records
                .iter()
                .filter(|one| one.kind.id == kind.id)
                .collect();
            for field in &kind.fields {
                let sees = |one: &Placed| rule::sees_field(browser.person, one, &field.name);
                let said = own
                    .iter()
                    .flat_map(|one| &one.typed)
                    .filter(|(name, _)| *name == field.name);
                let said: BTreeSet<&str> = said.map(|(_, text)| text.as_str()).collect();
                for text in said {
                    narrowed(
                        browser,
                        &format!("{list}.json?f.{}={}", field.name, encoded(text)),
                        sees,
                    );
                }
                for down in ["", "&down=yes"] {
                    narrowed(browser, &format!("{list}.json?sort={}{down}", field.name), sees);
                }
            }
        }
        for (number, canary) in world.canaries.iter().enumerate() {
            let Canary::Of(at, place) = canary else { continue };
            if !rule::may_know(world, browser.person, number) {
                hidden_words(browser, &world.records[*at], place, &word(number));
            }
        }
    });
}

/// Looks for a word that this person may not know wherever words are looked for: nothing is found by it.
fn hidden_words(browser: &Browser<'_>, one: &Placed, place: &Place, hidden: &str) {
    let list = format!("/registers/{}", one.kind.id);
    narrowed(browser, &format!("{list}.json?q={hidden}"), |_| false);
    let dealt_with = [("/cases.json", "rows"), ("/supply.json", "reports")];
    for (lists, rows) in dealt_with.into_iter().filter(|_| one.procedure.is_some()) {
        let path = format!("{lists}?q={hidden}");
        let seen = browser.look(&path, &mut BTreeSet::new());
        if seen.status == 200 {
            let told = seen.json();
            let count = told.get("found").is_none_or(|found| *found == 0);
            let none = count && told[rows].as_array().unwrap().is_empty();
            assert!(none, "{} finds {} at {path}", browser.person.name, one.address());
        }
    }
    // What is sought by a title that is not shown comes in no form of the list, nor among what it could be merged with.
    if matches!(place, Place::Field(name) if *name == one.kind.title_field) {
        let absent = "canary9999x";
        let (in_list, first) = (
            FORMS.map(|form| format!("{list}{form}")),
            browser.world.first_of(&one.kind),
        );
        for path in in_list.into_iter().chain([format!("{}/merge", first.address())]) {
            let ask = |words: &str| browser.look(&format!("{path}?q={words}"), &mut BTreeSet::new());
            let (found, nothing) = (ask(hidden), ask(absent));
            let same = found.text.replace(hidden, absent) == nothing.text;
            assert!(
                found.status == nothing.status && same,
                "{} learns of {hidden} at {path}",
                browser.person.name
            );
        }
    }
}

/// Who may send a form to an address, by the plan's files and, where there is no record, by this table.
fn may_send(world: &World, person: &Person, address: &Address) -> bool {
    let one_of = |names: &[&str]| names.contains(&person.name);
    let pattern = &*address.pattern;
    match &address.about {
        About::Record(at, last) => {
            let rest = pattern.strip_prefix("/registers/{kind}/{owner}/{id}").unwrap();
            rule::may_send(person, &world.records[*at], rest, last)
        }
        About::Kind(kind) => {
            let own = person.visit.caller.as_ref();
            let taken = !pattern.ends_with("/lists") || List::filling(&kind.id).next().is_some();
            taken && own.is_some_and(|own| rule::granted(&kind.create, person, &own.organisation))
        }
        About::Else => match pattern {
            "/sign-in" | "/sign-out" | "/links/{secret}" => true,
            "/views" => person.name != "nobody",
            "/imports/{id}" if address.path.contains(&world.things["/imports/{id}"][0]) => {
                one_of(&["secretariat"])
            }
            "/views/{id}" | "/imports/{id}" => one_of(&["owner"]),
            // What is sent is a sheet of devices.
            "/imports" => one_of(&["owner", "party", "stranger", "hospital", "secretariat"]),
            "/people" => one_of(&["administrator"]),
            "/organisations" | "/organisations/{id}" => one_of(&["administrator", "secretariat"]),
            "/batches" | "/rounds" | "/editions" => one_of(&["secretariat"]),
            "/rounds/{id}/answer" => one_of(&["owner", "party"]),
            other => panic!("nobody says who may send a form to {other}"),
        },
        About::Act(what) => match (pattern, *what) {
            ("/account", _) => person.name != "nobody",
            ("/people/{id}", _) => one_of(&["administrator"]),
            ("/editions/{file}", "comment") => one_of(&["council", "approver"]),
            ("/editions/{file}" | "/batches/{id}", "publish" | "approve" | "send-back") => {
                one_of(&["approver"])
            }
            _ => one_of(&["secretariat"]),
        },
    }
}

/// A form that has everything that its address asks for, so that whoever may is not refused for what is missing.
fn form(world: &World, address: &Address, token: &str) -> Vec<(String, String)> {
    let pair = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let mut fields: Vec<(String, String)> = [
        ("token", token),
        ("reason", "架空の理由"),
        ("text", "架空の連絡"),
        ("memo", "架空のメモ"),
        ("email", "new@rashin.example"),
        ("name", "架空の名前"),
        ("title", "架空の題"),
        ("ja", "架空の新しい組織"),
        ("kind", "manufacturer"),
        ("organisation", "firm-party"),
        ("roles", "member"),
        ("language", "en"),
        ("list", "/registers/device"),
        ("query", "q=y"),
        ("survey", "kgi2"),
        ("year", "FY2026"),
        ("due", "2027-01-31"),
        ("sales", "7000000"),
        ("investment", "2"),
        ("period", "2026年度"),
        ("frame", "firm-owner,domestic,100"),
        ("as_of", "2026-10-02"),
        ("key-name", "架空の仕組み"),
        ("key-days", "30"),
        ("about", "summary"),
        ("why", "架空の理由"),
    ]
    .map(pair)
    .into();
    let mut version = 1;
    match &address.about {
        About::Record(at, _) => {
            let one = &world.records[*at];
            let of_case = address.pattern.contains("/do/") || address.pattern.ends_with("{how}");
            version = match &one.case {
                Some(case) if of_case => case.version,
                _ => one.version,
            };
            fields.push(("stays".to_owned(), world.first_of(&one.kind).version.to_string()));
            fields.extend(one.typed.clone());
        }
        About::Kind(kind) => fields.extend(desk::answers(kind, world::PARTY)),
        About::Else => {}
        About::Act(what) => fields.push(("do".to_owned(), (*what).to_owned())),
    }
    fields.push(("version".to_owned(), version.to_string()));
    // What is typed for a record stands before what is meant for other forms.
    fields.reverse();
    fields
}

impl Browser<'_> {
    /// The token of a form of ours, which is then this browser's.
    fn token(&self) -> (String, String) {
        let request = Request::builder()
            .uri("/sign-in")
            .header(header::HOST, "rashin.example");
        let request = request
            .header(header::COOKIE, &self.cookie)
            .body(Body::empty())
            .unwrap();
        self.runtime.block_on(async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            let set = parts
                .headers
                .get(header::SET_COOKIE)
                .map_or("", |value| value.to_str().unwrap());
            let cookie = format!("{}; {}", self.cookie, set.split(';').next().unwrap());
            let page = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().into()).unwrap();
            let token = page.split("name=\"token\" value=\"").nth(1).unwrap();
            (token.split('"').next().unwrap().to_owned(), cookie)
        })
    }

    fn send(&self, address: &Address, token: &str) -> Seen {
        let fields = form(self.world, address, token);
        let path = match &address.about {
            About::Record(at, _) if address.pattern.ends_with("/merge") => {
                let first = self.world.first_of(&self.world.records[*at].kind);
                format!("{}?with={}/{}", address.path, first.owner, first.id)
            }
            _ => address.path.clone(),
        };
        if ["/imports", "/registers/{kind}/lists"].contains(&&*address.pattern) {
            let mut body = String::new();
            let mut part = |name: &str, text: &str| {
                let _ = write!(
                    body,
                    "--wall\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"
                );
            };
            part("token", token);
            part("purpose", "records");
            part("kind", "device");
            part("list", "edinet");
            part("anyway", "yes");
            let sheet = match &address.about {
                About::Kind(_) => world::list(),
                _ => new_devices(self.world),
            };
            part("file\"; filename=\"new.csv", &sheet);
            body.push_str("--wall--\r\n");
            return self.ask("POST", &path, "multipart/form-data; boundary=wall", body);
        }
        let pairs = fields
            .iter()
            .map(|(name, text)| format!("{}={}", encoded(name), encoded(text)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.ask("POST", &path, "application/x-www-form-urlencoded", body)
    }
}

/// A sheet of one device, whose other cells are empty.
fn new_devices(world: &World) -> String {
    let table = world
        .office
        .desk
        .record_table(world.visit("owner"), "device", None)
        .unwrap();
    let titles: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.title.ja.as_str())
        .collect();
    format!(
        "{}\r\n{}\r\n",
        titles.join(","),
        vec!["架空"; titles.len()].join(",")
    )
}

#[test]
fn nobody_writes_what_they_may_not() {
    // A world of its own, which is changed in the end.
    let world = &World::new();
    let router = site(world);
    let addresses = with_acts(all(world, &router, "POST"));
    let before = world.office.events().len();
    as_everybody(world, &router, |browser| {
        let (token, cookie) = browser.token();
        let browser = Browser {
            cookie,
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
            router: browser.router.clone(),
            ..*browser
        };
        for address in addresses
            .iter()
            .filter(|one| !may_send(world, browser.person, one))
        {
            let seen = browser.send(address, &token);
            let who = browser.person.name;
            assert!(
                seen.is_refused(),
                "{who} sends a form to {}: {} {}",
                address.path,
                seen.status,
                seen.text
            );
            for canary in canaries_in(&seen.text) {
                let known = rule::may_know(world, browser.person, canary);
                assert!(
                    known,
                    "{who} learns {} by a form to {}",
                    browser.place(canary),
                    address.path
                );
            }
        }
    });
    let events = world.office.events();
    let told: Vec<_> = events
        .iter()
        .take(events.len() - before)
        .map(|event| &event.detail)
        .collect();
    assert!(told.is_empty(), "something was written: {told:?}");
    // Whoever may is not refused, of each pattern at least once: so it was not the form that was wrong.
    let guarded = |one: &&Address| world.people.iter().any(|person| !may_send(world, person, one));
    let mut patterns: BTreeSet<&str> = addresses
        .iter()
        .filter(guarded)
        .map(|one| &*one.pattern)
        .collect();
    for person in &world.people {
        let browser = Browser::new(world, &router, person);
        let (token, cookie) = browser.token();
        let browser = Browser { cookie, ..browser };
        for address in &addresses {
            if patterns.contains(&*address.pattern) && may_send(world, person, address) {
                let seen = browser.send(address, &token);
                let shown = matches!(address.about, About::Else | About::Act(_)) && seen.status == 200;
                if shown || seen.status == 303 && !seen.is_refused() {
                    patterns.remove(&*address.pattern);
                }
            }
        }
    }
    assert!(patterns.is_empty(), "nobody gets a form taken at {patterns:?}");
}
