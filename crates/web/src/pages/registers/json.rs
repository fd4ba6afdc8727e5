//! Writing by program: what a form sends to an address can be sent there as JSON with a key. What is sent has the shape of what the same address
//! gives with `.json`, so that a record is read, changed and sent back; what comes of it is that shape again, or everything that is wrong with it
//! at once.

use std::sync::Arc;

use app::{Acted, CaseAct, CaseStep, CaseView, Command, Completeness, Desk, RecordPage, SavedRecord, Seen};
use axum::extract::FromRef;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use plan::Reason;
use record::Fault;
use serde::Serialize;
use serde_json::{Map, Value, json};
use vocab::Refusal;

use super::{address, told};
use crate::form::Json;
use crate::house::House;
use crate::pages::{Answer, Here, refused_as_data, status_of};
use crate::reader::{Form, Reader};
use crate::site::Site;

/// What a record's JSON says beside what can be sent: it may be sent back, and nothing is made of it.
const SAID: [&str; 7] = [
    "kind",
    "owner",
    "id",
    "version",
    "case",
    "public_state",
    "actions",
];

/// Why what was sent was not kept.
#[derive(Default)]
pub(in crate::pages) struct Refused {
    refusal: Option<Refusal>,
    faults: Vec<Fault>,
    newest: Option<Value>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal: Some(refusal),
            ..Self::default()
        }
    }
}

impl Refused {
    /// Answers that are not taken.
    fn of(faults: Vec<Fault>) -> Self {
        Self {
            faults,
            ..Refusal::new(
                "faults",
                "直すところがあります。faults の項目を直して、もう一度送ってください。",
                "Some answers have to be mended. Mend those in faults and send it again.",
            )
            .into()
        }
    }

    fn into_response(self) -> Response {
        let refusal = self.refusal.unwrap_or_else(|| crate::pages::internal(&"refused"));
        let mut error = json!({ "kind": refusal.kind, "ja": refusal.ja, "en": refusal.en });
        if !self.faults.is_empty() {
            error["faults"] = self.faults.iter().map(fault).collect();
        }
        if let Some(newest) = self.newest {
            error["newest"] = newest;
        }
        refused_as_data(status_of(&refusal), &json!({ "error": error }))
    }
}

/// A fault with its place: field, row from 1, and column.
fn fault(fault: &Fault) -> Value {
    let column = fault
        .row
        .and_then(|row| fault.name.strip_prefix(&format!("{}.{row}.", fault.field)))
        .map(|column| column.trim_end_matches(".from"))
        .filter(|column| !column.is_empty());
    json!({
        "field": fault.field,
        "row": fault.row,
        "column": column,
        "code": fault.code,
        "ja": fault.ja,
        "en": fault.en,
    })
}

/// Does what JSON asks for, off the network threads.
pub(in crate::pages) async fn take(
    house: House,
    reader: Reader,
    sent: Json,
    act: impl FnOnce(&Here<'_>, &Sent) -> Result<Response, Refused> + Send + 'static,
) -> Response {
    let site = Arc::<Site>::from_ref(&house);
    let work = move |site: &Site| {
        let here = Here::new(&house, site, &reader);
        let done = Sent::of(sent).and_then(|sent| act(&here, &sent));
        Ok(done.unwrap_or_else(Refused::into_response))
    };
    site.work(work)
        .await
        .unwrap_or_else(|refusal| Refused::from(refusal).into_response())
}

/// An object as it was sent.
pub(in crate::pages) struct Sent {
    parts: Map<String, Value>,
    again: Option<String>,
}

impl Sent {
    fn of(sent: Json) -> Result<Self, Refused> {
        let Json { body, again } = sent;
        match body? {
            Value::Object(parts) => Ok(Self { parts, again }),
            _ => Err(shape("an object", "オブジェクト {…}").into()),
        }
    }

    /// Refuses by name what cannot be sent here.
    fn only(&self, known: &[&str]) -> Result<(), Refused> {
        let strange = self.parts.keys().filter(|name| !known.contains(&name.as_str()));
        let faults: Vec<Fault> = strange
            .map(|name| {
                let shown: String = name.chars().take(40).collect();
                Fault {
                    name: shown.clone(),
                    field: shown.clone(),
                    row: None,
                    code: "unknown_member",
                    ja: format!("「{shown}」は、ここでは送れません。名前を確かめてください。"),
                    en: format!("“{shown}” cannot be sent here. Check its name."),
                }
            })
            .collect();
        if faults.is_empty() {
            return Ok(());
        }
        Err(Refused::of(faults))
    }

    /// The version that was seen.
    fn version(&self) -> Result<u32, Refused> {
        let version = self.parts.get("version").and_then(Value::as_u64);
        version
            .and_then(|version| u32::try_from(version).ok())
            .ok_or_else(|| {
                shape(
                    "\"version\": the number that was read",
                    "\"version\": 読み取ったときの版の番号",
                )
                .into()
            })
    }

    /// Words; empty if none were sent.
    fn words(&self, name: &'static str) -> Result<String, Refused> {
        match self.parts.get(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(shape(&format!("\"{name}\": text"), &format!("\"{name}\": 文字列")).into()),
        }
    }

    fn completeness(&self) -> Result<Completeness, Refused> {
        match self.words("state")?.as_str() {
            "" | "filed" => Ok(Completeness::Final),
            "draft" => Ok(Completeness::Draft),
            _ => Err(shape(
                "\"state\": \"draft\" or \"filed\"",
                "\"state\": \"draft\" か \"filed\"",
            )
            .into()),
        }
    }
}

fn shape(en: &str, ja: &str) -> Refusal {
    Refusal::new(
        "json",
        format!("送られた内容の形が違います。{ja} にしてください。"),
        format!("What was sent has another shape. Send {en}."),
    )
}

/// Keeps a record that was sent: a new one, or the next version of one that was read.
pub(in crate::pages) fn save(
    here: &Here<'_>,
    sent: &Sent,
    kind: &str,
    target: Option<(&str, &str)>,
) -> Result<Response, Refused> {
    sent.only(&[&SAID[..], &["state", "record"]].concat())?;
    let seen = match target {
        Some((owner, id)) => Some(Seen {
            owner,
            id,
            version: sent.version()?,
        }),
        None => None,
    };
    let body = sent.parts.get("record").unwrap_or(&Value::Null);
    let kept = here
        .desk
        .save_record_body(
            &here.visit,
            kind,
            seen,
            body,
            sent.completeness()?,
            sent.again.as_deref(),
        )
        .map_err(|refusal| moved_on(here, refusal, kind, target))?;
    match (kept, target) {
        (SavedRecord::Faults(faults), _) => Err(Refused::of(faults)),
        (SavedRecord::Kept(owner, id), None) => {
            let mut response = shown(here, kind, &owner, &id)?;
            *response.status_mut() = StatusCode::CREATED;
            let at = here.t.path(&format!("/registers/{kind}/{owner}/{id}"));
            if let Ok(at) = HeaderValue::from_str(&at) {
                response.headers_mut().insert(header::LOCATION, at);
            }
            Ok(response)
        }
        (SavedRecord::Kept(owner, id), Some(_)) => shown(here, kind, &owner, &id),
    }
}

/// A step of a case, or words in it: kind, owner and id of its record.
pub(in crate::pages) type At = (String, String, String);

/// Takes a step that was sent.
pub(in crate::pages) fn step(
    here: &Here<'_>,
    sent: &Sent,
    at: &At,
    transition: &str,
) -> Result<Response, Refused> {
    sent.only(&["version", "fields", "reason", "dissent"])?;
    let nothing = Map::new();
    let fields = match sent.parts.get("fields") {
        None | Some(Value::Null) => &nothing,
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(shape("\"fields\": {…}", "\"fields\": {…}").into()),
    };
    let command = Command::Move {
        transition: transition.to_owned(),
        reason: sent.words("reason")?,
        dissent: sent.words("dissent")?,
    };
    act(here, at, sent.version()?, command, fields)
}

/// Says something to an organisation, or notes something for the ministry.
pub(in crate::pages) fn speak(here: &Here<'_>, sent: &Sent, at: &At, how: &str) -> Result<Response, Refused> {
    let command = match how {
        "say" => {
            sent.only(&["version", "with", "text"])?;
            Command::Say {
                with: Some(sent.words("with")?).filter(|with| !with.is_empty()),
                text: sent.words("text")?,
                files: vec![],
            }
        }
        "note" => {
            sent.only(&["version", "text"])?;
            Command::Note {
                text: sent.words("text")?,
                files: vec![],
            }
        }
        _ => return Err(app::closed(&here.visit).into()),
    };
    act(here, at, sent.version()?, command, &Map::new())
}

fn act(
    here: &Here<'_>,
    (kind, owner, id): &At,
    version: u32,
    command: Command,
    fields: &Map<String, Value>,
) -> Result<Response, Refused> {
    let act = CaseAct {
        kind,
        owner,
        id,
        version,
        command,
        controls: &[],
    };
    let acted = here
        .desk
        .act_with_fields(&here.visit, &act, fields)
        .map_err(|refusal| moved_on(here, refusal, kind, Some((owner, id))))?;
    match acted {
        Acted::Done => shown(here, kind, owner, id),
        Acted::Faults(faults) => Err(Refused::of(faults)),
    }
}

/// A record as its `.json` gives it; nothing for whoever may write it and not see it.
fn shown(here: &Here<'_>, kind: &str, owner: &str, id: &str) -> Result<Response, Refused> {
    match here.desk.record(&here.visit, kind, owner, id) {
        Ok(page) => Ok(Answer::data(Form::Json, kind, &told(&page, here), Vec::new)?.into_response()),
        Err(refusal) if refusal.kind == "not-found" => {
            let named = json!({ "kind": kind, "owner": owner, "id": id });
            Ok(Answer::data(Form::Json, kind, &named, Vec::new)?.into_response())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// A refusal, with what is newest where that is why.
fn moved_on(here: &Here<'_>, refusal: Refusal, kind: &str, target: Option<(&str, &str)>) -> Refused {
    let newest = target
        .filter(|_| refusal.kind == "conflict")
        .and_then(|(owner, id)| here.desk.record(&here.visit, kind, owner, id).ok());
    Refused {
        newest: newest.map(|page| told(&page, here)),
        ..refusal.into()
    }
}

/// Something that whoever reads a record can do to it: where it is sent, with which version, and what it asks.
#[derive(Serialize)]
pub(super) struct Action<'a> {
    id: &'a str,
    title: Option<&'a plan::Text>,
    address: String,
    version: u32,
    fields: Vec<&'a str>,
    missing: Vec<Value>,
    reason: &'static str,
    dissent: bool,
    with: &'a [String],
}

/// Everything that whoever reads a record can do to it.
pub(super) fn actions<'a>(page: &'a RecordPage, here: &Here<'_>) -> Vec<Action<'a>> {
    let at = address(&page.kind, &page.view);
    let action = |id: &'a str, path: &str, version: u32| Action {
        id,
        title: None,
        address: here.t.path(&format!("{at}/{path}")),
        version,
        fields: vec![],
        missing: vec![],
        reason: "none",
        dissent: false,
        with: &[],
    };
    let mut list = vec![];
    if page.may_change {
        let fill = Desk::fields_to_fill(&here.visit, &page.kind, Some(&page.view));
        list.push(Action {
            fields: fill.into_iter().collect(),
            ..action("edit", "edit", page.view.version)
        });
    }
    let Some(case) = &page.case else {
        return list;
    };
    list.extend(case.steps.iter().map(|step| of_step(case, step, &action)));
    if !case.speaks.is_empty() {
        list.push(Action {
            with: &case.speaks,
            ..action("say", "say", case.version)
        });
    }
    if case.notes {
        list.push(action("note", "note", case.version));
    }
    list
}

fn of_step<'a>(
    case: &CaseView,
    step: &'a CaseStep,
    action: &impl Fn(&'a str, &str, u32) -> Action<'a>,
) -> Action<'a> {
    let one = &step.transition;
    Action {
        title: Some(&one.title),
        fields: step.fill.iter().map(String::as_str).collect(),
        missing: step.missing.iter().map(fault).collect(),
        reason: match one.reason {
            Reason::Required => "required",
            Reason::Optional => "optional",
            Reason::None => "none",
        },
        dissent: one.dissent,
        ..action(&one.id, &format!("do/{}", one.id), case.version)
    }
}
