//! Files of records and of messages: taken in one by one before the form that names them is, so that a form that comes back has lost none of them,
//! and given out to whoever sees what names them. A file belongs to the owner of its record; a hash alone opens nothing.

use authz::{Action, Subject};
use plan::{Field, Shape};
use record::procedure::{Event, message_file};
use record::{Attachment, Fault as RecordFault, Record, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Blob, Name};
use vocab::Refusal;

use super::kept::{Edit, Kind, refused};
use super::register::{fillable, may_add, new_owner, takes_part_in, viewer};
use super::{Desk, Visit, closed, unknown};
use crate::file_type::{file_name, file_type};

/// What a file is for.
#[derive(Debug, Clone, Copy)]
pub struct FileFor<'a> {
    /// Id of the kind.
    pub kind: &'a str,
    /// Owner and id of the record; none for one that is being added.
    pub record: Option<(&'a str, &'a str)>,
    /// The field; none for a message or note about the record's case.
    pub field: Option<&'a str>,
}

/// Who handed in which file: what nobody named yet, only they can name. One who merely knows a file's hash cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HandedIn {
    /// An account.
    by: String,
    /// SHA-256 of the contents.
    sha256: String,
}

impl Kind for HandedIn {
    const KIND: &'static str = "handed-in-file";
}

/// Half of a hash is as much as nobody finds a second file for.
fn handed_in_id(account: &str, sha256: &str) -> String {
    format!("{account}.{}", sha256.get(..32).unwrap_or(sha256))
}

impl Desk {
    /// Takes a file in, so that a form or message can name it. What nothing comes to name stays, unseen by anybody.
    ///
    /// # Errors
    /// `sign-in`, `not-found`; of the kind that the field is called, or `files` for a message, what is wrong with the file.
    pub fn keep_file(
        &self,
        visit: &Visit,
        place: &FileFor<'_>,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Attachment, Refusal> {
        let (owner, shape) = self.place_of(visit, place)?;
        // Whoever takes part in a case says something in it, whosever the record is.
        let action = match place.field {
            Some(_) => Action::KeepRecords,
            None => Action::KeepCases,
        };
        Self::authorise(visit, action, Subject::of(&owner))?;
        let Some(file_type) = file_type(name, &bytes) else {
            return Err(Refusal::new(
                "file_type",
                format!(
                    "「{name}」は添付できない種類のファイルです。中身の形式（PDF など）を確かめてください。マクロを含むファイルは添付できません。"
                ),
                format!(
                    "“{name}” is not of a type that is taken. Check what it contains. Files with macros are not taken."
                ),
            ));
        };
        let blob = Blob::new(bytes);
        let file = Attachment {
            sha256: blob.sha256.clone(),
            bytes: blob.bytes.len() as u64,
            file_type,
            name: file_name(name, file_type),
        };
        let text = file.to_string();
        let Value::File(file) = Value::read(&shape, &text)? else {
            return Err(unknown());
        };
        let id = handed_in_id(visit.actor(), &file.sha256);
        if self.find::<HandedIn>(&owner, &id)?.is_none() {
            let by = HandedIn {
                by: visit.actor().to_owned(),
                sha256: file.sha256.clone(),
            };
            let detail = json!({ "kind": place.kind, "what": "file" });
            let edits = vec![Edit::first(&id, &by)?];
            self.write_with(visit, action, &owner, detail, edits, vec![blob])?;
        }
        Ok(file)
    }

    /// To whom a file will belong, and what it has to be; only for those who may then name it.
    fn place_of(&self, visit: &Visit, place: &FileFor<'_>) -> Result<(String, Shape), Refusal> {
        let rashin = self.rashin()?;
        let kind = rashin.plan().kind(place.kind).ok_or_else(unknown)?;
        let attached = |field: &Field| matches!(field.shape, Shape::Attachment { .. });
        let (owner, fill) = match place.record {
            None if may_add(visit, kind) => {
                let owner = new_owner(visit, kind)?;
                let fill = record::fillable(kind, &owner, &Record::default(), &viewer(visit));
                (owner, fill)
            }
            None => return Err(closed(visit)),
            Some((owner, id)) => {
                let found = self.seen_record(visit, &rashin, kind, owner, id)?;
                let fill = fillable(visit, kind, &found);
                if place.field.is_none() {
                    let file = self.case_file(&rashin, kind, owner, id)?.ok_or_else(unknown)?;
                    if !takes_part_in(visit, &file, &found) {
                        return Err(closed(visit));
                    }
                    return Ok((owner.to_owned(), message_file()));
                }
                (owner.to_owned(), fill)
            }
        };
        let field = place
            .field
            .filter(|name| fill.contains(name))
            .and_then(|name| kind.field(name))
            .filter(|field| attached(field))
            .ok_or_else(|| closed(visit))?;
        Ok((owner, field.shape.clone()))
    }

    /// A file that a record names where the one who asks sees it, or a message that they see.
    ///
    /// # Errors
    /// `sign-in`, `not-found`, and those of the store.
    pub fn record_file(
        &self,
        visit: &Visit,
        kind: &str,
        owner: &str,
        id: &str,
        sha256: &str,
    ) -> Result<(Attachment, Vec<u8>), Refusal> {
        let page = self.record(visit, kind, owner, id)?;
        let answered = files(&page.view.record).map(|(_, file)| file);
        let said = page
            .case
            .iter()
            .flat_map(|case| &case.history)
            .flat_map(Event::files);
        let file = answered
            .chain(said)
            .find(|file| file.sha256 == sha256)
            .cloned()
            .ok_or_else(unknown)?;
        let blob = self
            .store
            .blob(&Name::new(owner).map_err(refused)?, sha256)
            .map_err(refused)?;
        Ok((file, blob.ok_or_else(unknown)?.bytes))
    }

    /// What a record names that it did not name before and that was not handed in for its owner as what it is said to be: told at its field.
    pub(super) fn broken_files(
        &self,
        visit: &Visit,
        owner: &str,
        before: &Record,
        after: &Record,
    ) -> Result<Vec<RecordFault>, Refusal> {
        let mut faults = vec![];
        for (field, file) in files(after) {
            if files(before).any(|(_, known)| known == file) || self.arrived(visit, owner, file)? {
                continue;
            }
            let Refusal { ja, en, .. } = not_arrived(file);
            faults.push(RecordFault {
                name: field.to_owned(),
                field: field.to_owned(),
                row: None,
                code: "no_file",
                ja,
                en,
            });
        }
        Ok(faults)
    }

    /// Refuses a message whose files were not handed in.
    pub(super) fn files_arrived(
        &self,
        visit: &Visit,
        owner: &str,
        files: &[Attachment],
    ) -> Result<(), Refusal> {
        for file in files {
            if !self.arrived(visit, owner, file)? {
                return Err(not_arrived(file));
            }
        }
        Ok(())
    }

    /// Whether the one who names a file handed it in, and it is what it is said to be.
    fn arrived(&self, visit: &Visit, owner: &str, file: &Attachment) -> Result<bool, Refusal> {
        let handed_in = self.find::<HandedIn>(owner, &handed_in_id(visit.actor(), &file.sha256))?;
        if handed_in.is_none_or(|kept| kept.value.sha256 != file.sha256) {
            return Ok(false);
        }
        let owner = Name::new(owner).map_err(refused)?;
        let blob = self.store.blob(&owner, &file.sha256).map_err(refused)?;
        Ok(blob.is_some_and(|blob| {
            blob.bytes.len() as u64 == file.bytes
                && file_type(&file.name, &blob.bytes) == Some(file.file_type)
                && file_name(&file.name, file.file_type) == file.name
        }))
    }
}

fn not_arrived(file: &Attachment) -> Refusal {
    let name = &file.name;
    Refusal::new(
        "files",
        format!("「{name}」が届いていません。もう一度添付してください。"),
        format!("“{name}” did not arrive. Attach it again."),
    )
}

/// The files that a record names, each with its field.
fn files(record: &Record) -> impl Iterator<Item = (&str, &Attachment)> {
    let answers = record
        .fields
        .iter()
        .flat_map(|(field, value)| value.each().map(move |one| (field.as_str(), one)));
    answers.filter_map(|(field, value)| match value {
        Value::File(file) => Some((field, file)),
        _ => None,
    })
}
