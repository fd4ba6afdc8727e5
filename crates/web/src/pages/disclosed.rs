//! Vulnerabilities that were published: a list for people, and the tree of CSAF 2.0 documents that programs follow (section 7 of that specification).
//! Everybody may read both; whatever is under embargo is in neither.

use app::{Disclosed, Publisher};
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256, Sha512};
use vocab::Refusal;

use super::supply::Names;
use super::words::downloads;
use super::work::{Work, moment};
use super::{Answer, Here, at_desk};
use crate::assets::hex;
use crate::house::House;
use crate::reader::{Form, Reader};
use crate::sheet::{Cell, Sheet};
use crate::ui::{Column, Link, Table};

/// The kind of the record that becomes public.
const REPORT: &str = "vulnerability-report";
/// Below this the tree is served.
const TREE: &str = "/.well-known/csaf";

/// One line as data.
#[derive(Serialize)]
struct Line<'a> {
    number: &'a str,
    title: &'a str,
    names: &'a [String],
    severity: &'a str,
    products: Vec<String>,
    published: Timestamp,
    changed: Timestamp,
    page: String,
    csaf: String,
}

/// `GET /cyber/disclosed`
pub async fn list(State(house): State<House>, reader: Reader) -> Response {
    at_desk(house, reader, build_list).await
}

fn build_list(here: &Here<'_>) -> Result<Answer, Refusal> {
    let t = here.t;
    let disclosed = here.desk.disclosed()?;
    if here.reader.form != Form::Page {
        let lines: Vec<Line<'_>> = disclosed.iter().map(line).collect();
        return Answer::data(here.reader.form, "cyber-disclosed", &lines, || {
            vec![sheet(here, &lines)]
        });
    }
    Answer::page(&Work {
        lead: t.text("disclosed-lead"),
        empty: t.text("disclosed-none"),
        table: Some(table(here, &disclosed)),
        way: Some(Link::to(
            t.text("disclosed-tree"),
            format!("{TREE}/provider-metadata.json"),
        )),
        files: downloads(t, here.reader),
        ..Work::new(here, t.text("disclosed-title"), vec![])
    })
}

fn products(one: &Disclosed) -> Vec<String> {
    let product =
        |product: &app::AdvisoryProduct| format!("{} {}（{}）", product.name, product.version, product.maker);
    one.advisory.products.iter().map(product).collect()
}

fn record(one: &Disclosed) -> String {
    format!("/registers/{REPORT}/{}/{}", one.owner, one.id)
}

fn csaf(one: &Disclosed) -> String {
    format!("{TREE}/white/{}", one.advisory.path())
}

fn line(one: &Disclosed) -> Line<'_> {
    Line {
        number: &one.advisory.id,
        title: &one.advisory.title,
        names: &one.advisory.names,
        severity: &one.severity,
        products: products(one),
        published: one.advisory.first(),
        changed: one.advisory.last(),
        page: record(one),
        csaf: csaf(one),
    }
}

const COLUMNS: [&str; 7] = [
    "disclosed-number",
    "disclosed-name",
    "disclosed-severity",
    "disclosed-products",
    "disclosed-published",
    "disclosed-changed",
    "disclosed-csaf",
];

fn table(here: &Here<'_>, disclosed: &[Disclosed]) -> Table {
    let t = here.t;
    let names = Names::of_kind(here, REPORT);
    let row = |one: &Disclosed| {
        vec![
            Link::plain(one.advisory.id.clone()),
            Link::to(one.advisory.title.clone(), t.path(&record(one))),
            Link::plain(names.say("severity", &one.severity)),
            Link::plain(products(one).join("、")),
            Link::plain(moment(t, one.advisory.first())),
            Link::plain(moment(t, one.advisory.last())),
            Link::to("CSAF".to_owned(), csaf(one)),
        ]
    };
    Table {
        id: "disclosed".into(),
        caption: t.text("disclosed-title"),
        columns: COLUMNS.map(|key| Column::words(t.text(key))).into(),
        rows: disclosed.iter().map(row).collect(),
    }
}

fn sheet(here: &Here<'_>, lines: &[Line<'_>]) -> Sheet {
    let t = here.t;
    let names = Names::of_kind(here, REPORT);
    let row = |line: &Line<'_>| {
        vec![
            Cell::text(line.number),
            Cell::text(line.title),
            Cell::text(names.say("severity", line.severity)),
            Cell::text(line.products.join("、")),
            Cell::text(moment(t, line.published)),
            Cell::text(moment(t, line.changed)),
            Cell::text(&line.csaf),
        ]
    };
    Sheet {
        name: t.text("disclosed-title"),
        columns: COLUMNS.map(|key| t.text(key)).into(),
        rows: lines.iter().map(row).collect(),
    }
}

/// Who publishes what is handed on.
pub(super) fn publisher(here: &Here<'_>) -> Publisher {
    Publisher {
        name: here.t.text("disclosed-publisher"),
        namespace: match &here.options.public_url {
            Some(url) => url.clone(),
            None => here.whole_address("").trim_end_matches('/').to_owned(),
        },
    }
}

/// `GET /.well-known/csaf/…`
pub async fn tree(State(house): State<House>, Path(path): Path<String>, reader: Reader) -> Response {
    at_desk(house, reader, move |here| build_tree(here, &path)).await
}

fn build_tree(here: &Here<'_>, path: &str) -> Result<Answer, Refusal> {
    let tree = here
        .desk
        .csaf_tree(here.visit.at, &publisher(here), env!("CARGO_PKG_VERSION"))?;
    if let Some(body) = tree.files.get(path) {
        return Ok(Answer::file(body.clone(), content_type(path), ""));
    }
    if let Some((file, body)) = path
        .strip_suffix(".sha256")
        .and_then(|file| Some((file, tree.files.get(file)?)))
    {
        return Ok(hashed(file, &Sha256::digest(body)));
    }
    if let Some((file, body)) = path
        .strip_suffix(".sha512")
        .and_then(|file| Some((file, tree.files.get(file)?)))
    {
        return Ok(hashed(file, &Sha512::digest(body)));
    }
    folder(here, &tree.files.into_keys().collect::<Vec<_>>(), path)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("json") => "application/json; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

/// A digest as `sha256sum` and `sha512sum` write it.
fn hashed(file: &str, digest: &[u8]) -> Answer {
    let name = file.rsplit('/').next().unwrap_or(file);
    let hex = hex(digest);
    Answer::file(
        format!("{hex}  {name}\n").into_bytes(),
        "text/plain; charset=utf-8",
        "",
    )
}

/// What is in a folder of the tree, which section 7.1.14 asks to be listed.
fn folder(here: &Here<'_>, files: &[String], path: &str) -> Result<Answer, Refusal> {
    let t = here.t;
    let mut inside: Vec<String> = files
        .iter()
        .filter_map(|file| file.strip_prefix(path))
        .map(|rest| rest.split_inclusive('/').next().unwrap_or(rest).to_owned())
        .collect();
    inside.dedup();
    if !path.ends_with('/') || inside.is_empty() {
        return Err(Refusal::new(
            "not-found",
            "このアドレスのファイルはありません。一覧（index.txt）から探してください。",
            "There is no file at this address. Please look for it in index.txt.",
        ));
    }
    let row = |name: &String| vec![Link::to(name.clone(), format!("{TREE}/{path}{name}"))];
    Answer::page(&Work {
        lead: t.text("disclosed-folder-lead"),
        table: Some(Table {
            id: "files".into(),
            caption: t.text("disclosed-files"),
            columns: vec![Column::words(t.text("disclosed-file"))],
            rows: inside.iter().map(row).collect(),
        }),
        ..Work::new(
            here,
            format!("{TREE}/{path}"),
            vec![Link::to(t.text("disclosed-title"), t.path("/cyber/disclosed"))],
        )
    })
}
