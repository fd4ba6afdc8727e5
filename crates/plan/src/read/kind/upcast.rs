//! How records of earlier versions become those of today: proved backwards from the fields that stand now, so that every version is reached
//! and every name and code exists where a step speaks of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::kind::{Field, Move, Shape, Upcast};
use crate::raw::{self, Word};
use crate::read::Reader;
use crate::read::seen::Place;

/// What is known of a name at one version: the field that it becomes, if it is still asked, and the codes that it may hold.
#[derive(Clone, Default)]
struct Known<'f> {
    field: Option<&'f Field>,
    codes: BTreeSet<String>,
}

type Names<'f> = BTreeMap<String, Known<'f>>;

impl Reader<'_> {
    pub(super) fn upcasts(&mut self, raw: &raw::Kind, fields: &[Field]) -> Option<Vec<Upcast>> {
        let version = *raw.version.get_ref();
        let before = self.faults.len();
        if version == 0 {
            self.fault_at(
                raw.version.span(),
                "bad-version",
                "版は 1 から始めてください。",
                "versions begin with 1.",
                "",
            );
        }
        let mut steps = BTreeMap::new();
        for upcast in &raw.upcast {
            let from = *upcast.from.get_ref();
            if from == 0 || from >= version {
                self.fault_at(
                    upcast.from.span(),
                    "upcast-beyond",
                    "この版から次の版への移し替えは、version に届いていません。",
                    "this step does not lie between version 1 and `version`.",
                    "version を上げるか、from を直してください。 / Raise `version` or correct `from`.",
                );
            } else if steps.insert(from, upcast).is_some() {
                self.fault_at(
                    upcast.from.span(),
                    "duplicate",
                    "同じ版からの移し替えがすでにあります。",
                    "there is a step from this version already.",
                    "一つにまとめてください。 / Make them one.",
                );
            }
        }
        if let Some(gap) = (1..version).find(|from| !steps.contains_key(from)) {
            self.fault_at(
                raw.version.span(),
                "upcast-gap",
                &format!("{gap}版から{}版への移し替えがありません。", gap + 1),
                &format!("there is no step from version {gap} to {}.", gap + 1),
                "[[kind.upcast]] を書いてください。変わったのが題名や説明だけなら、from だけ書きます。 / Add `[[kind.upcast]]`; if only words have changed, with `from` alone.",
            );
            return None;
        }
        let mut names = standing(fields);
        let mut upcasts = vec![];
        for (from, upcast) in steps.into_iter().rev() {
            let moves = self.step(upcast, &mut names);
            upcasts.push(Upcast { from, moves });
        }
        upcasts.reverse();
        (self.faults.len() == before).then_some(upcasts)
    }

    /// The moves of one step; `names` are those after it, and become those before it.
    fn step(&mut self, raw: &raw::Upcast, names: &mut Names<'_>) -> Vec<Move> {
        let mut defaults = vec![];
        for (name, value) in &raw.default {
            if let Some(known) = self.after(name, names) {
                defaults.extend(self.default_of(name, value, &known));
            }
        }
        let mut maps = vec![];
        for (name, codes) in &raw.map {
            let Some(mut known) = self.after(name, names) else {
                continue;
            };
            if known.field.is_some() && known.codes.is_empty() {
                let place = self.key_place(name);
                self.fault_in(
                    &place,
                    "not-a-choice",
                    "選択肢の項目ではないため、コードを置き換えられません。",
                    "this field is no choice and has no codes to map.",
                    "map は choice か choices の項目だけに書けます。 / Only a `choice` or `choices` has a `map`.",
                );
                continue;
            }
            for (old, new) in codes {
                if known.field.is_some() && !known.codes.contains(new.get_ref()) {
                    self.no_code(new, &known.codes);
                }
                known.codes.insert(old.get_ref().clone());
            }
            names.insert(name.get_ref().clone(), known);
            let code = |(old, new): (&Word, &Word)| (old.get_ref().clone(), new.get_ref().clone());
            maps.push(Move::Map {
                name: name.get_ref().clone(),
                codes: codes.iter().map(code).collect(),
            });
        }
        let mut renames = vec![];
        let mut before = names.clone();
        // What stands inside a table moves while the table still has its old name.
        for (old, new) in raw.rename.iter().rev() {
            let (from, to) = (old.get_ref(), new.get_ref());
            if table_of(from) != table_of(to) {
                let place = self.place(new);
                self.fault_in(
                    &place,
                    "other-table",
                    "項目は、表の中へも外へも移せません。",
                    "a field cannot move into a table or out of it.",
                    "同じ表の中の名前にしてください。 / Keep the name of the table.",
                );
                continue;
            }
            let place = self.place(new);
            if self.stands_after(&place, to, names).is_none() || !self.gone(old, names) {
                continue;
            }
            let inside = format!("{to}.");
            let moved: Vec<String> = before
                .keys()
                .filter(|name| *name == to || name.starts_with(&inside))
                .cloned()
                .collect();
            for name in moved {
                let known = before.remove(&name).unwrap_or_default();
                before.insert(format!("{from}{}", &name[to.len()..]), known);
            }
            renames.push(Move::Rename {
                from: from.clone(),
                to: to.clone(),
            });
        }
        let mut moves = vec![];
        for word in &raw.drop {
            if self.gone(word, names) {
                before.insert(word.get_ref().clone(), Known::default());
                moves.push(Move::Drop {
                    name: word.get_ref().clone(),
                });
            }
        }
        *names = before;
        moves.extend(renames);
        moves.extend(maps);
        moves.extend(defaults);
        moves
    }

    fn default_of(&mut self, name: &Word, word: &Word, known: &Known<'_>) -> Option<Move> {
        let text = word.get_ref();
        let value = match known.field {
            None => text.clone(),
            Some(field) if matches!(field.shape, Shape::Choice(_) | Shape::Choices(_)) => {
                if !known.codes.contains(text) {
                    self.no_code(word, &known.codes);
                    return None;
                }
                text.clone()
            }
            Some(field) => match field.shape.normal(text) {
                Ok(value) => value,
                Err(refusal) => {
                    self.fault(
                        word,
                        "bad-default",
                        &format!("この値は、項目の型では受け付けられません。{}", refusal.ja),
                        &format!("the field itself would refuse this value. {}", refusal.en),
                        "",
                    );
                    return None;
                }
            },
        };
        Some(Move::Default {
            name: name.get_ref().clone(),
            value,
        })
    }

    fn after<'f>(&mut self, key: &Word, names: &Names<'f>) -> Option<Known<'f>> {
        let place = self.key_place(key);
        self.stands_after(&place, key.get_ref(), names)
    }

    fn stands_after<'f>(&mut self, place: &Place, name: &str, names: &Names<'f>) -> Option<Known<'f>> {
        let known = names.get(name).cloned();
        if known.is_none() {
            self.no_field(place, name, names.keys().map(String::as_str));
        }
        known
    }

    /// Whether a name that ends with this step stands no more after it.
    fn gone(&mut self, word: &Word, names: &Names<'_>) -> bool {
        if !names.contains_key(word.get_ref()) {
            return true;
        }
        self.fault_at(
            word.span(),
            "still-there",
            &format!("項目「{}」は次の版にもあります。", word.get_ref()),
            &format!("the field `{}` still stands in the next version.", word.get_ref()),
            "前の版だけにあった名前を書いてください。 / Name a field that only the version before has.",
        );
        false
    }

    fn no_code(&mut self, word: &Word, codes: &BTreeSet<String>) {
        let list: Vec<&str> = codes.iter().map(String::as_str).collect();
        let hint = match formula::nearest(word.get_ref(), list.iter().copied()) {
            Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
            None => format!("次のどれかを書いてください。 / One of: {}", list.join(", ")),
        };
        self.fault(
            word,
            "unknown-option",
            &format!("選択肢「{}」がありません。", word.get_ref()),
            &format!("there is no option `{}`.", word.get_ref()),
            &hint,
        );
    }

    /// A key stands with or without quotes.
    fn key_place(&self, key: &Word) -> Place {
        Place {
            file: self.file.clone(),
            span: key.span(),
        }
    }
}

/// The table in which a name stands.
fn table_of(name: &str) -> Option<&str> {
    name.split_once('.').map(|(table, _)| table)
}

fn standing(fields: &[Field]) -> Names<'_> {
    let mut names = Names::new();
    for field in fields {
        names.insert(field.name.clone(), known(field));
        if let Shape::Table(columns) = &field.shape {
            for column in columns {
                names.insert(format!("{}.{}", field.name, column.name), known(column));
            }
        }
    }
    names
}

fn known(field: &Field) -> Known<'_> {
    let codes = match &field.shape {
        Shape::Choice(options) | Shape::Choices(options) => {
            options.iter().map(|option| option.code.clone()).collect()
        }
        _ => BTreeSet::new(),
    };
    Known {
        field: Some(field),
        codes,
    }
}
