//! What a transition needs of the record: fields that stand, options that they have, and nothing that whoever is asked for it could not fill in.

use crate::kind::{Clause, Confidentiality, Field, Filler, Kind, MINISTRY, Test};
use crate::procedure::Who;
use crate::raw::{self, Word};
use crate::read::Reader;
use crate::read::kind::field::clauses;

/// What stands in `needs` for the whole record.
const COMPLETE: &str = "complete";

impl Reader<'_> {
    /// Whether the record has to be complete, and what else has to hold.
    pub(super) fn needs(
        &mut self,
        raw: &raw::Transition,
        by: &[Who],
        kind: Option<&Kind>,
    ) -> Option<(bool, Vec<Clause>)> {
        let (complete, words): (Vec<_>, Vec<_>) = raw
            .needs
            .iter()
            .cloned()
            .partition(|word| word.get_ref() == COMPLETE);
        let needs = self.conditions_of(&words, kind)?;
        for (word, clause) in words.iter().zip(&needs) {
            let Some((kind, field)) = kind.and_then(|kind| Some((kind, kind.field(&clause.field)?))) else {
                continue;
            };
            if let Some(stuck) = by.iter().find(|who| !can_fill(kind, field, **who)) {
                let who = name(*stuck);
                self.fault(
                    word,
                    "cannot-fill",
                    &format!("「{who}」は項目「{}」に記入できないため、先に進めません。", field.name),
                    &format!("`{who}` cannot fill in `{}` and would be stuck.", field.name),
                    "by か needs を直すか、種類の change・filled_by・confidentiality を直してください。 / Correct `by` or `needs`, or `change`, `filled_by` or `confidentiality` of the kind.",
                );
            }
        }
        Some((!complete.is_empty(), needs))
    }

    /// One condition a word: `FIELD`, `FIELD is CODE` or `FIELD is not CODE`.
    pub(super) fn conditions_of(&mut self, words: &[Word], kind: Option<&Kind>) -> Option<Vec<Clause>> {
        let needs: Vec<_> = words.iter().map(|word| self.condition(word, kind)).collect();
        needs.into_iter().collect()
    }

    fn condition(&mut self, word: &Word, kind: Option<&Kind>) -> Option<Clause> {
        let text = word.get_ref();
        let clause = if text.contains(' ') {
            let mut clauses = clauses(text).unwrap_or_default();
            if clauses.len() == 1 { clauses.pop() } else { None }
        } else {
            Some(Clause {
                field: text.clone(),
                test: Test::Filled,
            })
        };
        let Some(clause) = clause else {
            self.fault(
                word,
                "bad-condition",
                "条件として読めません。",
                "this is not a condition.",
                "'項目'、'項目 is コード'、'項目 is not コード' のどれかを、一つずつ書いてください。 / Write 'FIELD', 'FIELD is CODE' or 'FIELD is not CODE', each by itself.",
            );
            return None;
        };
        let kind = kind?;
        let place = self.place(word);
        match kind.field(&clause.field) {
            None => {
                let names = kind.fields.iter().map(|field| field.name.as_str());
                self.no_field(&place, &clause.field, names);
            }
            Some(field) if field.deprecated_since.is_some() => self.fault(
                word,
                "deprecated-required",
                "廃止した項目（deprecated_since）を求めることはできません。",
                "a field that is not asked any more cannot be needed.",
                "今ある項目にしてください。 / Name a field that is still asked.",
            ),
            Some(field) => self.clause(&place, &clause, &field.shape),
        }
        Some(clause)
    }
}

/// Whether somebody who takes part can answer a field.
fn can_fill(kind: &Kind, field: &Field, who: Who) -> bool {
    let granted = |roles: &[&str], any: bool| {
        kind.change
            .iter()
            .any(|grant| grant.role.is_some_and(|role| roles.contains(&role)) && (any || !grant.own))
    };
    let seen = match who {
        // What one of the ministry prepares, another decides on.
        Who::Role(role) if MINISTRY.contains(&role) => return granted(&MINISTRY, true),
        Who::Role(role) => granted(&[role], false) && field.confidentiality == Confidentiality::Public,
        Who::Owner | Who::Author => {
            granted(&["member"], true) && field.confidentiality <= Confidentiality::Owner
        }
        Who::Party => granted(&["member"], false) && field.confidentiality <= Confidentiality::Parties,
    };
    seen && match field.filled_by {
        Filler::Anyone => true,
        Filler::Owner => matches!(who, Who::Owner | Who::Author),
        Filler::Ministry => false,
    }
}

fn name(who: Who) -> &'static str {
    match who {
        Who::Role(role) => role,
        Who::Owner => "owner",
        Who::Party => "party",
        Who::Author => "author",
    }
}
