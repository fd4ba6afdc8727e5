//! From words to the tree, by recursive descent. Precedence and associativity live in two tables: the order of
//! [`Binding`](crate::ast::Binding) and the loop in `binary`. It must never run out of stack, whatever it is given.

use std::ops::Range;

use crate::ast::{BinaryOp, Binding, Expr, ExprKind};
use crate::fault::{Fault, nearest};
use crate::function::Function;
use crate::lexer::{Token, lex};

/// Deepest nesting of parentheses, signs, powers and calls.
const MAX_NESTING: usize = 100;
/// Most operators between two operands in one formula.
const MAX_OPERATORS: usize = 2_000;

const KEYWORDS: [&str; 8] = ["or", "and", "not", "if", "then", "else", "where", "at"];

/// Reads a formula.
///
/// # Errors
/// The first fault, with its place.
pub fn parse(source: &str) -> Result<Expr, Fault> {
    let mut parser = Parser {
        tokens: lex(source)?,
        position: 0,
        nesting: 0,
        operators: 0,
    };
    let expr = parser.expression()?;
    match parser.token() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("演算子か式の終わり", "an operator or the end of the formula")),
    }
}

struct Parser {
    /// Never empty: the last is [`Token::End`].
    tokens: Vec<(Token, Range<usize>)>,
    position: usize,
    nesting: usize,
    operators: usize,
}

impl Parser {
    fn token(&self) -> &Token {
        &self.tokens[self.position].0
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.position].1.clone()
    }

    /// End of the last word read.
    fn end(&self) -> usize {
        self.tokens[self.position.saturating_sub(1)].1.end
    }

    fn advance(&mut self) {
        self.position = (self.position + 1).min(self.tokens.len() - 1);
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.token(), Token::Symbol(found) if *found == symbol)
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self.token(), Token::Word(found) if found == keyword)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    fn expect_symbol(&mut self, symbol: &'static str) -> Result<(), Fault> {
        if self.take_symbol(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("「{symbol}」"), &format!("“{symbol}”")))
    }

    fn expect_keyword(&mut self, keyword: &'static str) -> Result<(), Fault> {
        if self.take_keyword(keyword) {
            return Ok(());
        }
        Err(self.unexpected(&format!("「{keyword}」"), &format!("“{keyword}”")))
    }

    fn unexpected(&self, wanted_ja: &str, wanted_en: &str) -> Fault {
        if *self.token() == Token::End {
            return Fault::new(
                self.span(),
                "unexpected_end",
                format!("式が途中で終わっています。ここには{wanted_ja}が要ります。"),
                format!("The formula ends too early. Expected {wanted_en} here."),
            );
        }
        Fault::new(
            self.span(),
            "unexpected",
            format!("ここには{wanted_ja}が要ります。"),
            format!("Expected {wanted_en} here."),
        )
    }

    /// Goes one level deeper. Whoever enters leaves again, unless the formula is refused.
    fn enter(&mut self) -> Result<(), Fault> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            Err(self.too_deep())
        } else {
            Ok(())
        }
    }

    #[cold]
    fn too_deep(&self) -> Fault {
        Fault::new(
            self.span(),
            "too_deep",
            format!("入れ子が深すぎます（{MAX_NESTING} 段まで）。名前を付けた部分式に分けてください。"),
            format!("Nested too deeply (the limit is {MAX_NESTING}). Split the formula into named parts."),
        )
    }

    #[cold]
    fn too_many_operators(&self) -> Fault {
        Fault::new(
            self.span(),
            "too_long",
            format!("演算子が多すぎます（{MAX_OPERATORS} 個まで）。名前を付けた部分式に分けてください。"),
            format!("Too many operators (the limit is {MAX_OPERATORS}). Split the formula into named parts."),
        )
    }

    #[cold]
    fn chained_comparison(&self) -> Fault {
        Fault::new(
            self.span(),
            "chained_comparison",
            "比較は続けて書けません。",
            "Comparisons do not chain.",
        )
        .hint(
            "a < b and b < c のように書いてください。",
            "Write a < b and b < c.",
        )
    }

    fn expression(&mut self) -> Result<Expr, Fault> {
        self.enter()?;
        let expr = self.binary(Binding::Or)?;
        self.nesting -= 1;
        Ok(expr)
    }

    fn operator(&self) -> Option<BinaryOp> {
        Some(match self.token() {
            Token::Word(word) if word == "or" => BinaryOp::Or,
            Token::Word(word) if word == "and" => BinaryOp::And,
            Token::Symbol("=") => BinaryOp::Equal,
            Token::Symbol("!=") => BinaryOp::NotEqual,
            Token::Symbol("<") => BinaryOp::Less,
            Token::Symbol("<=") => BinaryOp::AtMost,
            Token::Symbol(">") => BinaryOp::Greater,
            Token::Symbol(">=") => BinaryOp::AtLeast,
            Token::Symbol("+") => BinaryOp::Add,
            Token::Symbol("-") => BinaryOp::Subtract,
            Token::Symbol("*") => BinaryOp::Multiply,
            Token::Symbol("/") => BinaryOp::Divide,
            _ => return None,
        })
    }

    /// A chain of operators that bind at least as tightly as `least`, to the left.
    fn binary(&mut self, least: Binding) -> Result<Expr, Fault> {
        let mut left = self.prefix()?;
        let mut compared = false;
        while let Some(op) = self.operator() {
            if op.binding() < least {
                break;
            }
            let comparison = op.binding() == Binding::Comparison;
            if comparison && compared {
                return Err(self.chained_comparison());
            }
            compared = comparison;
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return Err(self.too_many_operators());
            }
            self.advance();
            let tighter = match op.binding() {
                Binding::Or => Binding::And,
                Binding::And => Binding::Comparison,
                Binding::Comparison => Binding::Sum,
                Binding::Sum => Binding::Product,
                _ => Binding::Sign,
            };
            let right = self.binary(tighter)?;
            let span = left.span.start..right.span.end;
            left = Expr::new(ExprKind::Binary(op, Box::new(left), Box::new(right)), span);
        }
        Ok(left)
    }

    /// `not c`, `-x`, `+x`, or a power.
    fn prefix(&mut self) -> Result<Expr, Fault> {
        let start = self.span().start;
        if self.take_keyword("not") {
            self.enter()?;
            let operand = self.binary(Binding::Comparison)?;
            self.nesting -= 1;
            let span = start..operand.span.end;
            return Ok(Expr::new(ExprKind::Not(Box::new(operand)), span));
        }
        if self.take_symbol("-") {
            let operand = self.nested_prefix()?;
            let span = start..operand.span.end;
            return Ok(Expr::new(ExprKind::Negate(Box::new(operand)), span));
        }
        if self.take_symbol("+") {
            return self.nested_prefix();
        }
        let base = self.postfix()?;
        if !self.take_symbol("^") {
            return Ok(base);
        }
        let exponent = self.nested_prefix()?;
        let span = start..exponent.span.end;
        Ok(Expr::new(
            ExprKind::Binary(BinaryOp::Power, Box::new(base), Box::new(exponent)),
            span,
        ))
    }

    fn nested_prefix(&mut self) -> Result<Expr, Fault> {
        self.enter()?;
        let operand = self.prefix()?;
        self.nesting -= 1;
        Ok(operand)
    }

    fn postfix(&mut self) -> Result<Expr, Fault> {
        let expr = self.atom()?;
        if !self.is_symbol("[") {
            return Ok(expr);
        }
        if !matches!(expr.kind, ExprKind::Name(_)) {
            return Err(Fault::new(
                self.span(),
                "not_a_series",
                "[ ] で年を選べるのは、名前の付いた系列だけです。",
                "Only a named series can be indexed with [ ].",
            ));
        }
        self.advance();
        let period = self.expression()?;
        self.expect_symbol("]")?;
        let span = expr.span.start..self.end();
        Ok(Expr::new(ExprKind::Index(Box::new(expr), Box::new(period)), span))
    }

    fn atom(&mut self) -> Result<Expr, Fault> {
        let span = self.span();
        let kind = match self.token().clone() {
            Token::Quantity(quantity) => ExprKind::Quantity(quantity),
            Token::Period(period) => ExprKind::Period(period),
            Token::Text(text) => ExprKind::Text(text),
            Token::Symbol("(") => return self.parenthesised(),
            Token::Word(word) if word == "if" => return self.choice(),
            Token::Word(word) if word == "at" => ExprKind::At,
            Token::Word(word) if !KEYWORDS.contains(&word.as_str()) => {
                self.advance();
                return if self.is_symbol("(") {
                    self.call(&word, span)
                } else {
                    Ok(Expr::new(ExprKind::Name(word), span))
                };
            }
            _ => return Err(self.unexpected("数か名前", "a number or a name")),
        };
        self.advance();
        Ok(Expr::new(kind, span))
    }

    fn parenthesised(&mut self) -> Result<Expr, Fault> {
        self.advance();
        let inner = self.expression()?;
        self.expect_symbol(")")?;
        Ok(inner)
    }

    fn choice(&mut self) -> Result<Expr, Fault> {
        let start = self.span().start;
        self.advance();
        let condition = self.expression()?;
        self.expect_keyword("then")?;
        let then = self.expression()?;
        self.expect_keyword("else")?;
        let otherwise = self.expression()?;
        let span = start..otherwise.span.end;
        Ok(Expr::new(
            ExprKind::If(Box::new(condition), Box::new(then), Box::new(otherwise)),
            span,
        ))
    }

    fn call(&mut self, name: &str, span: Range<usize>) -> Result<Expr, Fault> {
        let function = Function::find(name).ok_or_else(|| unknown_function(name, span.clone()))?;
        self.advance();
        let mut arguments = Vec::new();
        if !self.is_symbol(")") {
            arguments.push(self.expression()?);
            while self.take_symbol(",") {
                arguments.push(self.expression()?);
            }
        }
        let place = self.span();
        let filter = if self.take_keyword("where") {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.expect_symbol(")")?;
        if filter.is_some() && !function.filters() {
            return Err(Fault::new(
                place,
                "no_filter",
                format!("{name} では where を使えません。"),
                format!("{name} takes no where."),
            )
            .hint(
                "where が使えるのは sum、count、mean、median、quantile、ratio_total です。",
                "where belongs to sum, count, mean, median, quantile and ratio_total.",
            ));
        }
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            let wanted = if least == most {
                least.to_string()
            } else {
                format!("{least}–{most}")
            };
            let given = arguments.len();
            return Err(Fault::new(
                span.start..self.end(),
                "arity",
                format!("{name} の引数は {wanted} 個ですが、{given} 個あります。"),
                format!("{name} takes {wanted} arguments, not {given}."),
            ));
        }
        Ok(Expr::new(
            ExprKind::Call(function, arguments, filter),
            span.start..self.end(),
        ))
    }
}

fn unknown_function(name: &str, span: Range<usize>) -> Fault {
    let shown: String = name.chars().take(60).collect();
    let fault = Fault::new(
        span,
        "unknown_function",
        format!("「{shown}」という関数はありません。"),
        format!("There is no function “{shown}”."),
    );
    match nearest(name, Function::names()) {
        Some(function) => fault.hint(
            format!("「{function}」ですか。"),
            format!("Did you mean “{function}”?"),
        ),
        None => fault,
    }
}
