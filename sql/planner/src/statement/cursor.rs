//! The tokens of one statement and the place among them: what every statement's parser reads from.
//!
//! Keywords are compared as words without regard to case, so that ours need not be known to the SQL parser; expressions, types and queries are
//! parsed by DataFusion's parser on the tokens from here on.

use crate::error::{Error, Location, Result};
use crate::text::SourceText;
use crate::text::did_you_mean;
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

pub(crate) const DIALECT: GenericDialect = GenericDialect {};

/// Nested expressions and queries deeper than this are refused.
const DEPTH_MAX: usize = 50;

/// A position in the tokens of one statement.
pub(crate) struct Cursor<'a> {
    pub(super) parser: Parser<'a>,
    pub(super) text: &'a SourceText,
    /// One past the statement's last token.
    end: Location,
}

impl<'a> Cursor<'a> {
    /// At the start of `tokens`, which hold no semicolon.
    pub(super) fn new(tokens: Vec<TokenWithSpan>, end: Location, text: &'a SourceText) -> Cursor<'a> {
        let parser = Parser::new(&DIALECT).with_recursion_limit(DEPTH_MAX).with_tokens_with_locations(tokens);
        Cursor { parser, text, end }
    }

    /// Where the next token stands.
    pub(super) fn location(&self) -> Location {
        location_of(self.parser.peek_token_ref()).unwrap_or(self.end)
    }

    /// The end of the statement.
    pub(super) fn end(&self) -> Location {
        self.end
    }

    /// Whether nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.parser.peek_token_ref().token == Token::EOF
    }

    /// Whether the next tokens are these words or signs; an alternative may be written `A|B`.
    pub(super) fn peek(&self, words: &str) -> bool {
        words.split(' ').enumerate().all(|(index, alternatives)| {
            let token = &self.parser.peek_nth_token_ref(index).token;
            alternatives.split('|').any(|word| matches_word(token, word))
        })
    }

    /// Passes these words if they come next.
    pub(super) fn take(&mut self, words: &str) -> bool {
        let found = self.peek(words);
        if found {
            words.split(' ').for_each(|_| self.parser.advance_token());
        }
        found
    }

    /// Passes these words or refuses.
    pub(super) fn expect(&mut self, words: &str) -> Result<()> {
        if self.take(words) {
            return Ok(());
        }
        let shown =
            words.split('|').map(|word| if word.starts_with(char::is_alphanumeric) { word.to_string() } else { format!("\"{word}\"") });
        Err(self.unexpected(&shown.collect::<Vec<_>>().join(" or ")))
    }

    /// Passes the next word, which must be one of `choices`; the error names the nearest.
    pub(super) fn choose<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T> {
        if let Some((_, choice)) = choices.iter().find(|(words, _)| self.peek(words)) {
            self.parser.advance_token();
            return Ok(*choice);
        }
        let names: Vec<&str> = choices.iter().map(|(words, _)| words.split('|').next().unwrap_or(words)).collect();
        let found = self.parser.peek_token_ref().token.to_string();
        Err(self.unexpected(&one_of(&names)).with_hint_if(did_you_mean(&found, names.iter().copied())))
    }

    /// The refusal of the next token.
    pub(super) fn unexpected(&self, expected: &str) -> Error {
        let found = match &self.parser.peek_token_ref().token {
            Token::EOF => "the end of the statement".to_string(),
            token => format!("\"{token}\""),
        };
        Error::invalid(format!("expected {expected}, found {found}")).at(self.location())
    }

    /// Refuses what is left of the statement.
    pub(super) fn finish(&self) -> Result<()> {
        if self.at_end() { Ok(()) } else { Err(self.unexpected("the end of the statement or \";\"")) }
    }

    /// Something the SQL parser parses from here.
    pub(super) fn sql<T>(&mut self, parse: impl FnOnce(&mut Parser<'a>) -> Result<T, ParserError>) -> Result<T> {
        let start = self.location();
        parse(&mut self.parser).map_err(|error| from_parser(error, start, self.end))
    }
}

/// Where a token stands; `None` for the end of the text.
pub(super) fn location_of(token: &TokenWithSpan) -> Option<Location> {
    let start = token.span.start;
    (start.line > 0).then_some(Location { line: start.line, column: start.column })
}

fn matches_word(token: &Token, word: &str) -> bool {
    match token {
        Token::Word(Word { value, quote_style: None, .. }) => value.eq_ignore_ascii_case(word),
        Token::Word(_) | Token::SingleQuotedString(_) | Token::EOF => false,
        sign => !word.starts_with(|c: char| c.is_alphanumeric()) && sign.to_string() == word,
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_string(),
        [names @ .., last] => format!("{} or {last}", names.join(", ")),
    }
}

/// A parser's error, whose place stands at the end of its message.
pub(crate) fn from_parser(error: ParserError, start: Location, end: Location) -> Error {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return Error::invalid("the statement is nested too deeply")
                .with_detail(format!("the limit is {DEPTH_MAX} levels of parentheses and calls"))
                .with_hint("split the statement, for example with CREATE STREAM … AS SELECT for a part of it")
                .at(start);
        }
    };
    let (text, location) = split_location(&message);
    let text = text.replacen("Expected: ", "expected ", 1).replacen(", found: ", ", found ", 1);
    let text = text.replace("found EOF", "found the end of the statement");
    let mut characters = text.chars();
    let lower = characters.next().map(|first| first.to_lowercase().chain(characters).collect::<String>());
    Error::invalid(lower.unwrap_or_else(|| "syntax error".to_string())).at(location.unwrap_or(end))
}

/// Splits `message at Line: 1, Column: 2`.
fn split_location(message: &str) -> (&str, Option<Location>) {
    let parsed = message.rsplit_once(" at Line: ").and_then(|(text, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((text, Location { line: line.parse().ok()?, column: column.parse().ok()? }))
    });
    match parsed {
        Some((text, location)) => (text, (location.line > 0).then_some(location)),
        None => (message, None),
    }
}
