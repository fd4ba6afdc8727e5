//! Organisations and records by what people call them. A form, a sheet, a program or a filter may give an organisation's exact name or its corporate number
//! in the place of its id; whoever does so learns no more than that one of that name is registered, and nobody is given a list of them. A record that its
//! writer may read may be given by its exact name or by a number that its kind is found by.

use std::collections::{BTreeSet, HashMap};

use authz::{Action, Sight, sight};
use plan::{Field, Kind, Shape};
use record::{Fault as RecordFault, Record, Value, fold};
use vocab::{Lang, Refusal};

use super::kept::refused;
use super::merge::tells_apart;
use super::people::Organisation;
use super::register::{RecordQuery, Register, RegisterEntry, key};
use super::{DIRECTORY, Desk, Kept, Visit};

/// Organisations by what they are called, read once for all that one request or file names.
#[derive(Default)]
pub(super) struct Names(Option<HashMap<String, BTreeSet<String>>>);

/// More answers than a field takes are not looked up one by one.
const MOST: usize = 200;

impl Desk {
    /// Whether somebody knows every organisation, so that they can be offered to choose from.
    pub fn knows_organisations(&self, visit: &Visit) -> bool {
        matches!(
            sight(visit.caller.as_ref(), Action::ReadOrganisations),
            Sight::All
        )
    }

    /// An organisation that stands in an answer, as whoever may see the answer reads it: by its name. Its id, if there is none.
    pub fn organisation_in_answer(&self, id: &str, lang: Lang) -> String {
        let found = self.find::<Organisation>(DIRECTORY, id).ok().flatten();
        found.map_or_else(|| id.to_owned(), |kept| kept.value.name(lang).to_owned())
    }

    /// How organisations are written into a field so that they are read back as the same: by their names, unless another has that too.
    ///
    /// # Errors
    /// Those of the store.
    pub fn organisations_written<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
        lang: Lang,
    ) -> Result<Vec<String>, Refusal> {
        let mut names = Names::default();
        let written = ids.map(|id| {
            let name = self.organisation_in_answer(id, lang);
            let found = self.organisation_called(&name, &mut names)?;
            Ok(if found.is_ok_and(|found| found == id) {
                name
            } else {
                id.to_owned()
            })
        });
        written.collect()
    }

    /// Writes ids into the controls of a form in the place of names and numbers; gives what names none, or more than one. `owner`: to whom the record
    /// belongs, and a record that is named by its id alone. What the record says already (`earlier`) stays as it is.
    pub(super) fn named_by_id(
        &self,
        visit: &Visit,
        kind: &Kind,
        (owner, earlier): (&str, &Record),
        controls: &mut [(String, String)],
        names: &mut Names,
    ) -> Result<Vec<RecordFault>, Refusal> {
        let mut faults = vec![];
        for (name, text) in controls {
            let Some(field) = asked(kind, name) else { continue };
            let separators: &[char] = if field.many { &['\n', ';', '；'] } else { &[] };
            let pieces: Vec<&str> = text.split(separators).map(str::trim).collect();
            let pieces: Vec<&str> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
            if pieces.is_empty() || pieces.len() > MOST {
                continue;
            }
            let mut ids = vec![];
            let said: BTreeSet<String> = answers(earlier, name).into_iter().collect();
            for piece in pieces {
                if said.contains(piece) {
                    ids.push(piece.to_owned());
                    continue;
                }
                let called = match &field.shape {
                    Shape::Reference(to) => self.record_called(visit, to, owner, piece)?,
                    _ => self.organisation_called(piece, names)?,
                };
                match called {
                    Ok(id) => ids.push(id),
                    Err(refusal) => faults.push(fault(name, refusal)),
                }
            }
            *text = ids.join("\n");
        }
        Ok(faults)
    }

    /// The id of an organisation by its id, its corporate number or its name in one of the languages.
    pub(super) fn organisation_called(
        &self,
        text: &str,
        names: &mut Names,
    ) -> Result<Result<String, Refusal>, Refusal> {
        let text = text.trim();
        if self.find::<Organisation>(DIRECTORY, text)?.is_some() {
            return Ok(Ok(text.to_owned()));
        }
        if names.0.is_none() {
            let mut all: HashMap<String, BTreeSet<String>> = HashMap::new();
            for Kept { id, value, .. } in self.every_organisation()? {
                let number = value.corporate_number.map(|number| number.to_string());
                for called in [fold(&value.ja), fold(&value.en)].into_iter().chain(number) {
                    all.entry(called).or_default().insert(id.clone());
                }
            }
            names.0 = Some(all);
        }
        let called = names.0.as_ref().and_then(|all| all.get(&fold(text)));
        let mut found = called.into_iter().flatten();
        Ok(match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.clone()),
            (None, _) => Err(Refusal::new(
                "no_organisation",
                format!(
                    "「{text}」という組織は登録されていません。正式な名称か、法人番号（13桁）を書いてください。"
                ),
                format!(
                    "No organisation “{text}” is registered. Write its full name or its corporate number (13 digits)."
                ),
            )),
            (Some(_), Some(_)) => Err(Refusal::new(
                "several_organisations",
                format!("「{text}」という組織は二つ以上あります。法人番号（13桁）を書いてください。"),
                format!(
                    "There is more than one organisation “{text}”. Write its corporate number (13 digits)."
                ),
            )),
        })
    }
}

impl Desk {
    /// A record by its id, its exact name, or a number that its kind is found by, as far as it may be read. What has the form of an id stays as it is:
    /// whether there is such a record is looked at with the others.
    fn record_called(
        &self,
        visit: &Visit,
        kind: &str,
        owner: &str,
        text: &str,
    ) -> Result<Result<String, Refusal>, Refusal> {
        let as_it_is = Ok(Ok(text.to_owned()));
        let Ok(Register { kind, .. }) = self.register(visit, kind) else {
            return as_it_is;
        };
        let (of, id) = text.split_once('/').unwrap_or((owner, text));
        if let Ok(key) = key(&kind, of, id)
            && self.store.newest(&key).map_err(refused)?.is_some()
        {
            return as_it_is;
        }
        let mut found = BTreeSet::new();
        for field in kind.fields.iter().filter(|field| tells_apart(&kind, field)) {
            let query = RecordQuery {
                filters: vec![(field.name.clone(), text.to_owned())],
                // Of the texts that begin so, the one that ends there comes first.
                order: Some((field.name.clone(), false)),
                ..RecordQuery::default()
            };
            let rows = match self.records(visit, &kind.id, &query) {
                Ok(list) => list.rows,
                Err(refusal) if refusal.kind == "unavailable" => return Err(refusal),
                // It is no such number, or the field is not one by which this person finds records.
                Err(_) => continue,
            };
            let is_it = |row: &RegisterEntry| {
                let value = row.record.fields.get(&field.name).and_then(Value::text);
                matches!(field.shape, Shape::Code(_)) || value.is_some_and(|value| fold(&value) == fold(text))
            };
            found.extend(rows.into_iter().filter(is_it).map(|row| (row.owner, row.id)));
        }
        let mut found = found.into_iter();
        Ok(match (found.next(), found.next()) {
            (Some((owner, id)), None) => Ok(format!("{owner}/{id}")),
            // Perhaps an id of another form; the fault of the field says what can be written.
            (None, _) if text.is_ascii() => Ok(text.to_owned()),
            (None, _) => Err(Refusal::new(
                "no_record",
                format!(
                    "「{text}」という記録はありません。正確な名称か番号を書くか、一覧で記録番号を確かめてください。"
                ),
                format!(
                    "There is no record “{text}”. Write its exact name or number, or look its id up in the list."
                ),
            )),
            (Some(_), Some(_)) => Err(Refusal::new(
                "several_records",
                format!("「{text}」という記録は二つ以上あります。一覧で記録番号を確かめて書いてください。"),
                format!("There is more than one record “{text}”. Look its id up in the list and write that."),
            )),
        })
    }
}

/// The field or column of a control, where its answer is an organisation or a record.
fn asked<'k>(kind: &'k Kind, control: &str) -> Option<&'k Field> {
    let mut names = control.split('.');
    let field = kind.field(names.next()?)?;
    let field = match (&field.shape, names.next(), names.next()) {
        (Shape::Table(columns), Some(_), Some(column)) => columns.iter().find(|one| one.name == column)?,
        (_, None, _) => field,
        _ => return None,
    };
    matches!(field.shape, Shape::Organisation { .. } | Shape::Reference(_)).then_some(field)
}

/// What a record answers in a control.
fn answers(record: &Record, control: &str) -> Vec<String> {
    let mut names = control.split('.');
    let value = names.next().and_then(|field| record.fields.get(field));
    match (value, names.next(), names.next()) {
        (Some(Value::Table(rows)), Some(row), Some(column)) => {
            let row = row
                .parse::<usize>()
                .ok()
                .and_then(|row| rows.get(row.checked_sub(1)?));
            let value = row.and_then(|row| row.get(column));
            value
                .into_iter()
                .flat_map(Value::each)
                .filter_map(Value::text)
                .collect()
        }
        (Some(value), None, _) => value.each().filter_map(Value::text).collect(),
        _ => vec![],
    }
}

fn fault(control: &str, refusal: Refusal) -> RecordFault {
    let mut names = control.split('.');
    RecordFault {
        name: control.to_owned(),
        field: names.next().unwrap_or_default().to_owned(),
        row: names.next().and_then(|row| row.parse().ok()),
        code: refusal.kind,
        ja: refusal.ja,
        en: refusal.en,
    }
}
