//! What a text is found by. Texts are folded to one spelling; Chinese and Japanese characters are indexed by ones and twos (no dictionary knows
//! the names of devices), all else by words and their beginnings. The same cutting serves texts and queries, so that whatever stands in a text
//! finds it, and a database has to compare for equality alone.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::kana_and_kanji::plain;

/// As much of a word as counts, in characters: longer ones that begin alike are found together.
const WORD: usize = 16;

/// A text in the spelling that is searched: half and full width, case, kana and old kanji do not matter any more. Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.nfkc().flat_map(char::to_lowercase);
    // Again after the change: without a long vowel between them two marks may have come together.
    lower.filter_map(plain).nfkc().collect()
}

/// What a text is indexed by, sorted, each once: characters, pairs of neighbouring characters, and words with all their beginnings.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = BTreeSet::new();
    for stretch in stretches(&fold(text)) {
        match stretch {
            Stretch::Word(word) => {
                let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
                tokens.extend(ends.map(|end| word[..end].to_owned()));
            }
            Stretch::Characters(characters) => {
                tokens.extend(pairs(&characters));
                tokens.extend(characters.iter().map(char::to_string));
            }
        }
    }
    tokens.into_iter().collect()
}

/// The tokens that a text must all have for a query to find it, sorted, each once: a word as far as it was typed, characters by twos, one
/// character alone by itself.
pub fn terms(query: &str) -> Vec<String> {
    let mut terms = BTreeSet::new();
    for stretch in stretches(&fold(query)) {
        match stretch {
            Stretch::Word(word) => terms.extend([word]),
            Stretch::Characters(characters) => match characters.as_slice() {
                [one] => terms.extend([one.to_string()]),
                several => terms.extend(pairs(several)),
            },
        }
    }
    terms.into_iter().collect()
}

enum Stretch {
    Characters(Vec<char>),
    Word(String),
}

fn stretches(folded: &str) -> Vec<Stretch> {
    let mut stretches = vec![];
    for c in folded.chars().chain([' ']) {
        match stretches.last_mut() {
            Some(Some(Stretch::Characters(characters))) if is_ideograph(c) => characters.push(c),
            Some(Some(Stretch::Word(word))) if is_of_a_word(c) => {
                if word.chars().count() < WORD {
                    word.push(c);
                }
            }
            _ if is_ideograph(c) => stretches.push(Some(Stretch::Characters(vec![c]))),
            _ if is_of_a_word(c) => stretches.push(Some(Stretch::Word(c.to_string()))),
            _ => stretches.push(None),
        }
    }
    stretches.into_iter().flatten().collect()
}

/// Kana and kanji, which are written without spaces.
fn is_ideograph(c: char) -> bool {
    matches!(c,
        '々'..='〇' | 'ぁ'..='ゖ' | 'ゝ'..='ゟ' | 'ァ'..='ヺ' | 'ヽ'..='ヿ'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() && !is_ideograph(c)
}

fn pairs(characters: &[char]) -> impl Iterator<Item = String> + '_ {
    characters.windows(2).map(|pair| pair.iter().collect())
}
