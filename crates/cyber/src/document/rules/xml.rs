//! Holding an XML document against a rule table: attributes, order and number of children, simple values, and references that must be
//! unique in the document.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::super::finding::Finding;
use super::super::xml::Element as Node;
use super::object::{format_name, short};
use super::{Element, Foreign, Id, Kind, Particle, Rules, Shape, Text, format};

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What a document, all of whose own elements are in `space`, breaks of the shape `root`; at most `most` findings.
pub(crate) fn check(rules: &Rules, root: &str, space: &str, node: &Node, most: usize) -> Vec<Finding> {
    let mut checker = Checker {
        rules,
        space,
        most,
        found: Vec::new(),
    };
    if let Some(id) = rules.root(root) {
        checker.element(id, node, &format!("/{}", node.name.local));
    }
    checker.found
}

/// Values of the attribute `name` that stand on more than one element.
pub(crate) fn repeated(node: &Node, name: &str, most: usize) -> Vec<Finding> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if let Some(value) = node.attribute(name)
            && !seen.insert(value)
            && found.len() < most
        {
            found.push(Finding::schema(
                format!("//{}[@{name}]", node.name.local),
                format!(
                    "{name}「{}」が二度使われています。重ならない値にしてください。",
                    short(value)
                ),
                format!("{name} `{}` is used twice: it must be unique", short(value)),
            ));
        }
        open.extend(&node.children);
    }
    found
}

/// How far the children of one element are read, and how many of each name were.
#[derive(Default)]
struct Cursor<'n> {
    next: usize,
    counts: HashMap<&'n str, usize>,
}

impl<'n> Cursor<'n> {
    /// Goes past a child and says which of its name it is: `component[2]`.
    fn pass(&mut self, child: &'n Node) -> String {
        self.next += 1;
        let count = self.counts.entry(&child.name.local).or_default();
        *count += 1;
        format!("{}[{count}]", child.name.local)
    }
}

struct Checker<'r> {
    rules: &'r Rules,
    space: &'r str,
    most: usize,
    found: Vec<Finding>,
}

impl Checker<'_> {
    fn say(&mut self, path: &str, ja: String, en: String) {
        if self.found.len() < self.most {
            self.found.push(Finding::schema(path, ja, en));
        }
    }

    fn element(&mut self, id: Id, node: &Node, path: &str) {
        if self.found.len() >= self.most {
            return;
        }
        let rules = self.rules;
        match rules.shape(id) {
            Shape::Any => {}
            Shape::Element(rule) => self.complex(rule, node, path),
            _ => {
                self.attributes(&Element::default(), node, path);
                self.no_children(node, path);
                self.value(id, &node.text, path);
            }
        }
    }

    fn complex(&mut self, rule: &Element, node: &Node, path: &str) {
        self.attributes(rule, node, path);
        if let Some(id) = rule.text {
            self.no_children(node, path);
            self.value(id, &node.text, path);
            return;
        }
        if !rule.mixed && !node.text.trim().is_empty() {
            self.say(
                path,
                format!("ここに文字「{}」は書けません。", short(node.text.trim())),
                format!("text `{}` must not stand here", short(node.text.trim())),
            );
        }
        let mut at = Cursor::default();
        let fits = self.sequence(&rule.content, node, &mut at, path);
        if fits && let Some(child) = node.children.get(at.next) {
            self.unexpected(child, path);
        }
    }

    fn unexpected(&mut self, child: &Node, path: &str) {
        self.say(
            &format!("{path}/{}", child.name.local),
            format!(
                "要素「{}」はここには書けません（この版の仕様にないか、順序か回数が違います）。",
                short(&child.name.local)
            ),
            format!(
                "element `{}` must not stand here: unknown in this version, out of order or too often",
                short(&child.name.local)
            ),
        );
    }

    fn no_children(&mut self, node: &Node, path: &str) {
        if let Some(child) = node.children.first() {
            self.unexpected(child, path);
        }
    }

    fn attributes(&mut self, rule: &Element, node: &Node, path: &str) {
        for (name, value) in &node.attributes {
            if name.space == INSTANCE {
                continue;
            }
            let place = format!("{path}/@{}", name.local);
            match rule.attributes.get(&name.local) {
                Some((_, id)) if name.space.is_empty() => self.value(*id, value, &place),
                _ => {
                    let allowed = match rule.foreign {
                        Foreign::Any => true,
                        Foreign::Other => !name.space.is_empty() && name.space != self.space,
                        Foreign::None => false,
                    };
                    if !allowed {
                        self.say(
                            &place,
                            format!("属性「{}」はこの版の仕様にありません。", short(&name.local)),
                            format!("attribute `{}` is not known in this version", short(&name.local)),
                        );
                    }
                }
            }
        }
        let mut missing: Vec<&str> = rule
            .attributes
            .iter()
            .filter(|(name, (needed, _))| *needed && node.attribute(name).is_none())
            .map(|(name, _)| name.as_str())
            .collect();
        missing.sort_unstable();
        for name in missing {
            self.say(
                path,
                format!("必須の属性「{name}」がありません。"),
                format!("the required attribute `{name}` is missing"),
            );
        }
    }

    /// Follows the particles in order. Content models of these tables never need looking ahead, so the first particle that can take a
    /// child takes it. Gives up, having said why, where something required is missing.
    fn sequence<'n>(
        &mut self,
        particles: &[Particle],
        node: &'n Node,
        at: &mut Cursor<'n>,
        path: &str,
    ) -> bool {
        particles
            .iter()
            .all(|particle| self.particle(particle, node, at, path))
    }

    fn particle<'n>(&mut self, particle: &Particle, node: &'n Node, at: &mut Cursor<'n>, path: &str) -> bool {
        let mut count = 0;
        while particle.most.is_none_or(|most| count < most)
            && let Some(child) = node.children.get(at.next)
            && self.begins(&particle.kind, child)
        {
            let before = at.next;
            let fits = match &particle.kind {
                Kind::Child(_, id) => {
                    let place = format!("{path}/{}", at.pass(child));
                    self.element(*id, child, &place);
                    true
                }
                Kind::Other => {
                    at.pass(child);
                    true
                }
                Kind::Sequence(inner) => self.sequence(inner, node, at, path),
                Kind::Choice(inner) => inner
                    .iter()
                    .find(|option| self.begins(&option.kind, child))
                    .is_none_or(|option| self.particle(option, node, at, path)),
            };
            if !fits {
                return false;
            }
            if at.next == before {
                break;
            }
            count += 1;
        }
        if count >= particle.least || empty(&particle.kind) {
            return true;
        }
        let expected = names(&particle.kind);
        self.say(
            path,
            format!("必須の要素「{expected}」がありません（順序が違う場合もあります）。"),
            format!("the required element `{expected}` is missing or out of order"),
        );
        false
    }

    fn begins(&self, kind: &Kind, child: &Node) -> bool {
        match kind {
            Kind::Child(name, _) => child.name.local == *name && child.name.space == self.space,
            Kind::Other => !child.name.space.is_empty() && child.name.space != self.space,
            Kind::Choice(inner) => inner.iter().any(|particle| self.begins(&particle.kind, child)),
            Kind::Sequence(inner) => {
                for particle in inner {
                    if self.begins(&particle.kind, child) {
                        return true;
                    }
                    if particle.least > 0 && !empty(&particle.kind) {
                        return false;
                    }
                }
                false
            }
        }
    }

    fn value(&mut self, id: Id, text: &str, path: &str) {
        let rules = self.rules;
        match rules.shape(id) {
            Shape::Text(rule) => self.simple(rule, text, path),
            Shape::Words(words) if words.iter().any(|word| word == text) => {}
            Shape::Words(words) => {
                let allowed = short(&words.join(", ")).into_owned();
                self.say(
                    path,
                    format!(
                        "「{}」は使えません。次のいずれかにしてください：{allowed}",
                        short(text)
                    ),
                    format!("`{}` is not one of: {allowed}", short(text)),
                );
            }
            Shape::Some(ids) => {
                let fits = ids.iter().any(|id| {
                    let mut apart = Checker {
                        rules,
                        space: self.space,
                        most: 1,
                        found: Vec::new(),
                    };
                    apart.value(*id, text, path);
                    apart.found.is_empty()
                });
                if !fits {
                    self.say(
                        path,
                        format!("「{}」は決められた書き方に合いません。", short(text)),
                        format!("`{}` has none of the allowed forms", short(text)),
                    );
                }
            }
            Shape::All(ids) => {
                for id in ids {
                    self.value(*id, text, path);
                }
            }
            _ => {}
        }
    }

    fn simple(&mut self, rule: &Text, text: &str, path: &str) {
        let text = spaced(&rule.format, text);
        let length = text.chars().count() as f64;
        let number = text.parse::<f64>().ok();
        if !rule.length.holds(length) {
            self.say(
                path,
                format!("文字数は {} にしてください（今は {length} 文字）。", rule.length),
                format!("must have {} characters, has {length}", rule.length),
            );
        } else if !format::holds(simple_name(&rule.format), &text)
            || number.is_some_and(|number| !rule.range.holds(number))
        {
            let (ja, en) = format_name(&rule.format);
            self.say(
                path,
                format!(
                    "「{}」は{ja}（範囲 {}）ではありません。",
                    short(&text),
                    rule.range
                ),
                format!("`{}` is not {en} (range {})", short(&text), rule.range),
            );
        } else if let Some(pattern) = &rule.pattern
            && !pattern.holds(&text, true)
        {
            self.say(
                path,
                format!(
                    "「{}」は決められた書き方に合いません（{}）。",
                    short(&text),
                    short(&pattern.source)
                ),
                format!(
                    "`{}` does not have the form {}",
                    short(&text),
                    short(&pattern.source)
                ),
            );
        }
    }
}

/// XML Schema's `date` may carry a zone, JSON's may not; `anyURI` may hold blanks, which are escaped when it is used.
fn simple_name(format: &str) -> &str {
    match format {
        "date" => "xsd-date",
        "anyURI" => "",
        other => other,
    }
}

/// White space as the simple type has it: kept, replaced, or collapsed.
fn spaced<'t>(format: &str, text: &'t str) -> Cow<'t, str> {
    match format {
        "string" => text.into(),
        "normalizedString" => text.replace(['\t', '\n', '\r'], " ").into(),
        _ => text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").into(),
    }
}

/// Whether the particle is content with no element at all.
fn empty(kind: &Kind) -> bool {
    match kind {
        Kind::Child(..) | Kind::Other => false,
        Kind::Sequence(inner) => inner.iter().all(|p| p.least == 0 || empty(&p.kind)),
        Kind::Choice(inner) => inner.is_empty() || inner.iter().any(|p| p.least == 0 || empty(&p.kind)),
    }
}

fn names(kind: &Kind) -> String {
    match kind {
        Kind::Child(name, _) => name.clone(),
        Kind::Other => "…".to_owned(),
        Kind::Sequence(inner) => inner.first().map_or_else(String::new, |p| names(&p.kind)),
        Kind::Choice(inner) => {
            let options: Vec<String> = inner.iter().map(|p| names(&p.kind)).collect();
            options.join(" | ")
        }
    }
}
