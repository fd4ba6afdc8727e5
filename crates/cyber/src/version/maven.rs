//! Maven's order: `ComparableVersion`, where dots, hyphens and changes between digits and letters build nested lists of numbers and qualifiers.

use std::cmp::Ordering;

use super::natural::Natural;

#[derive(Debug, Clone)]
pub(crate) struct Maven(Vec<Item>);

#[derive(Debug, Clone)]
enum Item {
    Number(Natural),
    Qualifier(Qualifier),
    /// A qualifier with its number, such as `rc1` or `alpha-2`.
    Numbered(Qualifier, Natural),
    List(Vec<Item>),
}

/// Known qualifiers have a rank; unknown ones come after them, by their letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Qualifier {
    rank: u8,
    unknown: Box<str>,
}

/// The rank of the release itself, between `snapshot` and `sp`.
const RELEASE: u8 = 5;
const UNKNOWN: u8 = 7;

impl Qualifier {
    fn new(word: &str) -> Self {
        let rank = match word {
            "alpha" => 0,
            "beta" => 1,
            "milestone" => 2,
            "rc" | "cr" => 3,
            "snapshot" => 4,
            "" | "ga" | "final" | "release" => RELEASE,
            "sp" => 6,
            _ => UNKNOWN,
        };
        let unknown = if rank == UNKNOWN { word } else { "" };
        Self {
            rank,
            unknown: unknown.into(),
        }
    }

    /// A letter directly before a number stands for a known qualifier.
    fn before_number(word: &str) -> Self {
        Self::new(match word {
            "a" => "alpha",
            "b" => "beta",
            "m" => "milestone",
            word => word,
        })
    }
}

impl Maven {
    pub fn parse(text: &str) -> Self {
        Self(Reader::read(&text.to_lowercase()))
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        compare_lists(&self.0, &other.0)
    }
}

/// Lists that are still open, the outermost first: a list that opens within another stays its last item.
struct Reader {
    open: Vec<Vec<Item>>,
}

impl Reader {
    fn read(text: &str) -> Vec<Item> {
        let mut reader = Self {
            open: vec![Vec::new()],
        };
        let (mut start, mut digit, mut numbered) = (0, false, false);
        for (at, c) in text.char_indices() {
            match c {
                '.' => {
                    reader.add(item(&text[start..at], digit, numbered));
                    numbered = false;
                    start = at + 1;
                }
                '-' => {
                    let before_number = text[at + 1..].starts_with(|next: char| next.is_ascii_digit());
                    if at > start && !digit && before_number {
                        numbered = true;
                        continue;
                    }
                    reader.add(item(&text[start..at], digit, numbered));
                    start = at + 1;
                    reader.nest();
                    numbered = false;
                }
                '0'..='9' => {
                    if !digit && at > start {
                        numbered = true;
                        reader.nest();
                    }
                    digit = true;
                }
                _ => {
                    if digit && at > start {
                        reader.add(item(&text[start..at], true, numbered));
                        start = at;
                        reader.nest();
                        numbered = false;
                    }
                    digit = false;
                }
            }
        }
        if start < text.len() {
            if !digit {
                reader.nest();
            }
            reader.add(item(&text[start..], digit, numbered));
        }
        reader.close()
    }

    fn add(&mut self, item: Item) {
        if let Some(list) = self.open.last_mut() {
            list.push(item);
        }
    }

    /// Opens a list within the last one, unless that one is still empty.
    fn nest(&mut self) {
        if self.open.last().is_some_and(|list| !list.is_empty()) {
            self.open.push(Vec::new());
        }
    }

    /// Closes every list from the innermost, each without what means nothing at its end.
    fn close(mut self) -> Vec<Item> {
        let mut inner = None;
        while let Some(mut list) = self.open.pop() {
            list.extend(inner.take().map(Item::List));
            normalise(&mut list);
            inner = Some(list);
        }
        inner.unwrap_or_default()
    }
}

fn item(text: &str, digit: bool, numbered: bool) -> Item {
    if text.is_empty() {
        return Item::Number(Natural::ZERO);
    }
    if numbered {
        let text = text.replace('-', "");
        let (word, digits) = text.split_at(text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len()));
        let number = Natural::parse(digits).unwrap_or(Natural::ZERO);
        return Item::Numbered(Qualifier::before_number(word), number);
    }
    match Natural::parse(text) {
        Some(number) if digit => Item::Number(number),
        _ => Item::Qualifier(Qualifier::new(text)),
    }
}

fn normalise(list: &mut Vec<Item>) {
    for at in (0..list.len()).rev() {
        if !list[at].is_null() {
            continue;
        }
        let removed = match list.get(at + 1) {
            None | Some(Item::Qualifier(_)) => true,
            Some(Item::List(next)) => matches!(next.first(), Some(Item::Qualifier(_) | Item::Numbered(..))),
            Some(_) => false,
        };
        if removed {
            list.remove(at);
        }
    }
}

fn compare_lists(a: &[Item], b: &[Item]) -> Ordering {
    (0..a.len().max(b.len()))
        .map(|index| match (a.get(index), b.get(index)) {
            (Some(a), Some(b)) => a.compare(b),
            (Some(a), None) => a.compare_to_nothing(),
            (None, Some(b)) => b.compare_to_nothing().reverse(),
            (None, None) => Ordering::Equal,
        })
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

impl Item {
    fn is_null(&self) -> bool {
        match self {
            Self::Number(number) => *number == Natural::ZERO,
            // Not even `final`, which equals nothing only when it is compared.
            Self::Qualifier(_) | Self::Numbered(..) => false,
            Self::List(list) => list.is_empty(),
        }
    }

    fn compare_to_nothing(&self) -> Ordering {
        match self {
            Self::Number(number) => number.cmp(&Natural::ZERO),
            Self::Qualifier(qualifier) | Self::Numbered(qualifier, _) => qualifier.rank.cmp(&RELEASE),
            Self::List(list) => {
                let orders = list.iter().map(Self::compare_to_nothing);
                orders
                    .into_iter()
                    .find(|order| order.is_ne())
                    .unwrap_or(Ordering::Equal)
            }
        }
    }

    /// Items of different kinds: qualifiers first, then lists, then numbers.
    fn kind(&self) -> u8 {
        match self {
            Self::Qualifier(_) | Self::Numbered(..) => 0,
            Self::List(_) => 1,
            Self::Number(_) => 2,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Qualifier(a), Self::Qualifier(b)) => a.cmp(b),
            (Self::Numbered(a, number_a), Self::Numbered(b, number_b)) => {
                a.cmp(b).then_with(|| number_a.cmp(number_b))
            }
            (Self::Qualifier(a), Self::Numbered(b, _)) => a.cmp(b).then(Ordering::Less),
            (Self::Numbered(a, _), Self::Qualifier(b)) => a.cmp(b).then(Ordering::Greater),
            (Self::List(a), Self::List(b)) => compare_lists(a, b),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}
