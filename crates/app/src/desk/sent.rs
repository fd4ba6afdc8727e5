//! What somebody sends for a record: the controls of a form, or JSON that a program puts together. Both become the same controls and are read by the
//! same rules. A form says no more than was on it; of a program every field is named that it may not write, so that nothing it sends is lost
//! silently.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use authz::Caller;
use plan::Kind;
use record::{Fault as RecordFault, Record};
use serde_json::{Map, Value};
use vocab::Refusal;

/// What was sent.
#[derive(Clone, Copy)]
pub(super) enum Sent<'a> {
    /// The controls of a form.
    Form(&'a [(String, String)]),
    /// The controls of one part of a form, and the part's id; all other fields stay as they are.
    Part(&'a [(String, String)], &'a str),
    /// Nothing: the draft is filed as it stands.
    AsItStands,
    /// The body of a record, and the key by which it is sent again when the answer was lost.
    Body(&'a Value, Option<&'a str>),
    /// Answers by name of field.
    Fields(&'a Map<String, Value>),
}

/// What was sent, as the controls of a form.
pub(super) struct Controls<'a> {
    /// The controls.
    pub list: Cow<'a, [(String, String)]>,
    /// What has not even the shape of an answer.
    pub faults: Vec<RecordFault>,
    /// The fields that a program named, and whether it gave an answer.
    named: BTreeMap<String, bool>,
}

impl<'a> Sent<'a> {
    /// The controls that say the same.
    pub fn controls(self, kind: &Kind) -> Controls<'a> {
        match self {
            Self::Form(list) | Self::Part(list, _) => Controls::of(list),
            Self::AsItStands => Controls::of(&[]),
            Self::Fields(fields) => of_fields(kind, fields),
            Self::Body(body, _) => match record::body_fields(kind, body) {
                Ok(fields) => of_fields(kind, &fields),
                Err(refusal) => Controls {
                    faults: vec![fault("", refusal)],
                    ..Controls::of(&[])
                },
            },
        }
    }

    /// Whether a program sent it.
    pub fn by_program(self) -> bool {
        matches!(self, Self::Body(..) | Self::Fields(_))
    }

    /// Whether it speaks for every field that its sender can answer: a field that it leaves out is then blank.
    pub fn is_whole(self) -> bool {
        !matches!(self, Self::Part(..) | Self::AsItStands)
    }

    /// Whether it speaks for a field.
    pub fn shows(self, kind: &Kind, name: &str) -> bool {
        match self {
            Self::Part(_, part) => kind.fields_of(part).any(|field| field.name == name),
            _ => self.is_whole(),
        }
    }

    /// The id of the new record that is sent with a key: the same for the same account and key, and not to be guessed by others.
    pub fn new_id(self, caller: Option<&Caller>, kind: &Kind) -> Option<String> {
        let (Self::Body(_, Some(key)), Some(caller)) = (self, caller) else {
            return None;
        };
        let said = format!("again\0{}\0{}\0{key}", caller.account, kind.id);
        Some(store::sha256(said.as_bytes()).chars().take(16).collect())
    }
}

fn of_fields(kind: &Kind, fields: &Map<String, Value>) -> Controls<'static> {
    let (list, faults) = record::controls(kind, fields);
    let known = fields.iter().filter(|(name, _)| kind.field(name).is_some());
    Controls {
        list: Cow::Owned(list),
        faults,
        named: known
            .map(|(name, json)| (name.clone(), !json.is_null()))
            .collect(),
    }
}

impl<'a> Controls<'a> {
    fn of(list: &'a [(String, String)]) -> Self {
        Self {
            list: Cow::Borrowed(list),
            faults: vec![],
            named: BTreeMap::new(),
        }
    }

    /// Everything that is wrong with what was sent: its shape, what the fields of `fill` say to what was read, and the fields beyond them, which a
    /// program may send back only as the one who asks sees them in `seen`.
    pub fn faults(
        &self,
        kind: &Kind,
        fill: &BTreeSet<&str>,
        read: Vec<RecordFault>,
        typed: &Record,
        seen: &Record,
    ) -> Vec<RecordFault> {
        let told: BTreeSet<&str> = self.faults.iter().map(|fault| fault.name.as_str()).collect();
        let read = read
            .into_iter()
            .filter(|fault| fault.field.is_empty() || fill.contains(fault.field.as_str()))
            .filter(|fault| !told.contains(fault.name.as_str()));
        let beyond = self.named.iter().filter(|(name, answered)| {
            let (sent, kept) = (typed.fields.get(*name), seen.fields.get(*name));
            !fill.contains(name.as_str()) && (sent != kept || **answered && sent.is_none())
        });
        let beyond = beyond.filter_map(|(name, _)| {
            let title = &kind.field(name)?.title;
            let refusal = Refusal::new(
                "not_yours",
                format!(
                    "「{}」（{name}）は、いま書ける項目ではありません。取り除いてください。",
                    title.ja
                ),
                format!("“{}” ({name}) is not yours to write now. Leave it out.", title.en),
            );
            Some(fault(name, refusal))
        });
        self.faults.iter().cloned().chain(read).chain(beyond).collect()
    }
}

fn fault(field: &str, refusal: Refusal) -> RecordFault {
    RecordFault {
        name: field.to_owned(),
        field: field.to_owned(),
        row: None,
        code: refusal.kind,
        ja: refusal.ja,
        en: refusal.en,
    }
}

/// A key under which something else was sent before.
pub(super) fn sent_otherwise() -> Refusal {
    Refusal::new(
        "idempotency",
        "同じ Idempotency-Key で、別の内容がすでに送られています。新しい内容には、別のキーを付けてください。",
        "Something else was sent under this Idempotency-Key before. Give new contents a key of their own.",
    )
}
