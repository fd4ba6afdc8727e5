//! Holding a JSON document against a rule table: every place that breaks a rule, with its path and the reason.

use std::collections::HashSet;

use super::super::finding::Finding;
use super::super::json::{Json, step};
use super::{Id, List, Number, Object, Rules, Shape, Text, format};

/// What a document breaks of the shape `root`, at most `most` findings.
pub(crate) fn check(rules: &Rules, root: &str, json: &Json, most: usize) -> Vec<Finding> {
    check_at(rules, root, json, "", most)
}

/// The same for a part of a document that stands at `path`.
pub(crate) fn check_at(rules: &Rules, root: &str, json: &Json, path: &str, most: usize) -> Vec<Finding> {
    let mut checker = Checker {
        rules,
        most,
        found: Vec::new(),
    };
    if let Some(id) = rules.root(root) {
        checker.shape(id, json, path);
    }
    checker.found
}

/// Members that no rule names, even where others are let in.
pub(crate) fn unknown_members(
    rules: &Rules,
    root: &str,
    json: &Json,
    path: &str,
    most: usize,
) -> Vec<Finding> {
    let mut checker = Checker {
        rules,
        most,
        found: Vec::new(),
    };
    if let Some(id) = rules.root(root) {
        checker.members(id, json, path);
    }
    checker.found
}

struct Checker<'r> {
    rules: &'r Rules,
    most: usize,
    found: Vec<Finding>,
}

impl Checker<'_> {
    fn say(&mut self, path: &str, ja: String, en: String) {
        if self.found.len() < self.most {
            self.found.push(Finding::schema(path, ja, en));
        }
    }

    fn wrong_kind(&mut self, path: &str, ja: &str, en: &str) {
        self.say(path, format!("{ja}を書いてください。"), format!("must be {en}"));
    }

    fn shape(&mut self, id: Id, json: &Json, path: &str) {
        if self.found.len() >= self.most {
            return;
        }
        match self.rules.shape(id) {
            Shape::Any | Shape::Same(_) | Shape::Element(_) => {}
            Shape::Never => self.say(
                path,
                "この項目はここには書けません。".into(),
                "must not stand here".into(),
            ),
            Shape::Null if json.is_null() => {}
            Shape::Null => self.wrong_kind(path, "null", "null"),
            Shape::Boolean if matches!(json, Json::Bool(_)) => {}
            Shape::Boolean => self.wrong_kind(path, "true か false", "true or false"),
            Shape::Exactly(value) if *json == Json::Bool(*value) => {}
            Shape::Exactly(value) => self.wrong_kind(path, &value.to_string(), &value.to_string()),
            Shape::Text(text) => self.text(text, json, path),
            Shape::Number(number) => self.number(number, json, path),
            Shape::Words(words) => self.words(words, json, path),
            Shape::List(list) => self.list(list, json, path),
            Shape::Object(object) => self.object(object, json, path),
            Shape::Has(names) => self.has(names, json, path),
            Shape::All(ids) => {
                for id in ids {
                    self.shape(*id, json, path);
                }
            }
            Shape::Some(ids) => {
                self.any_of(ids, json, path);
            }
            Shape::One(ids) => {
                if self.any_of(ids, json, path) > 1 {
                    self.say(
                        path,
                        "同時には書けない書き方が二つ以上あります。一つだけにしてください。".into(),
                        "fits more than one of the forms of which exactly one is allowed".into(),
                    );
                }
            }
            Shape::Not(id) => {
                if self.holds(*id, json, path) {
                    let names = match self.rules.shape(*id) {
                        Shape::Has(names) => names.join(", "),
                        _ => String::new(),
                    };
                    self.say(
                        path,
                        format!("ここでは許されない組み合わせです（{names}）。"),
                        format!("a combination that is not allowed here ({names})"),
                    );
                }
            }
            Shape::When(test, then, otherwise) => {
                let next = if self.holds(*test, json, path) {
                    then
                } else {
                    otherwise
                };
                self.shape(*next, json, path);
            }
        }
    }

    /// Walks the named members alone and tells of others.
    fn members(&mut self, id: Id, json: &Json, path: &str) {
        let rules = self.rules;
        match rules.shape(id) {
            Shape::List(list) => {
                for (index, item) in json.items().iter().enumerate() {
                    self.members(list.item, item, &format!("{path}/{index}"));
                }
            }
            Shape::Object(object) => {
                for (name, value) in json.members() {
                    match object.members.get(name) {
                        Some(id) => self.members(*id, value, &step(path, name)),
                        None => self.unknown(name, path),
                    }
                }
            }
            // The first part of a combination is the object; the others only say what must go together.
            Shape::All(ids) => {
                if let Some(id) = ids.first() {
                    self.members(*id, json, path);
                }
            }
            _ => {}
        }
    }

    fn unknown(&mut self, name: &str, path: &str) {
        self.say(
            &step(path, name),
            format!("「{}」という項目はこの版の仕様にありません。", short(name)),
            format!("`{}` is not a member that this version knows", short(name)),
        );
    }

    /// What a shape finds, kept apart.
    fn apart(&self, id: Id, json: &Json, path: &str) -> Vec<Finding> {
        let mut checker = Checker {
            rules: self.rules,
            most: self.most.min(20),
            found: Vec::new(),
        };
        checker.shape(id, json, path);
        checker.found
    }

    fn holds(&self, id: Id, json: &Json, path: &str) -> bool {
        self.apart(id, json, path).is_empty()
    }

    /// How many of the shapes hold. If none does, tells what the nearest one lacks.
    fn any_of(&mut self, ids: &[Id], json: &Json, path: &str) -> usize {
        let mut nearest: Option<Vec<Finding>> = None;
        let mut count = 0;
        for id in ids {
            let found = self.apart(*id, json, path);
            if found.is_empty() {
                count += 1;
            } else if nearest
                .as_ref()
                .is_none_or(|best| near(&found, path) < near(best, path))
            {
                nearest = Some(found);
            }
        }
        if count == 0 {
            for finding in nearest.unwrap_or_default() {
                if self.found.len() < self.most {
                    self.found.push(finding);
                }
            }
        }
        count
    }

    fn text(&mut self, rule: &Text, json: &Json, path: &str) {
        let Json::Text(text) = json else {
            return self.wrong_kind(path, "文字列", "a string");
        };
        let length = text.chars().count() as f64;
        if !rule.length.holds(length) {
            self.say(
                path,
                format!("文字数は {} にしてください（今は {length} 文字）。", rule.length),
                format!("must have {} characters, has {length}", rule.length),
            );
        }
        if !format::holds(&rule.format, text) {
            let (ja, en) = format_name(&rule.format);
            self.say(
                path,
                format!("「{}」は{ja}の書き方ではありません。", short(text)),
                format!("`{}` is not {en}", short(text)),
            );
        }
        if let Some(pattern) = &rule.pattern
            && !pattern.holds(text, false)
        {
            self.say(
                path,
                format!(
                    "「{}」は決められた書き方に合いません（{}）。",
                    short(text),
                    short(&pattern.source)
                ),
                format!(
                    "`{}` does not have the form {}",
                    short(text),
                    short(&pattern.source)
                ),
            );
        }
    }

    fn number(&mut self, rule: &Number, json: &Json, path: &str) {
        let Some(value) = json.number() else {
            return self.wrong_kind(path, "数", "a number");
        };
        if rule.whole && value.fract() != 0.0 {
            self.wrong_kind(path, "整数", "a whole number");
        }
        if !rule.range.holds(value) {
            self.say(
                path,
                format!("{value} は範囲 {} にありません。", rule.range),
                format!("{value} is not within {}", rule.range),
            );
        }
        if let Some(step) = rule.step {
            let steps = value / step;
            if (steps - steps.round()).abs() > 1e-6 {
                self.say(
                    path,
                    format!("{value} は {step} の倍数ではありません。"),
                    format!("{value} is not a multiple of {step}"),
                );
            }
        }
    }

    fn words(&mut self, words: &[String], json: &Json, path: &str) {
        if json
            .text()
            .is_some_and(|text| words.iter().any(|word| word == text))
        {
            return;
        }
        let allowed = short(&words.join(", ")).into_owned();
        match json.text() {
            Some(text) => self.say(
                path,
                format!(
                    "「{}」は使えません。次のいずれかにしてください：{allowed}",
                    short(text)
                ),
                format!("`{}` is not one of: {allowed}", short(text)),
            ),
            None => self.say(
                path,
                format!("次のいずれかの文字列を書いてください：{allowed}"),
                format!("must be one of: {allowed}"),
            ),
        }
    }

    fn list(&mut self, rule: &List, json: &Json, path: &str) {
        let Json::List(items) = json else {
            return self.wrong_kind(path, "リスト（[ ]）", "a list");
        };
        if !rule.count.holds(items.len() as f64) {
            self.say(
                path,
                format!(
                    "項目の数は {} にしてください（今は {}）。",
                    rule.count,
                    items.len()
                ),
                format!("must have {} items, has {}", rule.count, items.len()),
            );
        }
        for (index, item) in items.iter().enumerate() {
            self.shape(rule.item, item, &format!("{path}/{index}"));
        }
        if rule.unique {
            let mut seen = HashSet::new();
            for (index, item) in items.iter().enumerate() {
                if !seen.insert(item.canonical()) {
                    self.say(
                        &format!("{path}/{index}"),
                        "同じ項目が二度書かれています。一つにしてください。".into(),
                        "the same item stands twice".into(),
                    );
                }
            }
        }
    }

    fn object(&mut self, rule: &Object, json: &Json, path: &str) {
        let Json::Object(members) = json else {
            return self.wrong_kind(path, "オブジェクト（{ }）", "an object");
        };
        if !rule.count.holds(members.len() as f64) {
            self.say(
                path,
                format!(
                    "項目の数は {} にしてください（今は {}）。",
                    rule.count,
                    members.len()
                ),
                format!("must have {} members, has {}", rule.count, members.len()),
            );
        }
        self.has(&rule.required, json, path);
        for (name, value) in members {
            match rule.members.get(name).or(rule.rest.as_ref()) {
                Some(id) => self.shape(*id, value, &step(path, name)),
                None => self.unknown(name, path),
            }
        }
    }

    fn has(&mut self, names: &[String], json: &Json, path: &str) {
        for name in names {
            if json.get(name).is_none() {
                self.say(
                    path,
                    format!("必須の項目「{name}」がありません。"),
                    format!("the required member `{name}` is missing"),
                );
            }
        }
    }
}

/// How far findings are from fitting: a wrong kind at the place itself is farthest, then many findings.
fn near(found: &[Finding], path: &str) -> (usize, usize) {
    let here = found.iter().filter(|finding| finding.path == path).count();
    (here, found.len())
}

/// At most 80 characters of a text for a message.
pub(super) fn short(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

pub(super) fn format_name(format: &str) -> (&str, &str) {
    match format {
        "date-time" | "dateTime" => (
            "日時（例：2026-03-31T09:00:00+09:00）",
            "a date and time such as 2026-03-31T09:00:00+09:00",
        ),
        "date" => ("日付（例：2026-03-31）", "a date such as 2026-03-31"),
        "email" | "idn-email" => ("メールアドレス", "an e-mail address"),
        "uri" => ("URI", "an absolute URI"),
        "iri-reference" | "anyURI" => ("URI または相対参照", "a URI or relative reference"),
        "uuid" => ("UUID", "a UUID"),
        "spdx-id" => ("SPDX ライセンス識別子", "an SPDX licence identifier"),
        "boolean" => ("true か false", "true or false"),
        "integer" => ("整数", "a whole number"),
        "positiveInteger" => ("1 以上の整数", "a whole number of at least 1"),
        "nonNegativeInteger" => ("0 以上の整数", "a whole number of at least 0"),
        "decimal" => ("小数", "a decimal number"),
        other => (other, other),
    }
}
