//! XML as a tree of elements, read within [`Limits`]. A document type declaration, and with it every entity of its own, is refused;
//! so nothing outside the document is ever read and nothing in it can multiply.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};
use vocab::Refusal;

use super::limits::Limits;

/// A name with the namespace it belongs to, empty for none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// Namespace name (an address), empty for none.
    pub space: String,
    /// Name without prefix.
    pub local: String,
}

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes, declarations of namespaces left out.
    pub attributes: Vec<(Name, String)>,
    /// Its child elements.
    pub children: Vec<Element>,
    /// Its own character data, that of children left out.
    pub text: String,
}

impl Element {
    /// Reads a document.
    ///
    /// # Errors
    /// It is over a limit, declares a document type, is not UTF-8 or is not well formed.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Refusal> {
        limits.bytes_fit(bytes)?;
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let source = std::str::from_utf8(bytes).map_err(|_| {
            Refusal::new(
                "not_utf8",
                "文字コードが UTF-8 ではありません。UTF-8 で保存し直してください。",
                "not UTF-8: save the file as UTF-8",
            )
        })?;
        let mut meter = limits.meter();
        let mut reader = NsReader::from_str(source);
        let mut open: Vec<Element> = Vec::new();
        let mut root = None;
        loop {
            let event = reader.read_event().map_err(|error| broken(&error))?;
            match event {
                Event::Start(start) => {
                    meter.take(open.len() + 1)?;
                    let element = element(&reader, &start, &mut meter, open.len() + 1)?;
                    open.push(element);
                }
                Event::Empty(start) => {
                    meter.take(open.len() + 1)?;
                    let element = element(&reader, &start, &mut meter, open.len() + 1)?;
                    close(element, &mut open, &mut root)?;
                }
                Event::End(_) => {
                    let element = open.pop().ok_or_else(|| broken(&"unexpected end tag"))?;
                    close(element, &mut open, &mut root)?;
                }
                Event::Text(text) => add(&text.xml10_content(), &mut open)?,
                Event::CData(text) => add(&text.xml10_content(), &mut open)?,
                Event::GeneralRef(entity) => {
                    let character = entity.resolve_char_ref().map_err(|error| broken(&error))?;
                    let character = match character {
                        Some(character) => character,
                        None => predefined(&entity).ok_or_else(entities)?,
                    };
                    add(character.encode_utf8(&mut [0; 4]), &mut open)?;
                }
                Event::DocType(_) => return Err(entities()),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        if open.is_empty() {
            root.ok_or_else(|| broken(&"no element"))
        } else {
            Err(broken(&"an element is not closed"))
        }
    }

    /// The first child of that name.
    pub fn child(&self, local: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name.local == local)
    }

    /// The children of that name.
    pub fn named<'e>(&'e self, local: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children
            .iter()
            .filter(move |child| child.name.local == local)
    }

    /// The children `inner` of the child `outer`, as in `<components><component/></components>`.
    pub fn listed<'e>(&'e self, outer: &'e str, inner: &'e str) -> impl Iterator<Item = &'e Element> {
        self.named(outer).flat_map(move |list| list.named(inner))
    }

    /// The trimmed text of the first child of that name; nothing for blank text.
    pub fn text_of(&self, local: &str) -> Option<&str> {
        let text = self.child(local)?.text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The attribute of that name without namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(name, _)| name.space.is_empty() && name.local == local)
            .map(|(_, value)| value.as_str())
    }
}

fn element(
    reader: &NsReader<&[u8]>,
    start: &BytesStart<'_>,
    meter: &mut super::limits::Meter,
    depth: usize,
) -> Result<Element, Refusal> {
    let resolver = reader.resolver();
    let (space, local) = resolver.resolve_element(start.name());
    let name = named(&space, local.as_ref())?;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| broken(&error))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        meter.take(depth)?;
        let (space, local) = resolver.resolve_attribute(attribute.key);
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|_| entities())?;
        attributes.push((named(&space, local.as_ref())?, value.into_owned()));
    }
    Ok(Element {
        name,
        attributes,
        children: Vec::new(),
        text: String::new(),
    })
}

fn named(space: &ResolveResult<'_>, local: &str) -> Result<Name, Refusal> {
    let space = match space {
        ResolveResult::Bound(space) => space.as_ref().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(broken(&"a prefix is not declared")),
    };
    Ok(Name {
        space,
        local: local.to_owned(),
    })
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err(broken(&"more than one root element")),
    }
    Ok(())
}

fn add(text: &str, open: &mut [Element]) -> Result<(), Refusal> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(broken(&"text outside the root element")),
    }
    Ok(())
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn entities() -> Refusal {
    Refusal::new(
        "entities",
        "文書型宣言（DOCTYPE）や独自の実体参照は受け付けません。取り除いて提出してください。",
        "a document type declaration or an entity of its own is not accepted: remove it",
    )
}

fn broken(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        "not_xml",
        format!("XML として読めません（{error}）。ファイルが壊れていないか確認してください。"),
        format!("not well-formed XML ({error}): check that the file is whole"),
    )
}
