//! From text to words. Full-width forms are read as their ASCII counterparts, spans stay those of the source. A figure takes its
//! unit with it: `149円/ドル` is one word. It must never guess at a unit it does not know.

use std::ops::Range;

use vocab::quantity::number_length;
use vocab::unit::fold_width;
use vocab::{Number, Period, Quantity, Unit};

use crate::fault::{Fault, nearest};

/// Longest formula in bytes.
const MAX_LENGTH: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Quantity(Quantity),
    Period(Period),
    Text(String),
    /// A name, a function or a keyword.
    Word(String),
    Symbol(&'static str),
    End,
}

/// Symbols and what they are read as, longest first.
const SYMBOLS: &[(&str, &str)] = &[
    ("**", "^"),
    ("==", "="),
    ("!=", "!="),
    ("<>", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("≠", "!="),
    ("≤", "<="),
    ("≦", "<="),
    ("≥", ">="),
    ("≧", ">="),
    ("×", "*"),
    ("÷", "/"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("^", "^"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    (",", ","),
];

pub(crate) fn lex(source: &str) -> Result<Vec<(Token, Range<usize>)>, Fault> {
    if source.len() > MAX_LENGTH {
        return Err(Fault::new(
            0..0,
            "too_long",
            "式が長すぎます（64 KiB まで）。名前を付けた部分式に分けてください。",
            "The formula is too long (the limit is 64 KiB). Split it into named parts.",
        ));
    }
    let mut lexer = Lexer {
        original: source.chars().collect(),
        folded: source.chars().map(fold_width).collect(),
        ascii: source
            .chars()
            .map(fold_width)
            .map(|c| if c.is_ascii() { c } else { '\0' })
            .collect(),
        offsets: source
            .char_indices()
            .map(|(offset, _)| offset)
            .chain([source.len()])
            .collect(),
        position: 0,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks();
        let start = lexer.position;
        let token = lexer.token()?;
        let end = token == Token::End;
        tokens.push((token, lexer.span(start)));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer {
    original: Vec<char>,
    folded: Vec<char>,
    /// The same with a NUL for all that is not ASCII, so that a character's number is also its byte.
    ascii: String,
    /// Byte offset of each character, and the length of the source.
    offsets: Vec<usize>,
    position: usize,
}

impl Lexer {
    fn span(&self, start: usize) -> Range<usize> {
        self.offsets[start]..self.offsets[self.position]
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.folded.get(self.position + ahead).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(character) = self.peek(0) {
            if character == '#' {
                while self.peek(0).is_some_and(|character| character != '\n') {
                    self.position += 1;
                }
            } else if character.is_whitespace() {
                self.position += 1;
            } else {
                break;
            }
        }
    }

    fn token(&mut self) -> Result<Token, Fault> {
        let Some(character) = self.peek(0) else {
            return Ok(Token::End);
        };
        if character.is_ascii_digit()
            || character == '.' && self.peek(1).is_some_and(|next| next.is_ascii_digit())
        {
            return self.figure();
        }
        if starts_word(character) {
            return Ok(self.word());
        }
        if character == '"' {
            return self.text();
        }
        let matches = |symbol: &str| symbol.chars().enumerate().all(|(i, c)| self.peek(i) == Some(c));
        if let Some(&(symbol, meaning)) = SYMBOLS.iter().find(|(symbol, _)| matches(symbol)) {
            self.position += symbol.chars().count();
            return Ok(Token::Symbol(meaning));
        }
        let start = self.position;
        self.position += 1;
        let character = self.original[start];
        Err(Fault::new(
            self.span(start),
            "unknown_symbol",
            format!("「{character}」は式では使えない記号です。"),
            format!("“{character}” means nothing in a formula."),
        ))
    }

    fn word(&mut self) -> Token {
        let word = self.run(0);
        self.position += word.chars().count();
        if let Ok(period) = word.parse::<Period>() {
            return Token::Period(period);
        }
        match Unit::word(&word) {
            Some(unit) => Token::Quantity(Quantity::new(&Number::ONE, unit)),
            None => Token::Word(word),
        }
    }

    /// The letters, digits, `_` and inner dots from here on.
    fn run(&self, ahead: usize) -> String {
        let rest = &self.folded[(self.position + ahead).min(self.folded.len())..];
        let mut length = usize::from(rest.first().is_some_and(|&first| starts_word(first)));
        while length > 0 && length < rest.len() {
            let inner_dot =
                rest[length] == '.' && rest.get(length + 1).is_some_and(|&next| starts_word(next));
            if !(continues_word(rest[length]) || inner_dot) {
                break;
            }
            length += 1;
        }
        rest[..length].iter().collect()
    }

    /// A number and its unit.
    fn figure(&mut self) -> Result<Token, Fault> {
        let start = self.position;
        let rest = &self.ascii[start..];
        let digits = &rest[..number_length(rest)];
        self.position += digits.len();
        let number: Number = digits
            .parse()
            .map_err(|refusal| Fault::at(&self.span(start), refusal))?;
        if self.peek(0) == Some('.') && self.peek(1).is_none_or(|next| next.is_ascii_digit()) {
            self.position += 1;
            return Err(Fault::new(
                self.span(start),
                "number",
                "小数点の使い方が正しくありません。7.3 のように書いてください。",
                "The decimal point is misplaced. Write 7.3.",
            ));
        }
        let unit = self.unit()?;
        Ok(Token::Quantity(Quantity::new(&number, unit)))
    }

    /// The unit after a number: at once or after spaces, then `/unit` as long as nothing stands between.
    fn unit(&mut self) -> Result<Unit, Fault> {
        let rest = &self.folded[self.position..];
        let spaces = rest.iter().take_while(|next| matches!(next, ' ' | '\t')).count();
        let Some((mut unit, length)) = self.unit_word(spaces) else {
            let stray = self.run(0);
            if stray.is_empty() {
                return Ok(Unit::plain());
            }
            let start = self.position;
            self.position += stray.chars().count();
            return Err(unknown_unit(&stray, self.span(start)));
        };
        self.position += spaces + length;
        while self.peek(0) == Some('/') {
            let Some((divisor, length)) = self.unit_word(1) else {
                break;
            };
            let known = unit.dim();
            if divisor.dim().is_none()
                || divisor
                    .dim()
                    .iter()
                    .any(|(base, _)| known.iter().any(|(b, _)| b == base))
            {
                break;
            }
            unit = unit.over(&divisor);
            self.position += 1 + length;
        }
        Ok(unit)
    }

    /// The unit word so far ahead, and its length in characters.
    fn unit_word(&self, ahead: usize) -> Option<(Unit, usize)> {
        let word = match self.peek(ahead)? {
            '%' if self.peek(ahead + 1) == Some('p') && self.peek(ahead + 2) == Some('t') => "%pt".to_owned(),
            sign @ ('%' | '‰') => sign.to_string(),
            _ => self.run(ahead),
        };
        Some((Unit::word(&word)?, word.chars().count()))
    }

    fn text(&mut self) -> Result<Token, Fault> {
        let start = self.position;
        let mut text = String::new();
        loop {
            self.position += 1;
            match self.peek(0) {
                None | Some('\n') => {
                    return Err(Fault::new(
                        self.span(start),
                        "open_text",
                        "文字列が閉じていません。終わりに \" を付けてください。",
                        "The text is not closed. End it with \".",
                    ));
                }
                Some('"') => break,
                Some('\\') if matches!(self.peek(1), Some('"' | '\\')) => {
                    self.position += 1;
                    text.push(self.original[self.position]);
                }
                Some(_) => text.push(self.original[self.position]),
            }
        }
        self.position += 1;
        Ok(Token::Text(text))
    }
}

fn starts_word(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn continues_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn unknown_unit(word: &str, span: Range<usize>) -> Fault {
    let word: String = word.chars().take(40).collect();
    let fault = Fault::new(
        span,
        "unknown_unit",
        format!("「{word}」という単位はありません。"),
        format!("There is no unit “{word}”."),
    );
    if matches!(word.as_str(), "年度" | "FY" | "CY") {
        return fault.hint(
            "年度は FY2024、暦年は CY2024 と書きます。",
            "Write a year as FY2024 or CY2024.",
        );
    }
    match nearest(&word, Unit::words()) {
        Some(unit) => fault.hint(format!("「{unit}」ですか。"), format!("Did you mean “{unit}”?")),
        None => fault.hint(
            "兆円、億ドル、円/ドル、%/年、件、社 などが使えます。かけ算なら × を書いてください。",
            "Units are 兆円, 億ドル, 円/ドル, %/年, 件, 社 and the like. Write × to multiply.",
        ),
    }
}
