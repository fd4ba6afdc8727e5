//! One field of a record kind, and what fields say of those beside them: conditions, years of money, titles that a sheet can tell apart.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use vocab::Number;
use vocab::codes::KINDS;
use vocab::unit::{Kind as UnitKind, fold_width};

use crate::kind::sheet;
use crate::kind::{
    Choice, Clause, Confidentiality, FILE_TYPES, Field, Figure, Filler, Required, Shape, Test,
};
use crate::raw::{self, Word};
use crate::read::Reader;
use crate::read::entries::whole;
use crate::read::seen::{Place, References};

/// Types that are no identifier of [`KINDS`].
const TYPES: [&str; 13] = [
    "text",
    "long-text",
    "choice",
    "choices",
    "number",
    "money",
    "period",
    "reference",
    "organisation",
    "person",
    "attachment",
    "table",
    "flag",
];

/// The largest attachment, in megabytes.
const MEGABYTES: Range<u32> = 1..51;

/// Controls that a record's form has beside those of its fields.
const RESERVED: [&str; 4] = ["draft", "then", "token", "version"];

impl Reader<'_> {
    /// The fields of a kind or the columns of a table, whose names and words are told apart inside `scope`.
    pub(super) fn fields(
        &mut self,
        scope: &str,
        raw: &[raw::Field],
        default: Option<Confidentiality>,
        refs: &mut References,
    ) -> Vec<Option<Field>> {
        let fields: Vec<_> = raw
            .iter()
            .map(|field| {
                let name = format!("{scope}.{}", field.name.get_ref());
                refs.define("field", self.place(&field.name), &name);
                self.field(&name, field, default, refs)
            })
            .collect();
        for (raw_field, field) in raw.iter().zip(&fields) {
            if let Some(field) = field {
                self.conditions(raw_field, field, raw, &fields);
                self.year_of_money(raw_field, raw, &fields);
            }
        }
        // What stands in a table has its table's name before it.
        let alone = !scope.contains('.');
        if alone {
            self.names_free(raw);
        }
        self.titles_once(raw, &fields, alone);
        fields
    }

    fn field(
        &mut self,
        path: &str,
        raw: &raw::Field,
        default: Option<Confidentiality>,
        refs: &mut References,
    ) -> Option<Field> {
        let (name, title) = (self.name(&raw.name), self.text(&raw.title));
        let help = raw.help.as_ref().map(|help| self.text(help));
        let confidentiality = match &raw.confidentiality {
            Some(word) => self.confidentiality(word),
            None => default,
        };
        let filled_by = match (&raw.filled_by, confidentiality) {
            (None, Some(Confidentiality::Ministry)) => Some(Filler::Ministry),
            (None, _) => Some(Filler::Anyone),
            (Some(word), _) => self.choice(
                word,
                &[
                    ("anyone", Filler::Anyone),
                    ("owner", Filler::Owner),
                    ("ministry", Filler::Ministry),
                ],
            ),
        };
        let deprecated = raw.deprecated_since.as_ref().map(|day| self.date(day));
        let required = self.required(raw);
        self.stray_keys(raw);
        let shape = self.shape(path, raw, confidentiality, refs);
        let said = |flag: &Option<Spanned<bool>>| flag.as_ref().is_some_and(|flag| *flag.get_ref());
        let field = Field {
            name: name?,
            title: title?,
            help: whole(help)?,
            example: raw.example.as_ref().map(|word| word.get_ref().clone()),
            shape: shape?,
            many: said(&raw.many),
            required: required?,
            part: raw.part.as_ref().map(|word| word.get_ref().clone()),
            confidentiality: confidentiality?,
            filled_by: filled_by?,
            indexed: said(&raw.indexed),
            searched: said(&raw.searched),
            deprecated_since: whole(deprecated)?,
        };
        self.uses(raw, &field);
        Some(field)
    }

    fn shape(
        &mut self,
        path: &str,
        raw: &raw::Field,
        confidentiality: Option<Confidentiality>,
        refs: &mut References,
    ) -> Option<Shape> {
        Some(match raw.shape.get_ref().as_str() {
            "text" => Shape::Text,
            "long-text" => Shape::LongText,
            "choice" => Shape::Choice(self.options(path, raw, refs)?),
            "choices" => Shape::Choices(self.options(path, raw, refs)?),
            "number" => Shape::Number(self.figure(raw)?),
            "money" => {
                let figure = self.figure(raw);
                let year = self.needed(raw, "year", raw.year.as_ref());
                let figure = figure?;
                let money = |(base, power): (vocab::Base, i32)| base.kind() == UnitKind::Money && power == 1;
                let mut bases = figure.unit.dim().iter().map(money).collect::<Vec<_>>();
                if bases.pop() != Some(true) || !bases.is_empty() {
                    if let Some(unit) = &raw.unit {
                        self.fault(
                            unit,
                            "not-money",
                            "金額の単位ではありません。",
                            "this is not a unit of money.",
                            "例: 円、百万円、億円、ドル。金額でないときは type を number にしてください。 / For example 円, 億円, ドル; what is not money is a `number`.",
                        );
                    }
                    return None;
                }
                Shape::Money {
                    figure,
                    year: year?.get_ref().clone(),
                }
            }
            "date" => Shape::Date,
            "fiscal-year" => Shape::FiscalYear,
            "period" => Shape::Period,
            "reference" => {
                let kind = self.needed(raw, "kind", raw.kind.as_ref())?;
                refs.need("kind", self.place(kind), kind.get_ref());
                Shape::Reference(kind.get_ref().clone())
            }
            "organisation" => Shape::Organisation {
                party: raw.party.as_ref().is_some_and(|party| *party.get_ref()),
            },
            "person" => Shape::Person,
            "attachment" => self.attachment(raw)?,
            "table" => {
                let default = confidentiality;
                if raw.column.is_empty() {
                    self.lacks(raw, "column");
                }
                let columns = self.fields(path, &raw.column, default, refs);
                for column in &raw.column {
                    self.no_column(column);
                }
                Shape::Table(columns.into_iter().collect::<Option<Vec<_>>>()?)
            }
            "flag" => Shape::Flag,
            other => match KINDS.iter().copied().find(|kind| *kind == other) {
                Some(kind) => Shape::Code(kind),
                None => {
                    self.unknown_type(&raw.shape);
                    return None;
                }
            },
        })
    }

    fn unknown_type(&mut self, word: &Word) {
        let types = || TYPES.into_iter().chain(KINDS);
        let hint = match formula::nearest(word.get_ref(), types()) {
            Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
            None => format!(
                "次のどれかを書いてください。 / One of: {}",
                types().collect::<Vec<_>>().join(", ")
            ),
        };
        self.fault(
            word,
            "unknown-type",
            &format!("項目の型「{}」がありません。", word.get_ref()),
            &format!("there is no type of field `{}`.", word.get_ref()),
            &hint,
        );
    }

    fn options(&mut self, path: &str, raw: &raw::Field, refs: &mut References) -> Option<Vec<Choice>> {
        if raw.option.is_empty() {
            self.lacks(raw, "option");
            return None;
        }
        let options: Vec<_> = raw
            .option
            .iter()
            .map(|option| {
                let code = option.code.get_ref();
                refs.define("option", self.place(&option.code), &format!("{path}.{code}"));
                let deprecated = option.deprecated_since.as_ref().map(|day| self.date(day));
                let (code, title) = (self.code(&option.code), self.text(&option.title));
                Some(Choice {
                    code: code?,
                    title: title?,
                    deprecated_since: whole(deprecated)?,
                })
            })
            .collect();
        options.into_iter().collect()
    }

    /// The code of an option, as it stands in addresses, conditions and files.
    fn code(&mut self, word: &Word) -> Option<String> {
        let text = word.get_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !text.is_empty() && text.len() <= 40 && text.chars().all(plain) {
            return Some(text.clone());
        }
        self.fault(
            word,
            "bad-id",
            "選択肢のコードは、40字以内の英数字・下線・ハイフンで書いてください。",
            "the code of an option has at most 40 letters, digits, underscores and hyphens.",
            "",
        );
        None
    }

    fn figure(&mut self, raw: &raw::Field) -> Option<Figure> {
        let unit = self.needed(raw, "unit", raw.unit.as_ref());
        let unit = unit.and_then(|word| self.unit(word));
        let least = raw.least.as_ref().map(|word| self.bound(word));
        let most = raw.most.as_ref().map(|word| self.bound(word));
        let (least, most) = (whole(least)?, whole(most)?);
        if let (Some(low), Some(high), Some(word)) = (&least, &most, &raw.most)
            && high < low
        {
            self.fault(
                word,
                "bad-bounds",
                "上限（most）が下限（least）より小さくなっています。",
                "`most` is below `least`.",
                "どちらかを直してください。 / Correct one of them.",
            );
        }
        Some(Figure {
            unit: unit?,
            least,
            most,
            decimals: raw.decimals.as_ref().map(|decimals| *decimals.get_ref()),
        })
    }

    fn bound(&mut self, word: &Word) -> Option<Number> {
        let number = word.get_ref().parse::<Number>().ok();
        if number.is_none() {
            self.fault(
                word,
                "bad-number",
                "数として読めません。",
                "this is not a number.",
                "単位を付けずに、\"0\" や \"0.5\" のように書いてください。 / Write it without a unit, as \"0\" or \"0.5\".",
            );
        }
        number
    }

    fn attachment(&mut self, raw: &raw::Field) -> Option<Shape> {
        let (types, megabytes) = (&raw.types, &raw.megabytes);
        if types.as_ref().is_none_or(|types| types.get_ref().is_empty()) {
            self.lacks(raw, "types");
        }
        let names: Vec<(&str, &str)> = FILE_TYPES.iter().map(|(name, _)| (*name, *name)).collect();
        let words = types.iter().flat_map(Spanned::get_ref);
        let types: Vec<_> = words.map(|word| self.choice(word, &names)).collect();
        let Some(megabytes) = megabytes else {
            self.lacks(raw, "megabytes");
            return None;
        };
        if !MEGABYTES.contains(megabytes.get_ref()) {
            self.fault_at(
                megabytes.span(),
                "bad-size",
                "添付の大きさの上限は、1 から 50 までの MB で書いてください。",
                "the largest attachment is 1 to 50 megabytes.",
                "",
            );
        }
        Some(Shape::Attachment {
            types: types.into_iter().collect::<Option<_>>()?,
            megabytes: *megabytes.get_ref(),
        })
    }

    fn needed<'w>(&mut self, raw: &raw::Field, key: &str, word: Option<&'w Word>) -> Option<&'w Word> {
        if word.is_none() {
            self.lacks(raw, key);
        }
        word
    }

    fn lacks(&mut self, raw: &raw::Field, key: &str) {
        let kind = raw.shape.get_ref();
        self.fault(
            &raw.shape,
            "missing-key",
            &format!("型「{kind}」の項目には {key} が要ります。"),
            &format!("a field of type `{kind}` needs `{key}`."),
            "CONTRIBUTING.md の「Add a record kind」に例があります。 / There is an example in CONTRIBUTING.md, “Add a record kind”.",
        );
    }

    /// Keys that mean nothing for the field's type.
    fn stray_keys(&mut self, raw: &raw::Field) {
        let kind = raw.shape.get_ref().as_str();
        let figure = ["number", "money"].contains(&kind);
        let word = |word: &Option<Word>| word.as_ref().map(Spanned::span);
        let keys = [
            ("unit", word(&raw.unit), figure),
            ("least", word(&raw.least), figure),
            ("most", word(&raw.most), figure),
            ("decimals", raw.decimals.as_ref().map(Spanned::span), figure),
            ("year", word(&raw.year), kind == "money"),
            ("kind", word(&raw.kind), kind == "reference"),
            (
                "party",
                raw.party.as_ref().map(Spanned::span),
                kind == "organisation",
            ),
            (
                "types",
                raw.types.as_ref().map(Spanned::span),
                kind == "attachment",
            ),
            (
                "megabytes",
                raw.megabytes.as_ref().map(Spanned::span),
                kind == "attachment",
            ),
            (
                "option",
                raw.option.first().map(|option| option.code.span()),
                ["choice", "choices"].contains(&kind),
            ),
            (
                "column",
                raw.column.first().map(|column| column.name.span()),
                kind == "table",
            ),
        ];
        for (key, span, good) in keys {
            if let Some(span) = span.filter(|_| !good) {
                self.fault_at(
                    span,
                    "stray-key",
                    &format!("{key} は型「{kind}」の項目には書けません。"),
                    &format!("`{key}` means nothing for a field of type `{kind}`."),
                    "消すか、type を直してください。 / Remove it or correct `type`.",
                );
            }
        }
    }

    /// What only a field of the kind itself can say.
    fn no_column(&mut self, raw: &raw::Field) {
        let flag = |flag: &Option<Spanned<bool>>| flag.as_ref().map(Spanned::span);
        let nested = ["table", "attachment"].contains(&raw.shape.get_ref().as_str());
        let keys = [
            ("part", raw.part.as_ref().map(Spanned::span)),
            ("confidentiality", raw.confidentiality.as_ref().map(Spanned::span)),
            ("filled_by", raw.filled_by.as_ref().map(Spanned::span)),
            ("many", flag(&raw.many)),
            ("table / attachment", nested.then(|| raw.shape.span())),
        ];
        for (key, span) in keys {
            if let Some(span) = span {
                self.fault_at(
                    span,
                    "not-in-a-column",
                    &format!("表の列に {key} は書けません。"),
                    &format!("a column of a table cannot have `{key}`."),
                    "表全体の項目に書くか、表の外の項目にしてください。 / Say it of the whole table, or make it a field beside the table.",
                );
            }
        }
    }

    /// Whether the field can be used as it says.
    fn uses(&mut self, raw: &raw::Field, field: &Field) {
        let shape = raw.shape.get_ref();
        let mut refuse = |span: Option<Range<usize>>, bad: bool, code, ja: &str, en: &str, hint: &str| {
            if let Some(span) = span.filter(|_| bad) {
                self.fault_at(span, code, ja, en, hint);
            }
        };
        let span =
            |flag: &Option<Spanned<bool>>| flag.as_ref().filter(|flag| *flag.get_ref()).map(Spanned::span);
        let found_by_search = matches!(field.shape, Shape::Text | Shape::LongText | Shape::Code(_));
        refuse(
            span(&raw.indexed),
            matches!(
                field.shape,
                Shape::LongText | Shape::Attachment { .. } | Shape::Table(_)
            ),
            "not-indexable",
            &format!("型「{shape}」の項目は一覧の絞り込みに使えません。"),
            &format!("lists cannot be filtered by a field of type `{shape}`."),
            "indexed を消してください。文章を探すには searched を使います。 / Take `indexed` away; to look into words use `searched`.",
        );
        refuse(
            span(&raw.searched),
            !found_by_search,
            "not-searchable",
            &format!("型「{shape}」の項目は全文検索に使えません。"),
            &format!("full-text search cannot look into a field of type `{shape}`."),
            "searched は text、long-text、コードの項目だけに書けます。 / Only `text`, `long-text` and codes are searched.",
        );
        refuse(
            span(&raw.searched),
            found_by_search && field.confidentiality != Confidentiality::Public,
            "searched-confidential",
            "公開でない項目は全文検索に使えません。見つかったことで中身が分かるためです。",
            "what is not public cannot be searched: a hit would give away what it says.",
            "searched を消すか、confidentiality を public にしてください。 / Take `searched` away or make it `public`.",
        );
        refuse(
            span(&raw.many),
            !matches!(
                field.shape,
                Shape::Text
                    | Shape::Code(_)
                    | Shape::Reference(_)
                    | Shape::Organisation { .. }
                    | Shape::Person
                    | Shape::Attachment { .. }
            ),
            "not-many",
            &format!("型「{shape}」の項目は複数にできません。"),
            &format!("a field of type `{shape}` cannot be given several times."),
            "複数選ぶには choices、組にして並べるには table を使います。 / To choose several use `choices`; for rows use `table`.",
        );
        refuse(
            raw.required.as_ref().map(Spanned::span),
            field.deprecated_since.is_some() && field.required != Required::No,
            "deprecated-required",
            "廃止した項目（deprecated_since）を必須にはできません。",
            "a field that is not asked any more cannot be required.",
            "required を消してください。 / Take `required` away.",
        );
        if let Some(example) = &raw.example
            && let Err(refusal) = field.shape.normal(example.get_ref())
        {
            self.fault(
                example,
                "bad-example",
                &format!("この例は、項目の型では受け付けられません。{}", refusal.ja),
                &format!("the field itself would refuse this example. {}", refusal.en),
                "受け付けられる例に直してください。 / Give an example that it takes.",
            );
        }
    }

    fn required(&mut self, raw: &raw::Field) -> Option<Required> {
        let Some(required) = &raw.required else {
            return Some(Required::No);
        };
        match required.get_ref() {
            raw::Required::Flatly(true) => Some(Required::Always),
            raw::Required::Flatly(false) => Some(Required::No),
            raw::Required::When(text) => {
                let clauses = text.strip_prefix("when ").and_then(clauses);
                if clauses.is_none() {
                    self.fault_at(
                        required.span(),
                        "bad-condition",
                        "条件として読めません。",
                        "this is not a condition.",
                        "'when 項目 is コード'、'when 項目 is not コード'、'when 項目 filled' を and でつないで書いてください。 / Write 'when FIELD is CODE', 'when FIELD is not CODE' or 'when FIELD filled', joined by `and`.",
                    );
                }
                clauses.map(Required::When)
            }
        }
    }

    /// The conditions of a field speak of fields beside it, and of options that these have.
    fn conditions(
        &mut self,
        raw: &raw::Field,
        field: &Field,
        beside: &[raw::Field],
        fields: &[Option<Field>],
    ) {
        let (Required::When(clauses), Some(required)) = (&field.required, &raw.required) else {
            return;
        };
        let place = Place {
            file: self.file.clone(),
            span: required.span(),
        };
        for clause in clauses {
            if clause.field == field.name {
                self.fault_in(
                    &place,
                    "bad-condition",
                    "条件が、この項目自身を見ています。",
                    "the condition asks the field itself.",
                    "ほかの項目の name を書いてください。 / Name another field.",
                );
                continue;
            }
            let names = || beside.iter().map(|field| field.name.get_ref().as_str());
            let Some(at) = names().position(|name| name == clause.field) else {
                self.no_field(&place, &clause.field, names());
                continue;
            };
            let Some(Some(other)) = fields.get(at) else {
                continue;
            };
            self.clause(&place, clause, &other.shape);
            if field.filled_by != Filler::Ministry && other.confidentiality > field.confidentiality {
                self.fault_in(
                    &place,
                    "condition-unseen",
                    &format!("項目「{}」が見えない人にも、この項目の記入を求めることになります。", other.name),
                    &format!("whoever fills this in may not see `{}` on which it depends.", other.name),
                    "どちらかの confidentiality を直すか、filled_by = \"ministry\" としてください。 / Correct the `confidentiality` of one of them, or say `filled_by = \"ministry\"`.",
                );
            }
        }
    }

    /// A condition asks of a field what it can be.
    pub(in crate::read) fn clause(&mut self, place: &Place, clause: &Clause, shape: &Shape) {
        let (Test::Is(value) | Test::IsNot(value)) = &clause.test else {
            return;
        };
        let codes: Vec<&str> = match shape {
            Shape::Choice(options) | Shape::Choices(options) => {
                options.iter().map(|option| option.code.as_str()).collect()
            }
            Shape::Flag => vec!["yes", "no"],
            _ => {
                self.fault_in(
                    place,
                    "bad-condition",
                    &format!("「{}」は選択肢の項目ではありません。", clause.field),
                    &format!("`{}` is not a choice.", clause.field),
                    "選択肢でない項目には '項目 filled' だけが使えます。 / Of other fields only 'FIELD filled' can be asked.",
                );
                return;
            }
        };
        if !codes.contains(&value.as_str()) {
            let hint = match formula::nearest(value, codes.iter().copied()) {
                Some(near) => format!("「{near}」のことですか。 / Did you mean `{near}`?"),
                None => format!("次のどれかを書いてください。 / One of: {}", codes.join(", ")),
            };
            self.fault_in(
                place,
                "unknown-option",
                &format!("「{}」に選択肢「{value}」がありません。", clause.field),
                &format!("`{}` has no option `{value}`.", clause.field),
                &hint,
            );
        }
    }

    /// An amount of money has its year in a field beside it.
    fn year_of_money(&mut self, raw: &raw::Field, beside: &[raw::Field], fields: &[Option<Field>]) {
        let Some(word) = raw.year.as_ref().filter(|_| raw.shape.get_ref() == "money") else {
            return;
        };
        let Some(Some(other)) = self.field_named(word, beside).and_then(|at| fields.get(at)) else {
            return;
        };
        if !matches!(other.shape, Shape::FiscalYear | Shape::Date | Shape::Period) {
            self.fault(
                word,
                "not-a-year",
                "金額の年を表す項目ではありません。",
                "this field does not say a year.",
                "型が fiscal-year、date、period の項目の name を書いてください。 / Name a field of type `fiscal-year`, `date` or `period`.",
            );
        }
    }

    /// A form has controls of its own beside those of the fields.
    fn names_free(&mut self, raw: &[raw::Field]) {
        for field in raw
            .iter()
            .filter(|field| RESERVED.contains(&field.name.get_ref().as_str()))
        {
            self.fault(
                &field.name,
                "reserved-name",
                "この名前はフォームの部品が使うため、項目には使えません。",
                "a form uses this name itself; it cannot name a field.",
                "別の名前にしてください。 / Choose another name.",
            );
        }
    }

    /// In a sheet a column is known by its title: that of its field, of an end of a period, of a row and a column of a table.
    fn titles_once(&mut self, raw: &[raw::Field], fields: &[Option<Field>], alone: bool) {
        let folded = |text: &str| -> String {
            let text = text.chars().map(fold_width);
            text.filter(|c| !c.is_whitespace())
                .flat_map(char::to_lowercase)
                .collect()
        };
        let mut seen: BTreeSet<String> = BTreeSet::new();
        if alone {
            let id = sheet::id_title();
            seen.extend([folded(&id.ja), folded(&id.en)]);
        }
        for (raw, field) in raw.iter().zip(fields) {
            let text = raw.title.get_ref();
            let titles: Vec<&Word> = [&text.ja, &text.en].into_iter().flatten().collect();
            // Both languages may say the same: a sheet has one of them.
            let mut own: Vec<String> = field
                .iter()
                .flat_map(sheet::titles)
                .map(|title| folded(&title))
                .collect();
            if own.is_empty() {
                own.extend(titles.iter().map(|word| folded(word.get_ref())));
            }
            if let Some(word) = titles
                .first()
                .filter(|_| own.iter().any(|title| seen.contains(title)))
            {
                self.fault(
                    word,
                    "duplicate-title",
                    "同じ見出しになる項目がすでにあります。Excel の見出しで区別できません。",
                    "another field has this title in a sheet, which could not tell them apart.",
                    "題名を書き分けてください。期間は「題名（開始）」「題名（終了）」、表は「題名1 列の題名」が見出しになり、「記録番号」は使えません。 / Give each its own title: a period becomes “title (from)” and “title (to)”, a table “title 1: column”, and “Record id” is taken.",
                );
            }
            seen.extend(own);
        }
    }
}

/// `a is b and c is not d and e filled`.
pub(in crate::read) fn clauses(text: &str) -> Option<Vec<Clause>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .split(|word| *word == "and")
        .map(|words| {
            let (field, test) = match words {
                [field, "is", "not", code] => (field, Test::IsNot((*code).into())),
                [field, "is", code] => (field, Test::Is((*code).into())),
                [field, "filled"] => (field, Test::Filled),
                _ => return None,
            };
            Some(Clause {
                field: (*field).to_owned(),
                test,
            })
        })
        .collect()
}
