//! Kinds of records: read entry by entry, and proved as a form, as a policy and as a history of versions. Which records there are is never
//! looked at.

use std::collections::BTreeSet;

use crate::kind::{Confidentiality, Field, Filler, Grant, Kind, Owner, Part, ROLES, Required, Shape, View};
use crate::raw::{self, Word};

use super::Reader;
use super::seen::References;

pub(super) mod field;
mod upcast;

const EVERYBODY: &str = "everybody";

impl Reader<'_> {
    pub(super) fn kind(&mut self, raw: raw::Kind, refs: &mut References) -> Option<Kind> {
        refs.define("kind", self.place(&raw.id), raw.id.get_ref());
        refs.sections
            .push((self.place(&raw.section), raw.section.get_ref().clone()));
        let (id, title, intro) = (self.id(&raw.id), self.text(&raw.title), self.text(&raw.intro));
        let prepare: Vec<_> = raw.prepare.iter().map(|text| self.text(text)).collect();
        let owner = self.choice(
            &raw.owner,
            &[("author", Owner::Author), ("ministry", Owner::Ministry)],
        );
        let create = self.grants(&raw.create, false);
        let read = self.grants(&raw.read, true);
        let change = self.grants(&raw.change, false);
        let parts: Vec<_> = raw
            .part
            .iter()
            .map(|part| {
                refs.define(
                    "part",
                    self.place(&part.id),
                    &format!("{}.{}", raw.id.get_ref(), part.id.get_ref()),
                );
                let (id, title) = (self.id(&part.id), self.text(&part.title));
                Some(Part {
                    id: id?,
                    title: title?,
                })
            })
            .collect();
        let default = self.confidentiality(&raw.confidentiality);
        let told = self.faults.len();
        let fields = self.fields(raw.id.get_ref(), &raw.field, default, refs);
        // Steps between versions end at the fields that stand; where these are wrong, more faults would only hide them.
        let steady = self.faults.len() == told;
        self.parts(&raw);
        self.title_field(&raw, &fields);
        self.ministry_only(&raw, owner, &fields);
        let fields: Vec<Field> = fields.into_iter().collect::<Option<_>>()?;
        let views: Vec<_> = raw
            .view
            .iter()
            .map(|view| self.view(raw.id.get_ref(), view, &fields, refs))
            .collect();
        let upcasts = if steady { self.upcasts(&raw, &fields) } else { None };
        Some(Kind {
            id: id?,
            title: title?,
            intro: intro?,
            minutes: raw.minutes,
            prepare: prepare.into_iter().collect::<Option<_>>()?,
            section: raw.section.get_ref().clone(),
            owner: owner?,
            title_field: raw.title_field.into_inner(),
            create: create?,
            read: read?,
            change: change?,
            version: raw.version.into_inner(),
            parts: parts.into_iter().collect::<Option<_>>()?,
            fields,
            upcasts: upcasts?,
            views: views.into_iter().collect::<Option<_>>()?,
        })
    }

    /// A list that many need: each condition `FIELD is VALUE`, of a field by which a list can be narrowed.
    fn view(&mut self, kind: &str, raw: &raw::View, fields: &[Field], refs: &mut References) -> Option<View> {
        let name = format!("{kind}.{}", raw.id.get_ref());
        refs.define("view", self.place(&raw.id), &name);
        let (id, title) = (self.id(&raw.id), self.text(&raw.title));
        let filters: Vec<_> = raw
            .conditions
            .iter()
            .map(|word| self.narrowing(word, fields))
            .collect();
        Some(View {
            id: id?,
            title: title?,
            filters: filters.into_iter().collect::<Option<_>>()?,
        })
    }

    fn narrowing(&mut self, word: &Word, fields: &[Field]) -> Option<(String, String)> {
        let said = word.get_ref().split_once(" is ");
        let found = said.and_then(|(name, value)| {
            let field = fields.iter().find(|field| field.name == name && field.indexed)?;
            let known = match &field.shape {
                Shape::Choice(options) | Shape::Choices(options) => {
                    options.iter().any(|option| option.code == value)
                }
                Shape::Flag => ["yes", "no"].contains(&value),
                _ => !value.trim().is_empty(),
            };
            known.then(|| (name.to_owned(), value.to_owned()))
        });
        if found.is_none() {
            let indexed: Vec<&str> = fields
                .iter()
                .filter(|field| field.indexed)
                .map(|field| field.name.as_str())
                .collect();
            self.fault(
                word,
                "bad-view",
                "一覧をこの条件で絞り込むことはできません。",
                "a list cannot be narrowed by this.",
                &format!(
                    "「項目 is 値」の形で、indexed の項目と選べる値を書いてください。 / Write `FIELD is VALUE` with an indexed field and one of its values. Indexed: {}",
                    indexed.join(", ")
                ),
            );
        }
        found
    }

    /// A list of who may do something: `role` or `role:own`; for reading also everybody.
    fn grants(&mut self, words: &[Word], open: bool) -> Option<Vec<Grant>> {
        let grants: Vec<_> = words.iter().map(|word| self.grant(word, open)).collect();
        grants.into_iter().collect()
    }

    fn grant(&mut self, word: &Word, open: bool) -> Option<Grant> {
        let text = word.get_ref();
        if text == EVERYBODY && open {
            return Some(Grant {
                role: None,
                own: false,
            });
        }
        if text == EVERYBODY {
            self.fault(
                word,
                "everybody-writes",
                "everybody は read だけに書けます。",
                "`everybody` may stand in `read` only.",
                "書き込む人の役割を書いてください。 / Name the roles of those who write.",
            );
            return None;
        }
        let (role, own) = match text.strip_suffix(":own") {
            Some(role) => (role, true),
            None => (text.as_str(), false),
        };
        let known = ROLES.iter().copied().find(|code| *code == role);
        if known.is_none() {
            let words: Vec<&str> = ROLES.iter().copied().chain(open.then_some(EVERYBODY)).collect();
            let hint = match formula::nearest(role, words.iter().copied()) {
                Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                None => format!(
                    "次のどれかを書いてください。自組織の記録に限るときは :own を付けます。 / One of these, with `:own` if only on records of one's own organisation: {}",
                    words.join(", ")
                ),
            };
            self.fault(
                word,
                "unknown-role",
                &format!("役割「{role}」がありません。"),
                &format!("there is no role `{role}`."),
                &hint,
            );
        }
        known.map(|role| Grant {
            role: Some(role),
            own,
        })
    }

    fn confidentiality(&mut self, word: &Word) -> Option<Confidentiality> {
        self.choice(
            word,
            &[
                ("public", Confidentiality::Public),
                ("parties", Confidentiality::Parties),
                ("owner", Confidentiality::Owner),
                ("ministry", Confidentiality::Ministry),
            ],
        )
    }

    /// A form of several parts has every field in one of them, and no part is empty.
    fn parts(&mut self, raw: &raw::Kind) {
        let parts: BTreeSet<&str> = raw.part.iter().map(|part| part.id.get_ref().as_str()).collect();
        let used: BTreeSet<&str> = raw
            .field
            .iter()
            .filter_map(|field| Some(field.part.as_ref()?.get_ref().as_str()))
            .collect();
        for field in &raw.field {
            match &field.part {
                Some(word) if !parts.contains(word.get_ref().as_str()) => {
                    let id = word.get_ref();
                    let hint = match formula::nearest(id, parts.iter().copied()) {
                        Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                        None => "[[kind.part]] の id を確かめてください。 / Check the ids of `[[kind.part]]`.".into(),
                    };
                    self.fault(
                        word,
                        "unknown-reference",
                        &format!("区分「{id}」がありません。"),
                        &format!("there is no part `{id}`."),
                        &hint,
                    );
                }
                None if !parts.is_empty() => self.fault(
                    &field.name,
                    "no-part",
                    "この項目がどの区分（part）に入るか書かれていません。",
                    "this field names no part of the form.",
                    "part に [[kind.part]] の id を書いてください。 / Give `part` the id of a `[[kind.part]]`.",
                ),
                _ => {}
            }
        }
        for part in raw
            .part
            .iter()
            .filter(|part| !used.contains(part.id.get_ref().as_str()))
        {
            self.fault(
                &part.id,
                "empty-part",
                "この区分に入る項目がありません。",
                "no field stands in this part.",
                "項目に part を書くか、区分を消してください。 / Give fields this `part`, or remove it.",
            );
        }
    }

    /// A record can always be named in a list, to whoever may read it.
    fn title_field(&mut self, raw: &raw::Kind, fields: &[Option<Field>]) {
        let word = &raw.title_field;
        let Some(place) = self.field_named(word, &raw.field) else {
            return;
        };
        let Some(Some(field)) = fields.get(place) else {
            return;
        };
        let names = matches!(field.shape, Shape::Text | Shape::Code(_))
            && !field.many
            && field.required == Required::Always
            && field.confidentiality == Confidentiality::Public
            && field.deprecated_since.is_none();
        if !names {
            self.fault(
                word,
                "bad-title-field",
                "この項目は一覧の見出しに使えません。",
                "this field cannot name a record in lists.",
                "一行の文字かコードで、必須（required = true）、公開（public）の項目を選んでください。 / Choose a text or a code that is required and public.",
            );
        }
    }

    /// What the ministry alone sees or answers, nobody else can be asked to fill in.
    fn ministry_only(&mut self, raw: &raw::Kind, owner: Option<Owner>, fields: &[Option<Field>]) {
        for (word, field) in raw.field.iter().zip(fields) {
            let Some(field) = field else { continue };
            let asked = match (field.confidentiality, field.filled_by) {
                (Confidentiality::Ministry, _) => field.required != Required::No,
                // A condition may rest on what the ministry itself has answered.
                (_, Filler::Ministry) => field.required == Required::Always,
                (_, Filler::Anyone | Filler::Owner) => false,
            };
            if asked && owner == Some(Owner::Author) {
                self.fault(
                    &word.name,
                    "hidden-required",
                    "厚生労働省だけが見る、または記入する項目を、必須にはできません。",
                    "only the ministry sees or answers this field, so it cannot be required of others.",
                    "required を消すか、confidentiality や filled_by を直してください。 / Take `required` away, or correct `confidentiality` or `filled_by`.",
                );
            }
        }
    }

    /// The place of the field that a word names among those written; a fault if there is none.
    fn field_named(&mut self, word: &Word, fields: &[raw::Field]) -> Option<usize> {
        let name = word.get_ref();
        let found = fields.iter().position(|field| field.name.get_ref() == name);
        if found.is_none() {
            let place = self.place(word);
            self.no_field(
                &place,
                name,
                fields.iter().map(|field| field.name.get_ref().as_str()),
            );
        }
        found
    }

    pub(super) fn no_field<'n>(
        &mut self,
        place: &super::seen::Place,
        name: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) {
        let hint = match formula::nearest(name, names) {
            Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
            None => "項目の name を確かめてください。 / Check the names of the fields.".into(),
        };
        self.fault_in(
            place,
            "unknown-reference",
            &format!("項目「{name}」がありません。"),
            &format!("there is no field `{name}`."),
            &hint,
        );
    }
}
