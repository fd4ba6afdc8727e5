//! Names of companies and products, brought to a form in which the same is written the same: width, kana and case folded, forms of companies
//! and words that distinguish nothing set aside. What a name says of several products at once is taken apart.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use super::sound::Sound;

/// Full and half width, case, hiragana and katakana, accents and apostrophes made one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkc().flat_map(char::to_lowercase) {
        match c {
            '\'' | '’' | '`' | '®' | '™' => {}
            'ぁ'..='ゖ' => folded.extend(char::from_u32(u32::from(c) + 0x60)),
            'ャ' => folded.push('ヤ'),
            'ュ' => folded.push('ユ'),
            'ョ' => folded.push('ヨ'),
            'ァ' => folded.push('ア'),
            'ィ' => folded.push('イ'),
            'ゥ' => folded.push('ウ'),
            'ェ' => folded.push('エ'),
            'ォ' => folded.push('オ'),
            '‐'..='―' | '−' => folded.push('-'),
            '\u{a0}'..='\u{24f}' => folded.extend(std::iter::once(c).nfd().next()),
            _ => folded.push(c),
        }
    }
    folded.trim().to_owned()
}

/// What letters of a token are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Kana,
    Other,
}

fn script(c: char) -> Option<Script> {
    match c {
        _ if is_kana(c) => Some(Script::Kana),
        _ if c.is_ascii_alphanumeric() => Some(Script::Latin),
        _ if c.is_alphanumeric() => Some(Script::Other),
        _ => None,
    }
}

pub(super) fn is_kana(c: char) -> bool {
    matches!(c, 'ァ'..='ヺ' | 'ー')
}

/// Runs of letters of one script in a folded text.
fn tokens(folded: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut last = None;
    for c in folded.chars() {
        let now = script(c);
        match found.last_mut() {
            Some(token) if now.is_some() && now == last => token.push(c),
            _ if now.is_some() => found.push(c.to_string()),
            _ => {}
        }
        last = now;
    }
    found
}

/// Forms of companies, and words that many companies have in their names.
#[rustfmt::skip]
const FORMS: &[&str] = &[
    "inc", "incorporated", "corp", "corporation", "co", "company", "companies", "ltd", "limited", "llc",
    "llp", "lp", "plc", "gmbh", "ag", "kg", "kgaa", "mbh", "sa", "sas", "sarl", "srl", "spa", "bv", "nv",
    "ab", "oy", "as", "pty", "pte", "kk", "the", "and", "of", "株式会社", "有限会社", "合同会社", "株", "有",
];
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "medical", "healthcare", "health", "care", "systems", "system", "technologies", "technology",
    "international", "global", "group", "holdings", "holding", "japan", "usa", "us", "america", "europe",
    "laboratories", "laboratory", "labs", "developments", "informatics", "solutions", "products",
    "electronics", "日本", "ジヤパン", "メデイカル", "ヘルスケア", "ヘルス", "システムズ", "システム", "テクノロジーズ", "テクノロジー", "インターナシヨナル",
    "ホールデイングス", "グループ", "ラボラトリーズ", "医療機器", "医療", "製造", "製作所", "販売", "エレクトロニクス",
];

/// A company by the words that distinguish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Company {
    /// Words without forms.
    words: Vec<String>,
    /// Those that few others have; all words where there are none.
    core: Vec<String>,
    sounds: Vec<Sound>,
    /// First letters of the words, which it may go by.
    initials: String,
}

impl Company {
    fn of(folded: &str) -> Option<Self> {
        // Kana are written without spaces: the common words are what can be told apart.
        let mut spaced = folded.to_owned();
        for word in COMMON.iter().filter(|word| word.starts_with(is_kana)) {
            spaced = spaced.replace(word, &format!(" {word} "));
        }
        let words: Vec<String> = tokens(&spaced)
            .into_iter()
            .filter(|word| !FORMS.contains(&word.as_str()))
            .collect();
        let is_own = |word: &&String| !COMMON.contains(&word.as_str()) && word.chars().count() > 1;
        let own: Vec<String> = words.iter().filter(is_own).cloned().collect();
        let core = if own.is_empty() { words.clone() } else { own };
        (!core.is_empty()).then(|| Self {
            sounds: core.iter().map(|word| Sound::of(word)).collect(),
            initials: words.iter().filter_map(|word| word.chars().next()).collect(),
            words,
            core,
        })
    }

    /// A registered maker.
    pub fn maker(text: &str) -> Option<Self> {
        Self::of(&fold(text))
    }

    /// The companies that a vendor's text names: the whole of it, each that it joins, and what stands in brackets.
    pub fn vendors(text: &str) -> Vec<Self> {
        let folded = fold(text);
        let outside = folded
            .split_once('(')
            .map_or(folded.as_str(), |(outside, _)| outside);
        let inside = folded
            .split('(')
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let joined = outside.replace(" and ", "/").replace(['&', ',', ';', '、'], "/");
        let mut found: Vec<Self> = [outside]
            .into_iter()
            .chain(inside)
            .chain(joined.split('/'))
            .filter_map(Self::of)
            .collect();
        found.dedup();
        found
    }

    /// Whether a maker is this vendor, and whether all words that distinguish them are the same.
    pub fn is(&self, maker: &Self) -> Option<bool> {
        if self.core.concat() == maker.core.concat() {
            return Some(true);
        }
        let within = |a: &Self, b: &Self| {
            let mut parts = a.core.iter().zip(&a.sounds);
            parts.all(|(word, sound)| b.core.contains(word) || b.sounds.iter().any(|other| sound.is(other)))
        };
        let acronym = |a: &Self, b: &Self| {
            b.words.len() > 1 && b.initials.chars().count() > 1 && a.core.as_slice() == [b.initials.clone()]
        };
        let same = within(self, maker) || within(maker, self) || acronym(self, maker) || acronym(maker, self);
        same.then_some(false)
    }
}

/// Words that distinguish no product from another of the same maker.
#[rustfmt::skip]
const GENERIC: &[&str] = &[
    "software", "system", "systems", "device", "devices", "platform", "series", "product", "products",
    "unit", "units", "application", "app", "apps", "line", "version", "model", "models", "only", "the",
    "of", "and", "for", "with", "machine", "equipment", "medical", "ultrasound", "diagnostic", "wlan",
    "pump", "pumps", "monitor", "monitors", "iot", "装置", "機器", "医療機器", "システム", "ソフトウエア", "シリーズ", "モニタ",
    "モニター", "ポンプ",
];

/// A part of a product's name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    alternatives: Vec<String>,
    /// Models from one number to another, as in `MP20-MP90`.
    span: Option<(String, u64, u64)>,
    sound: Sound,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Says nothing by itself.
    Generic,
    /// A word of the name.
    Word,
    /// A number or letter of a model.
    Model,
    /// Need not be there.
    Spare,
}

fn kind(word: &str) -> Kind {
    let has_digit = word.contains(|c: char| c.is_ascii_digit());
    if GENERIC.contains(&word) {
        Kind::Generic
    } else if has_digit || word.chars().count() == 1 {
        Kind::Model
    } else {
        Kind::Word
    }
}

/// A product as an advisory names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    slots: Vec<Slot>,
    /// Codes of models, each of which identifies the product.
    codes: Vec<String>,
    /// Products that the name leaves out.
    excluded: Vec<Vec<String>>,
    /// Words of the vendor, which a name may begin with.
    vendor: Vec<String>,
}

/// How well a device's name is a product's, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The same.
    Same,
    /// The product's name and more.
    More,
    /// A variant of the product's model.
    Variant,
    /// The product's model, without all words of its name.
    Model,
    /// As far as the device's name goes.
    Part,
    /// One that the product's name leaves out.
    Excluded,
}

/// A registered device's name and model.
#[derive(Debug, Clone)]
pub(super) struct Registered {
    pub words: Vec<String>,
    sounds: Vec<Option<Sound>>,
}

impl Registered {
    pub fn of(name: &str, model: &str) -> Self {
        let words = tokens(&fold(&format!("{name} {model}")));
        Self {
            sounds: words.iter().map(|word| Sound::of_kana(word)).collect(),
            words,
        }
    }

    /// What it is looked up by: its words, each also without the number or the letters that it ends in, and neighbours as one word.
    pub fn keys(&self) -> BTreeSet<String> {
        let stems = self.words.iter().flat_map(|word| {
            let digits = word.find(|c: char| c.is_ascii_digit());
            let letters = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let family = digits.and_then(|at| word.get(..at));
            [family.unwrap_or_default(), letters]
        });
        let stems = stems.filter(|stem| !stem.is_empty()).map(str::to_owned);
        let pairs = self.words.windows(2).map(<[String]>::concat);
        self.words.iter().cloned().chain(stems).chain(pairs).collect()
    }

    /// Whether any word is in kana, which an advisory writes in Latin letters.
    pub fn has_kana(&self) -> bool {
        self.sounds.iter().any(Option::is_some)
    }
}

impl Slot {
    fn of(word: &str) -> Self {
        Self {
            alternatives: vec![word.to_owned()],
            span: None,
            sound: Sound::of(word),
            kind: kind(word),
        }
    }
}

impl Named {
    /// Takes a product's name apart; the vendor's own words before it are set aside unless nothing else is there.
    pub fn of(name: &str, models: &[String], vendors: &[Company]) -> Self {
        let folded = fold(name);
        let mut head = folded.as_str();
        let mut excluded = Vec::new();
        for mark in [
            ", not including ",
            " not including ",
            " except ",
            " excluding ",
            "(except ",
            "(excluding ",
        ] {
            if let Some((before, after)) = head.split_once(mark) {
                head = before;
                excluded.extend(after.trim_end_matches(')').split(" and ").map(tokens));
            }
        }
        let mut codes: Vec<String> = models.iter().map(|model| tokens(&fold(model)).concat()).collect();
        let mut outside = String::new();
        for (index, piece) in head.split(['(', ')']).enumerate() {
            // What stands in brackets helps where it is there: codes identify, other words say nothing that must be there.
            if index % 2 == 1 || piece.trim_start().starts_with(|c: char| c.is_ascii_digit()) && index > 0 {
                codes.extend(
                    piece
                        .split_whitespace()
                        .flat_map(expand)
                        .filter(|code| is_code(code)),
                );
            } else {
                outside.push_str(piece);
                outside.push(' ');
            }
        }
        let mut slots: Vec<Slot> = outside.split_whitespace().flat_map(slots).collect();
        let vendor: Vec<String> = vendors.iter().flat_map(|vendor| &vendor.words).cloned().collect();
        let own = |slot: &Slot| slot.alternatives.iter().all(|word| vendor.contains(word));
        let lead = slots.iter().take_while(|slot| own(slot)).count();
        if slots.iter().skip(lead).any(Slot::tells) {
            slots.drain(..lead);
        }
        if !slots.iter().any(Slot::tells) {
            for slot in &mut slots {
                slot.kind = Kind::Word;
            }
        }
        Self {
            slots,
            codes,
            excluded,
            vendor,
        }
    }

    /// Words one of which every device that fits is found by, unless it is written in kana.
    pub fn keys(&self) -> Vec<String> {
        let telling = self.slots.iter().filter(|slot| slot.kind != Kind::Generic);
        let pairs = self.slots.windows(2).filter_map(|pair| match pair {
            [a, b] => Some(format!("{}{}", a.alternatives.first()?, b.alternatives.first()?)),
            _ => None,
        });
        let spans = telling
            .clone()
            .filter_map(|slot| Some(slot.span.as_ref()?.0.clone()));
        let words = telling.flat_map(|slot| &slot.alternatives).chain(&self.codes);
        words.cloned().chain(pairs).chain(spans).collect()
    }

    /// Words of each part that tells the product, one of each of which a device has that is it in full; or a code alone.
    pub fn parts(&self) -> impl Iterator<Item = &[String]> {
        let telling = self
            .slots
            .iter()
            .filter(|slot| slot.tells() && slot.span.is_none());
        telling.map(|slot| slot.alternatives.as_slice())
    }

    /// Codes of models.
    pub fn codes(&self) -> &[String] {
        &self.codes
    }

    /// Whether the name tells the product apart even where the maker is another.
    pub fn is_distinctive(&self) -> bool {
        let telling = self.slots.iter().filter(|slot| slot.tells());
        let model =
            |slot: &&Slot| slot.kind == Kind::Model && slot.alternatives.iter().all(|word| word.len() > 2);
        telling.clone().count() > 2 || telling.clone().count() > 1 && telling.clone().any(|slot| model(&slot))
    }

    /// Whether a device's name is this product's.
    pub fn fits(&self, device: &Registered, maker: Option<&Company>) -> Option<Fit> {
        let excluded =
            |words: &Vec<String>| !words.is_empty() && words.iter().all(|word| device.words.contains(word));
        if self.excluded.iter().any(excluded) {
            return Some(Fit::Excluded);
        }
        if self.codes.iter().any(|code| device.words.contains(code)) {
            return Some(Fit::Same);
        }
        let mut taken = vec![false; device.words.len()];
        let mut variant = false;
        let matched: Vec<bool> = self
            .slots
            .iter()
            .enumerate()
            .map(|(index, slot)| {
                slot.take(device, &mut taken, &mut variant) || self.joined(index, device, &mut taken)
            })
            .collect();
        let telling = || self.slots.iter().zip(&matched).filter(|(slot, _)| slot.tells());
        let (met, all) = (telling().filter(|(_, met)| **met).count(), telling().count());
        if met == 0 {
            return None;
        }
        let is_makers = |word: &String| {
            self.vendor.contains(word) || maker.is_some_and(|maker| maker.words.contains(word))
        };
        let rest = device.words.iter().zip(&taken).filter(|(word, taken)| {
            let says = kind(word) != Kind::Generic && !is_makers(word) && !FORMS.contains(&word.as_str());
            !**taken && says
        });
        let rest: Vec<&str> = rest.map(|(word, _)| word.as_str()).collect();
        if met == all {
            return Some(match (rest.is_empty(), variant) {
                (_, true) => Fit::Variant,
                (true, false) => Fit::Same,
                (false, false) => Fit::More,
            });
        }
        // Where both have something that the other lacks, they are two products, unless all numbers of the model agree; Japanese words
        // describe and do not distinguish, nor do editions.
        let mut others = rest
            .iter()
            .filter(|word| word.is_ascii() && !is_edition(word))
            .peekable();
        let mut models = telling().filter(|(slot, _)| slot.kind == Kind::Model).peekable();
        if models.peek().is_some() && models.all(|(_, met)| *met) {
            let plain = others.peek().is_none();
            let other_model = others.any(|word| kind(word) == Kind::Model);
            let fit = if plain { Fit::Model } else { Fit::Part };
            return (!other_model).then_some(fit);
        }
        (others.peek().is_none() && 2 * met >= all).then_some(Fit::Part)
    }

    /// Whether a device writes this slot and the next, or the one before, as one word.
    fn joined(&self, index: usize, device: &Registered, taken: &mut [bool]) -> bool {
        let pairs = [index.checked_sub(1).zip(Some(index)), Some((index, index + 1))];
        pairs.into_iter().flatten().any(|(a, b)| {
            let (Some(a), Some(b)) = (self.slots.get(a), self.slots.get(b)) else {
                return false;
            };
            let places = device.words.iter().zip(taken.iter_mut());
            let whole = |word: &String| {
                let parts = a
                    .alternatives
                    .iter()
                    .flat_map(|a| b.alternatives.iter().map(move |b| (a, b)));
                parts
                    .into_iter()
                    .any(|(a, b)| word.strip_prefix(a.as_str()) == Some(b.as_str()))
            };
            let mut found = false;
            for (word, taken) in places {
                if whole(word) {
                    (*taken, found) = (true, true);
                }
            }
            found
        })
    }
}

impl Slot {
    /// Whether it helps to tell the product from others.
    fn tells(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Model)
    }

    /// Takes the words of a device that are this slot's, and says whether there are any.
    fn take(&self, device: &Registered, taken: &mut [bool], variant: &mut bool) -> bool {
        let mut found = false;
        let mut near = None;
        for (place, word) in device.words.iter().enumerate() {
            let sound = device.sounds.get(place).and_then(Option::as_ref);
            let exact = self.alternatives.contains(word)
                || self.in_span(word)
                || self.kind == Kind::Word && sound.is_some_and(|sound| self.sound.is(sound));
            if exact {
                found = true;
                taken
                    .iter_mut()
                    .skip(place)
                    .take(1)
                    .for_each(|taken| *taken = true);
            } else if self.is_variant(word) {
                near = Some(place);
            }
        }
        // Two words of the device, written as one by the advisory.
        for (place, pair) in device.words.windows(2).enumerate() {
            if !found && self.alternatives.iter().any(|word| pair.concat() == *word) {
                found = true;
                taken
                    .iter_mut()
                    .skip(place)
                    .take(2)
                    .for_each(|taken| *taken = true);
            }
        }
        if let (false, Some(place)) = (found, near) {
            (found, *variant) = (true, true);
            taken
                .iter_mut()
                .skip(place)
                .take(1)
                .for_each(|taken| *taken = true);
        }
        found
    }

    fn in_span(&self, word: &str) -> bool {
        self.span.as_ref().is_some_and(|(prefix, low, high)| {
            let number = word.strip_prefix(prefix.as_str()).map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                rest.get(..end).unwrap_or_default()
            });
            let number = number.and_then(|number| number.parse::<u64>().ok());
            number.is_some_and(|number| (*low..=*high).contains(&number))
        })
    }

    /// A model with letters after it, or a family's name with a number.
    fn is_variant(&self, word: &str) -> bool {
        let tail = |own: &String| word.strip_prefix(own.as_str()).filter(|tail| !tail.is_empty());
        self.alternatives.iter().any(|own| {
            tail(own).is_some_and(|tail| match self.kind {
                Kind::Model => {
                    own.len() > 1 && tail.len() < 3 && tail.bytes().all(|byte| byte.is_ascii_alphabetic())
                }
                Kind::Word => own.len() > 1 && tail.bytes().all(|byte| byte.is_ascii_digit()),
                Kind::Generic | Kind::Spare => false,
            })
        })
    }
}

/// A word that tells editions of a product apart, not products.
fn is_edition(word: &str) -> bool {
    let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = word.len() - stem.len();
    matches!(
        word,
        "plus" | "jp" | "j" | "us" | "eu" | "new" | "type" | "kit" | "set"
    ) || number < 3 && matches!(stem, "rev" | "r" | "ver" | "v" | "mk" | "gen")
}

/// A number of a model that is long enough to identify it.
fn is_code(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() > 4 && digits > 1
}

/// The alternatives of a word with slashes: `mx800/700/600`, `865240/41/42`, `m8105a/5as`; a piece that is shorter stands in the place of the
/// end of the first, or after its letters.
fn expand(word: &str) -> Vec<String> {
    let mut pieces = word
        .split('/')
        .map(|piece| tokens(piece).concat())
        .filter(|piece| !piece.is_empty());
    let Some(first) = pieces.next() else {
        return Vec::new();
    };
    let letters = first.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let mut found = vec![first.clone()];
    for piece in pieces {
        if piece.starts_with(|c: char| c.is_ascii_digit()) {
            if letters > 0 {
                found.push(format!("{}{piece}", first.get(..letters).unwrap_or_default()));
            }
            let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
            let kept = first.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let kept = kept.len().saturating_sub(digits(&piece));
            found.push(format!("{}{piece}", first.get(..kept).unwrap_or_default()));
        }
        found.push(piece);
    }
    found
}

/// The slots of a word of a product's name.
fn slots(word: &str) -> Vec<Slot> {
    let word = word.trim_matches([',', ';', ':', '#', '-']);
    if let Some(span) = span(word) {
        let first = word.split('-').next().unwrap_or_default();
        return vec![Slot {
            span: Some(span),
            kind: Kind::Model,
            ..Slot::of(first)
        }];
    }
    if !word.contains('/') {
        return tokens(word).iter().map(|token| Slot::of(token)).collect();
    }
    let (numbered, plain): (Vec<String>, Vec<String>) = expand(word)
        .into_iter()
        .partition(|word| kind(word) == Kind::Model);
    // `150c/BUR 150c`: the word after the slash begins another name of the same thing.
    let (main, spare) = if numbered.is_empty() {
        (plain, numbered)
    } else {
        (numbered, plain)
    };
    let spare = spare.into_iter().map(|word| Slot {
        kind: Kind::Spare,
        ..Slot::of(&word)
    });
    let first = main.first().cloned().unwrap_or_default();
    std::iter::once(Slot {
        alternatives: main,
        ..Slot::of(&first)
    })
    .chain(spare)
    .collect()
}

/// `mp20-mp90` as letters and the two numbers.
fn span(word: &str) -> Option<(String, u64, u64)> {
    let (low, high) = word.split_once('-')?;
    let at = low.find(|c: char| c.is_ascii_digit())?;
    let (prefix, number) = low.split_at_checked(at)?;
    let high = high.strip_prefix(prefix).filter(|_| !prefix.is_empty())?;
    let (low, high) = (number.parse().ok()?, high.parse().ok()?);
    (low < high).then(|| (prefix.to_owned(), low, high))
}
