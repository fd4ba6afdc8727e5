//! Files of a form and of a record: what was sent with a form becomes what its controls say, and what a record names is given out.

use app::{Attachment, FileFor, RecordPage};
use axum::extract::{Path, State};
use axum::response::Response;
use plan::{FILE_TYPES, Field as KindField, Shape};
use record::{Fault, Value};
use vocab::Refusal;

use super::address;
use crate::form::Entry;
use crate::house::House;
use crate::i18n::Texts;
use crate::pages::{Answer, Here, at_desk};
use crate::reader::Reader;
use crate::ui::{Choice, Field, FieldKind, Link};

/// `GET /registers/{kind}/{owner}/{id}/files/{sha256}`
pub async fn one(
    State(house): State<House>,
    reader: Reader,
    Path((kind, owner, id, sha256)): Path<(String, String, String, String)>,
) -> Response {
    at_desk(house, reader, move |here| {
        let (file, bytes) = here.desk.record_file(&here.visit, &kind, &owner, &id, &sha256)?;
        let media = FILE_TYPES.iter().find(|(name, _)| *name == file.file_type);
        let media = media.map_or("application/octet-stream", |(_, media)| *media);
        Ok(Answer::file(bytes, media, "").called(file.name))
    })
    .await
}

/// The form with each file that was sent taken in and named by its control, and what is wrong with those that were not.
///
/// # Errors
/// Those that tell nothing of a file: not signed in, not there, a store that fails.
pub(in crate::pages) fn taken(
    here: &Here<'_>,
    kind: &str,
    record: Option<(&str, &str)>,
    entry: &Entry,
) -> Result<(Entry, Vec<Fault>), Refusal> {
    let register = here.desk.register(&here.visit, kind)?;
    let (mut taken, mut faults) = (entry.clone(), vec![]);
    for (name, file) in entry.files() {
        let field = register.kind.field(name);
        let place = FileFor {
            kind,
            record,
            field: Some(name),
        };
        match here
            .desk
            .keep_file(&here.visit, &place, &file.name, file.bytes.to_vec())
        {
            Ok(kept) => taken = taken.with(name, kept.to_string(), field.is_some_and(|field| field.many)),
            Err(refusal) if ["sign-in", "not-found", "unavailable"].contains(&refusal.kind) => {
                return Err(refusal);
            }
            Err(Refusal { kind, ja, en }) => faults.push(Fault {
                name: name.to_owned(),
                field: name.to_owned(),
                row: None,
                code: kind,
                ja,
                en,
            }),
        }
    }
    Ok((taken, faults))
}

/// The files that were sent with a message, taken in.
///
/// # Errors
/// `files` for what is wrong with one of them.
pub(in crate::pages) fn sent(
    here: &Here<'_>,
    (kind, owner, id): (&str, &str, &str),
    entry: &Entry,
) -> Result<Vec<Attachment>, Refusal> {
    let place = FileFor {
        kind,
        record: Some((owner, id)),
        field: None,
    };
    let take = |(_, file): (&str, &crate::form::File)| {
        let kept = here
            .desk
            .keep_file(&here.visit, &place, &file.name, file.bytes.to_vec());
        kept.map_err(|refusal| match refusal.kind {
            "file_type" | "file_size" => Refusal {
                kind: "files",
                ..refusal
            },
            _ => refusal,
        })
    };
    entry.files().map(take).collect()
}

/// The control of a field that takes files: those that are there, and room for more.
pub(super) fn control(t: Texts<'_>, field: &KindField, texts: &[String], control: Field) -> Field {
    let Shape::Attachment { types, megabytes } = &field.shape else {
        return control;
    };
    control_of(t, types, *megabytes, field.many, texts, control)
}

/// The control of a message's files.
pub(in crate::pages) fn message(t: Texts<'_>) -> Field {
    let blank = Field {
        name: "files".into(),
        label: t.text("case-files"),
        ..Field::default()
    };
    match app::message_file() {
        Shape::Attachment { types, megabytes } => control_of(t, &types, megabytes, true, &[], blank),
        _ => blank,
    }
}

fn control_of(
    t: Texts<'_>,
    types: &[&str],
    megabytes: u32,
    many: bool,
    texts: &[String],
    control: Field,
) -> Field {
    let said = [
        ("types", types.join(" / ").to_uppercase().into()),
        ("mb", megabytes.to_string().into()),
    ];
    let kept = texts.iter().filter_map(|text| text.parse::<Attachment>().ok());
    let endings = types.iter().map(|name| match *name {
        "jpeg" => ".jpeg,.jpg".to_owned(),
        name => format!(".{name}"),
    });
    let support = [control.support, t.with("record-file-support", &said)];
    Field {
        support: support.join(" ").trim().to_owned(),
        value: String::new(),
        choices: kept
            .map(|file| {
                let label = [("name", file.name.as_str().into()), ("size", size(&file).into())];
                Choice::new(file.to_string(), t.with("record-file-kept", &label))
            })
            .collect(),
        accept: endings.collect::<Vec<_>>().join(","),
        many,
        kind: FieldKind::Files,
        ..control
    }
}

/// A size as people read it: 12 KB, 3.4 MB.
fn size(file: &Attachment) -> String {
    match file.bytes {
        bytes @ 0..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        bytes => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// Links to files of a record.
pub(in crate::pages) fn links(
    t: Texts<'_>,
    record: &RecordPage,
    files: impl IntoIterator<Item = Attachment>,
) -> Vec<Link> {
    let at = address(&record.kind, &record.view);
    files
        .into_iter()
        .map(|file| {
            let words = format!("{} ({})", file.name, size(&file));
            Link::to(words, t.path(&format!("{at}/files/{}", file.sha256)))
        })
        .collect()
}

/// The files of one answer.
pub(super) fn of(value: &Value) -> Vec<Attachment> {
    let files = value.each().filter_map(|one| match one {
        Value::File(file) => Some(file.clone()),
        _ => None,
    });
    files.collect()
}
