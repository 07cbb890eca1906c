//! The `EMIT` clause at the end of a continuous query; it is taken out of the tokens before the SQL parser sees them.

use super::cursor::location_of;
use crate::error::{Error, Location, Result};
use crate::plan::EmitMode;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// Removes the clause from `tokens`, if there is one outside parentheses.
pub(super) fn remove(tokens: &mut Vec<TokenWithSpan>, end: Location) -> Result<Option<EmitMode>> {
    let mut depth = 0i32;
    let mut found = None;
    for (index, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            // A column of this name is followed by a comma, an operator or FROM.
            _ if depth == 0 && index > 1 && is_word(token, "EMIT") && starts_clause(&tokens[index + 1..]) => found = Some(index),
            _ => {}
        }
    }
    let Some(start) = found else { return Ok(None) };
    let (mode, length) = parse(&tokens[start..], end)?;
    tokens.drain(start..start + length);
    Ok(Some(mode))
}

fn parse(tokens: &[TokenWithSpan], end: Location) -> Result<(EmitMode, usize)> {
    let words = |expected: &[&str]| {
        expected.iter().enumerate().all(|(index, word)| tokens.get(index + 1).is_some_and(|token| is_word(token, word)))
    };
    if words(&["CHANGES"]) {
        Ok((EmitMode::Changes, 2))
    } else if words(&["ON", "WINDOW", "CLOSE"]) {
        Ok((EmitMode::OnWindowClose, 4))
    } else {
        let location = tokens.get(1).and_then(location_of).unwrap_or(end);
        Err(Error::invalid("EMIT takes CHANGES or ON WINDOW CLOSE").at(location))
    }
}

fn starts_clause(following: &[TokenWithSpan]) -> bool {
    match following.first() {
        None => true,
        Some(token) => ["CHANGES", "CHANGE", "FINAL", "ON", "WINDOW"].iter().any(|word| is_word(token, word)),
    }
}

fn is_word(token: &TokenWithSpan, expected: &str) -> bool {
    matches!(&token.token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(expected))
}
