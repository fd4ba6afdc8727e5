//! What a text is found by. Texts are folded to one spelling; Chinese and Japanese characters are indexed by twos (no dictionary knows the names of
//! devices), all else by words. The same cutting serves texts and queries, so that whatever stands in a text finds it.

use unicode_normalization::UnicodeNormalization;

use crate::kana_and_kanji::plain;

/// The longest word that is kept whole; a longer one is found by its beginning.
const WORD: usize = 40;

/// A text in the spelling that is searched: half and full width, case, kana and old kanji do not matter any more. Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.nfkc().flat_map(char::to_lowercase);
    // Again after the change: without a long vowel between them two marks may have come together.
    lower.filter_map(plain).nfkc().collect()
}

/// What a text is indexed by, sorted, each once: pairs of neighbouring characters, the last character of each stretch (so that one character alone
/// finds by the beginnings of tokens), and words.
pub fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![];
    for stretch in stretches(&fold(text)) {
        match stretch {
            Stretch::Word(word) => tokens.push(word),
            Stretch::Characters(characters) => {
                tokens.extend(pairs(&characters));
                tokens.extend(characters.last().map(char::to_string));
            }
        }
    }
    tokens.sort();
    tokens.dedup();
    tokens
}

/// One condition of a search.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// The token, or its beginning.
    pub text: String,
    /// Whether a token that begins with the text will do.
    pub prefix: bool,
}

/// What a text's tokens have to hold for a query to find it: all of these. Two characters or more are pairs as they stand; one character alone,
/// and a word, is the beginning of a token.
pub fn terms(query: &str) -> Vec<Term> {
    let term = |text: String, prefix| Term { text, prefix };
    let mut terms = vec![];
    for stretch in stretches(&fold(query)) {
        match stretch {
            Stretch::Word(word) => terms.push(term(word, true)),
            Stretch::Characters(characters) => match characters.as_slice() {
                [one] => terms.push(term(one.to_string(), true)),
                several => terms.extend(pairs(several).map(|pair| term(pair, false))),
            },
        }
    }
    terms.sort();
    terms.dedup();
    terms
}

/// Whether sorted tokens hold all terms: what a database answers, said in one line.
pub fn finds(terms: &[Term], tokens: &[String]) -> bool {
    terms.iter().all(|term| {
        let place = tokens.partition_point(|token| *token < term.text);
        tokens
            .get(place)
            .is_some_and(|token| *token == term.text || (term.prefix && token.starts_with(&term.text)))
    })
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
