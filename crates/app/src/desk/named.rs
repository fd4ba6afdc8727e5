//! Organisations by what people call them. A form, a sheet, a program or a filter may give an organisation's exact name or its corporate number in the
//! place of its id. Whoever does so learns no more than that one of that name is registered; nobody is given a list of them.

use authz::{Action, Sight, sight};
use plan::{Field, Kind, Shape};
use record::{Fault as RecordFault, fold};
use vocab::codes::CorporateNumber;
use vocab::{Lang, Refusal};

use super::people::Organisation;
use super::{DIRECTORY, Desk, Kept, Visit};

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

    /// How an organisation is written into a field so that it is read back as the same: its name, unless another has that too.
    ///
    /// # Errors
    /// Those of the store.
    pub fn organisation_written(&self, id: &str, lang: Lang) -> Result<String, Refusal> {
        let name = self.organisation_in_answer(id, lang);
        let same = self
            .organisation_called(&name, &mut None)?
            .is_ok_and(|found| found == id);
        Ok(if same { name } else { id.to_owned() })
    }

    /// Writes ids into the controls of a form in the place of names and corporate numbers; gives what names none, or more than one.
    pub(super) fn organisations_named(
        &self,
        kind: &Kind,
        controls: &mut [(String, String)],
    ) -> Result<Vec<RecordFault>, Refusal> {
        let mut faults = vec![];
        let mut all = None;
        for (name, text) in controls {
            let Some(field) = asked(kind, name) else { continue };
            let separators: &[char] = if field.many { &['\n', ';', '；'] } else { &[] };
            let pieces: Vec<&str> = text.split(separators).map(str::trim).collect();
            let pieces: Vec<&str> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
            if pieces.is_empty() || pieces.len() > MOST {
                continue;
            }
            let mut ids = vec![];
            for piece in pieces {
                match self.organisation_called(piece, &mut all)? {
                    Ok(id) => ids.push(id),
                    Err(refusal) => faults.push(fault(name, refusal)),
                }
            }
            *text = ids.join("\n");
        }
        Ok(faults)
    }

    /// The id of an organisation by its id, its corporate number or its name in one of the languages. `all` is read once it is needed.
    pub(super) fn organisation_called(
        &self,
        text: &str,
        all: &mut Option<Vec<Kept<Organisation>>>,
    ) -> Result<Result<String, Refusal>, Refusal> {
        let text = text.trim();
        if self.find::<Organisation>(DIRECTORY, text)?.is_some() {
            return Ok(Ok(text.to_owned()));
        }
        let all = match all {
            Some(all) => all,
            None => all.insert(self.every_organisation()?),
        };
        let sought = fold(text);
        let number = sought.parse::<CorporateNumber>().ok();
        let is_it = |one: &&Kept<Organisation>| match &number {
            Some(number) => one.value.corporate_number.as_ref() == Some(number),
            None => fold(&one.value.ja) == sought || fold(&one.value.en) == sought,
        };
        let mut found = all.iter().filter(is_it);
        Ok(match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.id.clone()),
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

/// The field or column of a control, where its answer is an organisation.
fn asked<'k>(kind: &'k Kind, control: &str) -> Option<&'k Field> {
    let mut names = control.split('.');
    let field = kind.field(names.next()?)?;
    let field = match (&field.shape, names.next(), names.next()) {
        (Shape::Table(columns), Some(_), Some(column)) => columns.iter().find(|one| one.name == column)?,
        (_, None, _) => field,
        _ => return None,
    };
    matches!(field.shape, Shape::Organisation { .. }).then_some(field)
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
