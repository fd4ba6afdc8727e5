//! SPDX licence identifiers and expressions, by the lists that the `spdx` crate carries. An expression is read by its grammar alone;
//! whether the identifiers in it are listed is another question.

/// Whether the identifier is on one of the SPDX lists, of licences or of exceptions, written exactly so.
pub(crate) fn listed(id: &str) -> bool {
    deprecated(id).is_some()
}

/// Whether an identifier on the SPDX lists is deprecated; nothing if it is on none.
pub(crate) fn deprecated(id: &str) -> Option<bool> {
    let licence = spdx::license_id(id).map(spdx::LicenseId::is_deprecated);
    licence.or_else(|| spdx::exception_id(id).map(spdx::ExceptionId::is_deprecated))
}

/// The identifiers in an expression, in order; nothing if it is no expression. `DocumentRef-` is not taken.
pub(crate) fn identifiers(expression: &str) -> Option<Vec<&str>> {
    let spaced = expression.trim();
    let mut words = Vec::new();
    let mut rest = spaced;
    while !rest.is_empty() {
        rest = rest.trim_start();
        let end = match rest.chars().next()? {
            '(' | ')' => 1,
            _ => rest
                .find(|c: char| c.is_whitespace() || "()".contains(c))
                .unwrap_or(rest.len()),
        };
        words.push(&rest[..end]);
        rest = &rest[end..];
    }
    let mut reader = Reader {
        words: &words,
        at: 0,
        ids: Vec::new(),
        depth: 0,
    };
    (reader.compound() && reader.at == words.len()).then_some(reader.ids)
}

struct Reader<'w, 't> {
    words: &'w [&'t str],
    at: usize,
    ids: Vec<&'t str>,
    depth: usize,
}

impl<'t> Reader<'_, 't> {
    fn next(&mut self) -> Option<&'t str> {
        let word = self.words.get(self.at).copied();
        self.at += usize::from(word.is_some());
        word
    }

    /// `a OR (b AND c) …`: precedence does not matter for the question which identifiers there are.
    fn compound(&mut self) -> bool {
        loop {
            if !self.simple() {
                return false;
            }
            match self.words.get(self.at) {
                Some(&("AND" | "OR" | "and" | "or")) => self.at += 1,
                _ => return true,
            }
        }
    }

    fn simple(&mut self) -> bool {
        match self.next() {
            Some("(") => {
                self.depth += 1;
                let fits = self.depth < 50 && self.compound() && self.next() == Some(")");
                self.depth -= 1;
                fits
            }
            Some(word) if is_id(word.strip_suffix('+').unwrap_or(word)) => {
                self.ids.push(word.strip_suffix('+').unwrap_or(word));
                match self.words.get(self.at) {
                    Some(&("WITH" | "with")) => {
                        self.at += 1;
                        match self.next() {
                            Some(exception) if is_id(exception) => {
                                self.ids.push(exception);
                                true
                            }
                            _ => false,
                        }
                    }
                    _ => true,
                }
            }
            _ => false,
        }
    }
}

fn is_id(word: &str) -> bool {
    let reserved = ["AND", "OR", "WITH", "and", "or", "with"];
    !word.is_empty()
        && !reserved.contains(&word)
        && !word.starts_with("DocumentRef-")
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let good = [
            ("MIT", &["MIT"][..]),
            (
                "MIT OR (Apache-2.0 AND GPL-2.0+ WITH Classpath-exception-2.0)",
                &["MIT", "Apache-2.0", "GPL-2.0", "Classpath-exception-2.0"],
            ),
            (
                "LicenseRef-www.example.org-A-1.0",
                &["LicenseRef-www.example.org-A-1.0"],
            ),
        ];
        for (text, ids) in good {
            assert_eq!(identifiers(text).as_deref(), Some(ids), "{text}");
        }
        for text in [
            "",
            "MIT OR",
            "This is a text.",
            "(MIT",
            "MIT Apache-2.0",
            "DocumentRef-a:LicenseRef-b",
            "MIT)",
            "a,b",
        ] {
            assert_eq!(identifiers(text), None, "{text}");
        }
    }
}
