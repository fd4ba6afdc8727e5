//! Every address of the site, from the router itself: a route that this does not know how to fill in fails the tests.

use std::collections::BTreeMap;

use axum::Router;
use plan::Kind;

use crate::world::{OWNER, Placed, World};

/// The endings under which a page is data.
pub const FORMS: [&str; 4] = ["", ".json", ".csv", ".xlsx"];

/// The patterns of all routes with the methods that each takes, as the router tells them of itself.
pub fn routes(router: &Router) -> BTreeMap<String, String> {
    let told = format!("{router:?}");
    let own = told.split("fallback_router").next().unwrap();
    let (handlers, paths) = own.split_once("paths: {").unwrap();
    // `RouteId(7): …` in both, which is what they have in common.
    let entries = |text: &str| -> BTreeMap<String, String> {
        let all = text.split("RouteId(").filter_map(|rest| rest.split_once("): "));
        all.map(|(id, rest)| (id.to_owned(), rest.to_owned())).collect()
    };
    let (handlers, paths) = (entries(handlers), entries(paths));
    let between = |text: &str, before: &str| {
        let rest = text.split_once(before)?.1;
        Some(rest.split_once('"')?.0.to_owned())
    };
    let found = paths.iter().filter_map(|(id, path)| {
        let methods = between(handlers.get(id)?, "allow_header: Bytes(b\"")?;
        Some((between(path, "\"")?, methods))
    });
    let found: BTreeMap<String, String> = found.collect();
    let read = (found.len(), found.len());
    assert_eq!(
        read,
        (handlers.len(), paths.len()),
        "the router tells its routes otherwise than this reads them"
    );
    found
}

/// An address with what it is about.
#[derive(Clone)]
pub struct Address {
    pub pattern: String,
    pub path: String,
    pub about: About,
}

#[derive(Clone)]
pub enum About {
    /// A register, by its kind.
    Kind(Box<Kind>),
    /// A record, by its place in the world, and the last parameter after it.
    Record(usize, String),
    /// What a form asks for at an address that takes several.
    Act(&'static str),
    Else,
}

/// What forms ask for at addresses that take several.
const ACTS: [(&str, &[&str]); 5] = [
    ("/account", &["make-key"]),
    ("/people/{id}", &["", "link", "shut-out", "let-in"]),
    (
        "/batches/{id}",
        &["row", "hand-in", "approve", "send-back", "withdraw"],
    ),
    ("/rounds/{id}", &["", "remind", "close", "settle"]),
    (
        "/editions/{file}",
        &[
            "words",
            "open",
            "comment",
            "reply",
            "hand-in",
            "publish",
            "send-back",
        ],
    ),
];

/// The same addresses, each with everything that a form can ask for there.
pub fn with_acts(addresses: Vec<Address>) -> Vec<Address> {
    let each = |one: Address| {
        let acts = ACTS.iter().find(|(pattern, _)| *pattern == one.pattern);
        match acts {
            None => vec![one],
            Some((_, acts)) => {
                let act = |what: &&'static str| Address {
                    about: About::Act(what),
                    ..one.clone()
                };
                acts.iter().map(act).collect()
            }
        }
    };
    addresses.into_iter().flat_map(each).collect()
}

const RECORD: &str = "/registers/{kind}/{owner}/{id}";
const KIND: &str = "/registers/{kind}";

/// All addresses of a pattern in the world.
pub fn filled(world: &World, pattern: &str) -> Vec<Address> {
    let address = |path: String, about| Address {
        pattern: pattern.to_owned(),
        path,
        about,
    };
    if !pattern.contains('{') {
        return vec![address(pattern.to_owned(), About::Else)];
    }
    if let Some(rest) = pattern.strip_prefix(RECORD) {
        let one = |(at, record): (usize, &Placed)| {
            let after = after_record(world, record, rest).into_iter();
            let all = after
                .map(move |(path, last)| (format!("{}{path}", record.address()), About::Record(at, last)));
            all.collect::<Vec<_>>()
        };
        let all = world.records.iter().enumerate().flat_map(one);
        return all.map(|(path, about)| address(path, about)).collect();
    }
    if let Some(rest) = pattern.strip_prefix(KIND) {
        let rashin = world.office.desk.rashin().unwrap();
        let one = |kind: &Kind| {
            let after = after_kind(world, kind, rest).into_iter();
            let of = |path| {
                (
                    format!("/registers/{}{path}", kind.id),
                    About::Kind(Box::new(kind.clone())),
                )
            };
            after.map(of).collect::<Vec<_>>()
        };
        let all = rashin.plan().kinds.iter().flat_map(one);
        return all.map(|(path, about)| address(path, about)).collect();
    }
    let all = things(world, pattern).into_iter();
    all.map(|path| address(path, About::Else)).collect()
}

/// What follows the address of a record, and its last parameter.
fn after_record(world: &World, record: &Placed, rest: &str) -> Vec<(String, String)> {
    let each = |before: &str, ids: Vec<String>| {
        let one = |id: String| (format!("{before}{id}"), id);
        ids.into_iter().map(one).collect::<Vec<_>>()
    };
    let parts = || record.kind.parts.iter().map(|part| part.id.clone()).collect();
    match rest {
        "" => {
            let forms = FORMS.into_iter().chain(["?merged=yes"]);
            forms.map(|form| (form.to_owned(), String::new())).collect()
        }
        "/edit" | "/check" | "/merge" | "/part" => vec![(rest.to_owned(), String::new())],
        "/edit/{part}" => each("/edit/", parts()),
        "/do/{transition}" => {
            let procedure = record.procedure.iter();
            let all = procedure
                .flat_map(|one| &one.transitions)
                .map(|one| one.id.clone());
            each("/do/", all.collect())
        }
        "/files/{sha256}" => {
            // Its own, and one of another record.
            let others = world
                .records
                .iter()
                .filter(|one| one.address() != record.address());
            let other = others
                .flat_map(|one| &one.files)
                .find(|hash| !record.files.contains(hash));
            each("/files/", record.files.iter().chain(other).cloned().collect())
        }
        "/{how}" => each("/", vec!["say".into(), "note".into()]),
        other => panic!("nobody says what stands in a record's {other}"),
    }
}

fn after_kind(world: &World, kind: &Kind, rest: &str) -> Vec<String> {
    match rest {
        "" => FORMS.map(str::to_owned).into(),
        "/new" | "/schema.json" | "/template.xlsx" | "/lists" => vec![rest.to_owned()],
        "/new/{part}" => kind
            .parts
            .iter()
            .map(|part| format!("/new/{}", part.id))
            .collect(),
        "/lists/{id}" => {
            let ids = world.things.get(&*format!("/registers/{}/lists/{{id}}", kind.id));
            ids.into_iter()
                .flatten()
                .flat_map(|id| FORMS.map(|form| format!("/lists/{id}{form}")))
                .collect()
        }
        other => panic!("nobody says what stands in a register's {other}"),
    }
}

/// Addresses of what is no record.
fn things(world: &World, pattern: &str) -> Vec<String> {
    for (before, ids) in &world.things {
        let same = |rest: &&str| rest.is_empty() || rest.starts_with('/');
        let file = before.replace("{id}", "{file}");
        let rest = [before, &*file]
            .into_iter()
            .find_map(|one| pattern.strip_prefix(one))
            .filter(same);
        let Some(rest) = rest else { continue };
        let path = |id: &String| format!("{}{rest}", before.replace("{id}", id));
        let all = ids.iter().map(path);
        return match rest {
            "" => all
                .flat_map(|path| FORMS.map(|form| format!("{path}{form}")))
                .collect(),
            "/answers/{organisation}" => all.map(|path| path.replace("{organisation}", OWNER)).collect(),
            "/trace/{file}" => all.map(|path| path.replace("{file}", "kgi1.json")).collect(),
            "/compare/{file}" => all.map(|path| path.replace("{file}", "nothing")).collect(),
            rest if rest.contains('{') => panic!("nobody says what stands in {pattern}"),
            _ => all.collect(),
        };
    }
    let forms = |path: &str| FORMS.map(|form| format!("{path}{form}")).to_vec();
    match pattern {
        "/plan/{file}" => forms("/plan/policy-1"),
        "/indicators/{file}" => forms("/indicators/kgi3"),
        "/series/{file}" => forms("/series/concentration"),
        "/procedures/{file}" => forms("/procedures/supply-report"),
        "/sources/{file}" => forms("/sources/interim-2026"),
        "/links/{secret}" => vec!["/links/0123".into()],
        "/assets/{*name}" => vec!["/assets/rashin.css".into()],
        "/cyber/advisories/{file}" => forms("/cyber/advisories/EXAMPLE-2026-0001"),
        "/cyber/devices/{owner}/{file}" => {
            let devices = world
                .records
                .iter()
                .filter(|one| one.kind.id == "device-security");
            let all = devices.flat_map(|one| {
                let forms = FORMS.into_iter().chain([".csaf.json", ".cdx.json"]);
                forms.map(move |form| format!("/cyber/devices/{}/{}{form}", one.owner, one.id))
            });
            all.collect()
        }
        "/.well-known/csaf/{*path}" => [
            "provider-metadata.json",
            "white/",
            "white/index.txt",
            "white/changes.csv",
        ]
        .map(|path| format!("/.well-known/csaf/{path}"))
        .into(),
        other => panic!("nobody says what stands in {other}"),
    }
}
