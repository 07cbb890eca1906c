//! `WITH (key = 'value', …)`: keys quoted or bare (dots allowed), values text, numbers or booleans.

use super::cursor::Cursor;
use crate::error::{Error, Location, Result};
use datafusion::sql::sqlparser::tokenizer::Token;

/// One entry of a `WITH` list.
#[derive(Clone, Debug)]
pub struct OptionEntry {
    /// The key, as written.
    pub key: String,
    /// The value, as text.
    pub value: String,
    pub(crate) key_location: Location,
    pub(crate) value_location: Location,
}

/// The list after `WITH`, or nothing if there is no `WITH`.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Vec<OptionEntry>> {
    let mut entries: Vec<OptionEntry> = Vec::new();
    if !cursor.take("WITH") {
        return Ok(entries);
    }
    cursor.expect("(")?;
    while !cursor.take(")") {
        if !entries.is_empty() {
            cursor.expect(",|)")?;
            if cursor.take(")") {
                break;
            }
        }
        let entry = parse_entry(cursor)?;
        if entries.iter().any(|earlier| earlier.key == entry.key) {
            return Err(Error::invalid(format!("option \"{}\" is given twice", entry.key)).at(entry.key_location));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn parse_entry(cursor: &mut Cursor<'_>) -> Result<OptionEntry> {
    let key_location = cursor.location();
    let key = parse_key(cursor)?;
    cursor.expect("=")?;
    let value_location = cursor.location();
    let negative = cursor.take("-");
    let value = match &cursor.parser.peek_token_ref().token {
        Token::SingleQuotedString(text) if !negative => text.clone(),
        Token::Number(number, _) => format!("{}{number}", if negative { "-" } else { "" }),
        Token::Word(word) if !negative && ["true", "false"].contains(&word.value.to_lowercase().as_str()) => word.value.to_lowercase(),
        _ => return Err(cursor.unexpected(&format!("a value for option \"{key}\" in single quotes"))),
    };
    cursor.parser.advance_token();
    Ok(OptionEntry { key, value, key_location, value_location })
}

fn parse_key(cursor: &mut Cursor<'_>) -> Result<String> {
    let mut key = String::new();
    loop {
        match &cursor.parser.peek_token_ref().token {
            Token::SingleQuotedString(text) if key.is_empty() => key = text.clone(),
            Token::Word(word) => key += &word.value,
            _ => return Err(cursor.unexpected("an option name")),
        }
        cursor.parser.advance_token();
        if !cursor.take(".") {
            return Ok(key);
        }
        key.push('.');
    }
}
