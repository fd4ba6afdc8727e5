//! Package URLs: `pkg:type/namespace/name@version?qualifiers#subpath`, parsed, validated, written canonically.
//!
//! [`Purl::parse`] holds a text to the specification and to its type's own rules. [`Purl::read`] takes what bills of materials hold and only
//! normalises: a component is not lost because its identifier lacks a namespace.

mod kind;

use std::collections::BTreeMap;
use std::fmt;

use vocab::Refusal;

/// A package URL, its parts decoded and normalised by the rules of its type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

/// The parts of a package URL before they are joined; empty texts count as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The type, such as `npm`.
    pub kind: String,
    /// The segments before the name, with slashes between them.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Option<String>,
    /// Keys with their values.
    pub qualifiers: Vec<(String, String)>,
    /// A path within the package.
    pub subpath: Option<String>,
}

impl Purl {
    /// Parses a text by the specification.
    ///
    /// # Errors
    ///
    /// `bad_purl`, with the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let purl = Self::read(text)?;
        if let Some(key) = qualifier_keys(text).find(|key| key.starts_with(|c: char| c.is_ascii_uppercase()))
        {
            return Err(refuse(
                text,
                format!("修飾子「{key}」は小文字で始めてください"),
                format!("the qualifier `{key}` must begin with a lower-case letter"),
            ));
        }
        purl.check().map_err(|(ja, en)| refuse(text, ja, en))?;
        Ok(purl)
    }

    /// Reads a text as far as its shape allows, without the rules of its type on what must be there.
    ///
    /// # Errors
    ///
    /// `bad_purl` if it is no package URL at all.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        split(text)
            .and_then(normalise)
            .map_err(|(ja, en)| refuse(text, ja, en))
    }

    /// Joins parts by the specification.
    ///
    /// # Errors
    ///
    /// `bad_purl`, with the rule that they break.
    pub fn build(parts: Parts) -> Result<Self, Refusal> {
        let shown = parts.name.clone();
        let built = normalise(parts).and_then(|purl| purl.check().map(|()| purl));
        built.map_err(|(ja, en)| refuse(&shown, ja, en))
    }

    /// The type, such as `npm`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The segments before the name, with slashes between them.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The value of a qualifier.
    pub fn qualifier(&self, key: &str) -> Option<&str> {
        self.qualifiers.get(key).map(String::as_str)
    }

    /// Every qualifier with its value, by key.
    pub fn qualifiers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.qualifiers
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// A path within the package.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }

    fn check(&self) -> Result<(), Broken> {
        kind::check(self)
    }
}

/// Writes the canonical form.
impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{}/", encode_path(namespace))?;
        }
        let name = if self.kind == "git" {
            encode_path(&self.name)
        } else {
            encode(&self.name)
        };
        f.write_str(&name)?;
        if let Some(version) = &self.version {
            write!(f, "@{}", encode(version))?;
        }
        for (index, (key, value)) in self.qualifiers.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            write!(f, "{mark}{key}={}", encode(value))?;
        }
        if let Some(subpath) = &self.subpath {
            write!(f, "#{}", encode_path(subpath))?;
        }
        Ok(())
    }
}

/// A rule that is broken, in both languages.
type Broken = (String, String);

fn broken<T>(ja: impl Into<String>, en: impl Into<String>) -> Result<T, Broken> {
    Err((ja.into(), en.into()))
}

fn refuse(text: &str, ja: impl AsRef<str>, en: impl AsRef<str>) -> Refusal {
    Refusal::new(
        "bad_purl",
        format!(
            "「{text}」は package URL として正しくありません: {}。",
            ja.as_ref()
        ),
        format!("`{text}` is not a valid package URL: {}.", en.as_ref()),
    )
}

/// Splits from the right, as the specification does, and decodes.
fn split(text: &str) -> Result<Parts, Broken> {
    let (rest, subpath) = text
        .rsplit_once('#')
        .map_or((text, None), |(rest, subpath)| (rest, Some(subpath)));
    let (rest, query) = rest
        .rsplit_once('?')
        .map_or((rest, ""), |(rest, query)| (rest, query));
    let Some((_, rest)) = rest
        .split_once(':')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("pkg"))
    else {
        return broken("pkg: で始まっていません", "it does not begin with `pkg:`");
    };
    let Some((kind, path)) = rest.trim_start_matches('/').split_once('/') else {
        return broken("型と名前が要ります", "it needs a type and a name");
    };
    // An at sign with a slash after it belongs to a scope such as `@angular/core`.
    let (path, version) = match path.rsplit_once('@') {
        Some((path, version)) if !version.contains('/') => (path, Some(version)),
        _ => (path, None),
    };
    if version.is_some() && path.ends_with('/') {
        return broken("名前がありません", "it has no name");
    }
    let path = path.trim_end_matches('/');
    let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
    let qualifiers = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), decode(value)?)),
            None => broken(
                format!("修飾子「{pair}」に = がありません"),
                format!("the qualifier `{pair}` has no `=`"),
            ),
        })
        .collect::<Result<_, _>>()?;
    Ok(Parts {
        kind: kind.to_owned(),
        namespace: decode_path(namespace)?,
        name: decode(name)?,
        version: version.map(decode).transpose()?,
        qualifiers,
        subpath: decode_path(subpath.unwrap_or_default())?,
    })
}

/// Brings parts to the form of their type and refuses what no package URL can hold.
fn normalise(parts: Parts) -> Result<Purl, Broken> {
    let kind = parts.kind.to_ascii_lowercase();
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if !kind.starts_with(|c: char| c.is_ascii_alphabetic()) || !kind.chars().all(letters) {
        return broken(
            format!("型「{kind}」は英字で始まる英数字・ピリオド・ハイフンで書きます"),
            format!("the type `{kind}` must be letters, digits, periods and hyphens, a letter first"),
        );
    }
    let name = parts.name.trim_matches('/').to_owned();
    if name.is_empty() {
        return broken("名前がありません", "it has no name");
    }
    let mut qualifiers = BTreeMap::new();
    for (key, value) in parts.qualifiers {
        let key = key.to_ascii_lowercase();
        let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !key.starts_with(|c: char| c.is_ascii_alphabetic()) || !key.chars().all(letters) {
            return broken(
                format!("修飾子の名前「{key}」に使えない文字があります"),
                format!("the qualifier key `{key}` has characters that it must not have"),
            );
        }
        if !value.is_empty() && qualifiers.insert(key.clone(), value).is_some() {
            return broken(
                format!("修飾子「{key}」が二つあります"),
                format!("the qualifier `{key}` stands twice"),
            );
        }
    }
    let segments = |path: Option<String>, path_like: bool| {
        let path = path.unwrap_or_default();
        let kept = |segment: &&str| !(segment.is_empty() || path_like && matches!(*segment, "." | ".."));
        let joined = path.split('/').filter(kept).collect::<Vec<_>>().join("/");
        (!joined.is_empty()).then_some(joined)
    };
    let mut purl = Purl {
        kind,
        namespace: segments(parts.namespace, false),
        name,
        version: parts.version.filter(|version| !version.is_empty()),
        qualifiers,
        subpath: segments(parts.subpath, true),
    };
    kind::normalise(&mut purl);
    Ok(purl)
}

fn qualifier_keys(text: &str) -> impl Iterator<Item = &str> {
    let before = text.rsplit_once('#').map_or(text, |(before, _)| before);
    let query = before.rsplit_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0))
}

/// Decodes each segment; a slash that was encoded would change where segments end.
fn decode_path(path: &str) -> Result<Option<String>, Broken> {
    let segments = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| {
            let decoded = decode(segment)?;
            if decoded.contains('/') {
                return broken(
                    format!("「{segment}」の中に符号化された / があります"),
                    format!("`{segment}` holds an encoded slash"),
                );
            }
            Ok(decoded)
        });
    let joined = segments.collect::<Result<Vec<_>, _>>()?.join("/");
    Ok((!joined.is_empty()).then_some(joined))
}

fn decode(text: &str) -> Result<String, Broken> {
    let bad = || {
        (
            format!("「{text}」の % の符号化が正しくありません"),
            format!("`{text}` has a bad percent-encoding"),
        )
    };
    crate::percent::decode(text).ok_or_else(bad)
}

fn encode(text: &str) -> String {
    crate::percent::encode(text, |byte| {
        byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte)
    })
}

fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}
