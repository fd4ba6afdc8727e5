//! Reading a rule table for one version: a hand-written parser, total, with the line of a fault.

use std::collections::HashMap;

use super::{Element, Foreign, Id, Kind, List, Number, Object, Particle, Pattern, Rules, Shape, Span, Text};

pub(super) fn read(table: &str, version: &str) -> Result<Rules, String> {
    let tokens = tokens(table)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        elements: false,
        versions: Vec::new(),
        version: 0,
        shapes: Vec::new(),
        named: HashMap::new(),
        defined: Vec::new(),
    };
    parser.header(version)?;
    while parser.at < parser.tokens.len() {
        parser.definition()?;
    }
    parser.finish()
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    /// `a..b`, either side may be missing.
    Range(Option<f64>, Option<f64>),
    Sign(char),
    Dots,
}

fn tokens(table: &str) -> Result<Vec<(usize, Token)>, String> {
    let mut out = Vec::new();
    for (number, line) in table.lines().enumerate() {
        let number = number + 1;
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            if first == '#' {
                break;
            }
            let (token, length) = if first == '"' {
                quoted(rest).ok_or_else(|| format!("line {number}: a quote does not end"))?
            } else if rest.starts_with("...") {
                (Token::Dots, 3)
            } else if first.is_ascii_digit() || first == '.' || first == '-' {
                range(rest).ok_or_else(|| format!("line {number}: no number: {rest}"))?
            } else if first.is_ascii_alphabetic() || first == '$' {
                let end = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "-_$".contains(c)))
                    .unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            } else {
                (Token::Sign(first), first.len_utf8())
            };
            out.push((number, token));
            rest = rest[length..].trim_start();
        }
    }
    Ok(out)
}

fn quoted(text: &str) -> Option<(Token, usize)> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let value = stream.next()?.ok()?;
    Some((Token::Quoted(value), stream.byte_offset()))
}

/// A number or a version (`1.5`, kept as a word) or a range.
fn range(text: &str) -> Option<(Token, usize)> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(text.len());
    let word = &text[..end];
    let Some((low, high)) = word.split_once("..") else {
        return Some((Token::Word(word.to_owned()), end));
    };
    let bound = |part: &str| {
        if part.is_empty() {
            Some(None)
        } else {
            part.parse::<f64>().ok().map(Some)
        }
    };
    Some((Token::Range(bound(low)?, bound(high)?), end))
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    elements: bool,
    versions: Vec<String>,
    version: usize,
    shapes: Vec<Shape>,
    named: HashMap<String, Id>,
    defined: Vec<Id>,
}

impl Parser {
    fn fault<T>(&self, expected: &str) -> Result<T, String> {
        let (line, found) = match self.tokens.get(self.at) {
            Some((line, token)) => (*line, format!("{token:?}")),
            None => (0, "the end".to_owned()),
        };
        Err(format!("line {line}: expected {expected}, found {found}"))
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn is_sign(&self, sign: char) -> bool {
        self.peek() == Some(&Token::Sign(sign))
    }

    fn eat(&mut self, sign: char) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.eat(sign) {
            Ok(())
        } else {
            self.fault(&format!("`{sign}`"))
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.peek().cloned() {
            Some(Token::Word(word) | Token::Quoted(word)) => {
                self.at += 1;
                Ok(word)
            }
            _ => self.fault("a name"),
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(found)) if found == word);
        self.at += usize::from(found);
        found
    }

    fn span(&mut self) -> Option<Span> {
        let Some(Token::Range(low, high)) = self.peek().cloned() else {
            return None;
        };
        self.at += 1;
        Some(Span { low, high })
    }

    fn header(&mut self, version: &str) -> Result<(), String> {
        self.elements = match self.word()?.as_str() {
            "elements" => true,
            "objects" => false,
            _ => return self.fault("`objects` or `elements`"),
        };
        while let Some(Token::Word(word)) = self.peek()
            && word.starts_with(|c: char| c.is_ascii_digit())
        {
            self.versions.push(word.clone());
            self.at += 1;
        }
        self.version = self
            .versions
            .iter()
            .position(|known| known == version)
            .ok_or_else(|| format!("version {version} is not in the table"))?;
        Ok(())
    }

    /// Any number of `@…`; whether the version read for is in one of them, or there are none.
    fn here(&mut self) -> Result<bool, String> {
        let mut any = false;
        let mut here = false;
        while self.is_sign('@')
            && let Some((_, Token::Word(next))) = self.tokens.get(self.at + 1)
            && next.starts_with(|c: char| c.is_ascii_digit())
        {
            self.at += 1;
            any = true;
            let word = self.word()?;
            let (low, high) = match word.split_once('-') {
                Some((low, high)) => (self.known(low)?, self.known(high)?),
                None => {
                    let low = self.known(&word)?;
                    let high = if self.eat('+') { usize::MAX } else { low };
                    (low, high)
                }
            };
            here |= (low..=high).contains(&self.version);
        }
        Ok(here || !any)
    }

    fn known(&self, version: &str) -> Result<usize, String> {
        match self.versions.iter().position(|known| known == version) {
            Some(index) => Ok(index),
            None => self.fault("a version of the table"),
        }
    }

    fn put(&mut self, shape: Shape) -> Id {
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    fn name(&mut self, name: &str) -> Id {
        if let Some(id) = self.named.get(name) {
            return *id;
        }
        let id = self.put(Shape::Never);
        self.named.insert(name.to_owned(), id);
        id
    }

    fn definition(&mut self) -> Result<(), String> {
        let name = self.word()?;
        let here = self.here()?;
        self.expect('=')?;
        let shape = self.shape()?;
        if here {
            let id = self.name(&name);
            if self.defined.contains(&id) {
                return self.fault(&format!("one definition of {name}"));
            }
            self.defined.push(id);
            self.shapes[id] = Shape::Same(shape);
        }
        Ok(())
    }

    fn finish(self) -> Result<Rules, String> {
        for (name, id) in &self.named {
            if !self.defined.contains(id) && self.used(*id) {
                return Err(format!("{name} is used and not defined"));
            }
        }
        Ok(Rules {
            shapes: self.shapes,
            named: self.named,
        })
    }

    /// Whether a shape that holds in this version points there. Shapes of other versions stay in the table unreached.
    fn used(&self, target: Id) -> bool {
        let mut seen = vec![false; self.shapes.len()];
        let mut open: Vec<Id> = self.defined.clone();
        while let Some(id) = open.pop() {
            if std::mem::replace(&mut seen[id], true) {
                continue;
            }
            match &self.shapes[id] {
                Shape::Same(id) | Shape::Not(id) => open.push(*id),
                Shape::List(list) => open.push(list.item),
                Shape::One(ids) | Shape::Some(ids) | Shape::All(ids) => open.extend(ids),
                Shape::When(a, b, c) => open.extend([a, b, c]),
                Shape::Object(object) => open.extend(object.members.values().chain(&object.rest)),
                Shape::Element(element) => {
                    open.extend(element.attributes.values().map(|(_, id)| *id));
                    open.extend(element.text);
                    let mut particles: Vec<&Particle> = element.content.iter().collect();
                    while let Some(particle) = particles.pop() {
                        match &particle.kind {
                            Kind::Child(_, id) => open.push(*id),
                            Kind::Other => {}
                            Kind::Sequence(inner) | Kind::Choice(inner) => particles.extend(inner),
                        }
                    }
                }
                _ => {}
            }
        }
        seen[target]
    }

    fn shape(&mut self) -> Result<Id, String> {
        let shape = match self.peek().cloned() {
            Some(Token::Sign('(')) => self.words()?,
            Some(Token::Sign('[')) => self.list()?,
            Some(Token::Sign('{')) if self.elements => self.element(false)?,
            Some(Token::Sign('{')) => self.object()?,
            Some(Token::Sign('<')) => self.text()?,
            Some(Token::Word(word)) => {
                self.at += 1;
                match word.as_str() {
                    "any" => Shape::Any,
                    "never" => Shape::Never,
                    "null" => Shape::Null,
                    "boolean" => Shape::Boolean,
                    "true" => Shape::Exactly(true),
                    "false" => Shape::Exactly(false),
                    "text" if !self.elements => self.text()?,
                    "number" | "integer" => self.number(word == "integer")?,
                    "mixed" => self.element(true)?,
                    "has" => self.has()?,
                    "one" if self.is_sign('(') => Shape::One(self.several()?),
                    "some" if self.is_sign('(') => Shape::Some(self.several()?),
                    "all" if self.is_sign('(') => Shape::All(self.several()?),
                    "not" if self.is_sign('(') => match self.several()?.as_slice() {
                        [id] => Shape::Not(*id),
                        _ => return self.fault("one shape in not(…)"),
                    },
                    "when" if self.is_sign('(') => {
                        let any = self.put(Shape::Any);
                        match self.several()?.as_slice() {
                            [a, b] => Shape::When(*a, *b, any),
                            [a, b, c] => Shape::When(*a, *b, *c),
                            _ => return self.fault("two or three shapes in when(…)"),
                        }
                    }
                    _ => return Ok(self.name(&word)),
                }
            }
            _ => return self.fault("a shape"),
        };
        Ok(self.put(shape))
    }

    fn text(&mut self) -> Result<Shape, String> {
        let mut text = Text::default();
        if self.eat('<') {
            text.format = self.word()?;
            self.expect('>')?;
        }
        if let Some(span) = self.span() {
            if self.elements {
                text.range = span;
            } else {
                text.length = span;
            }
        }
        if self.elements && self.eat_word("length") {
            text.length = match self.span() {
                Some(span) => span,
                None => return self.fault("a length"),
            };
        }
        if self.eat('~') {
            text.pattern = Some(Pattern::new(self.word()?));
        }
        Ok(Shape::Text(text))
    }

    fn number(&mut self, whole: bool) -> Result<Shape, String> {
        let range = self.span().unwrap_or_default();
        let step = if self.eat_word("by") {
            match self.word()?.parse() {
                Ok(step) => Some(step),
                Err(_) => return self.fault("a step"),
            }
        } else {
            None
        };
        Ok(Shape::Number(Number { whole, range, step }))
    }

    fn words(&mut self) -> Result<Shape, String> {
        self.expect('(')?;
        let mut words = Vec::new();
        while !self.eat(')') {
            let word = self.word()?;
            if self.here()? {
                words.push(word);
            }
        }
        Ok(Shape::Words(words))
    }

    fn list(&mut self) -> Result<Shape, String> {
        self.expect('[')?;
        let item = self.shape()?;
        self.expect(']')?;
        let unique = self.eat_word("unique");
        let count = self.span().unwrap_or_default();
        Ok(Shape::List(List { item, unique, count }))
    }

    fn several(&mut self) -> Result<Vec<Id>, String> {
        self.expect('(')?;
        let mut ids = Vec::new();
        while !self.eat(')') {
            let id = self.shape()?;
            if self.here()? {
                ids.push(id);
            }
            self.eat(',');
        }
        Ok(ids)
    }

    fn has(&mut self) -> Result<Shape, String> {
        self.expect('(')?;
        let mut names = Vec::new();
        while !self.eat(')') {
            names.push(self.word()?);
            self.eat(',');
        }
        Ok(Shape::Has(names))
    }

    fn object(&mut self) -> Result<Shape, String> {
        self.expect('{')?;
        let mut members = HashMap::new();
        let mut required = Vec::new();
        let mut rest = None;
        while !self.eat('}') {
            if self.peek() == Some(&Token::Dots) {
                self.at += 1;
                if self.here()? {
                    rest = Some(self.put(Shape::Any));
                }
                continue;
            }
            if self.eat('*') {
                self.expect(':')?;
                rest = Some(self.shape()?);
                continue;
            }
            let name = self.word()?;
            let needed = self.eat('!');
            let here = self.here()?;
            self.expect(':')?;
            let shape = self.shape()?;
            if !here {
                continue;
            }
            if needed {
                required.push(name.clone());
            }
            if members.insert(name.clone(), shape).is_some() {
                return self.fault(&format!("{name} once"));
            }
        }
        let count = self.span().unwrap_or_default();
        Ok(Shape::Object(Object {
            members,
            required,
            rest,
            count,
        }))
    }

    fn element(&mut self, mixed: bool) -> Result<Shape, String> {
        let mut element = Element {
            mixed,
            ..Element::default()
        };
        element.content = self.content(
            &mut Some(&mut element.attributes),
            &mut element.foreign,
            &mut element.text,
        )?;
        Ok(Shape::Element(element))
    }

    /// What stands between the braces of an element, or of a sequence or choice within it (then without attributes).
    fn content(
        &mut self,
        attributes: &mut Option<&mut HashMap<String, (bool, Id)>>,
        foreign: &mut Foreign,
        text: &mut Option<Id>,
    ) -> Result<Vec<Particle>, String> {
        self.expect('{')?;
        let mut content = Vec::new();
        while !self.eat('}') {
            if self.eat('=') {
                let here = self.here()?;
                let shape = self.shape()?;
                if here {
                    *text = Some(shape);
                }
            } else if self.eat('@') {
                self.attribute(attributes, foreign)?;
            } else if let Some(particle) = self.particle()? {
                content.push(particle);
            }
        }
        Ok(content)
    }

    fn attribute(
        &mut self,
        attributes: &mut Option<&mut HashMap<String, (bool, Id)>>,
        foreign: &mut Foreign,
    ) -> Result<(), String> {
        if self.eat('*') {
            if self.here()? {
                *foreign = Foreign::Any;
            }
            return Ok(());
        }
        let name = self.word()?;
        if name == "other" {
            if self.here()? {
                *foreign = Foreign::Other;
            }
            return Ok(());
        }
        let needed = self.eat('!');
        let here = self.here()?;
        self.expect(':')?;
        let shape = self.shape()?;
        match attributes {
            Some(attributes) if here => {
                attributes.insert(name, (needed, shape));
                Ok(())
            }
            Some(_) => Ok(()),
            None => self.fault("no attribute here"),
        }
    }

    fn particle(&mut self) -> Result<Option<Particle>, String> {
        let name = self.word()?;
        let (least, most) = if self.eat('?') {
            (0, Some(1))
        } else if self.eat('*') {
            (0, None)
        } else if self.eat('+') {
            (1, None)
        } else {
            (1, Some(1))
        };
        let here = self.here()?;
        let kind = if self.eat(':') {
            Kind::Child(name, self.shape()?)
        } else {
            match name.as_str() {
                "other" => Kind::Other,
                "seq" => Kind::Sequence(self.content(&mut None, &mut Foreign::None, &mut None)?),
                "alt" => Kind::Choice(self.content(&mut None, &mut Foreign::None, &mut None)?),
                _ => return self.fault("`:`"),
            }
        };
        Ok(here.then_some(Particle { least, most, kind }))
    }
}
