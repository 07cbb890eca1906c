//! Names of relations, columns and connectors: without regard to case unless quoted.

use super::cursor::Cursor;
use crate::error::{Error, Location, Result};
use std::fmt;

/// A name as meant: lower case, or exactly as written between double quotes.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name.
    pub text: String,
    pub(crate) location: Location,
}

impl Name {
    /// The error, pointing at the name.
    pub fn place(&self, error: Error) -> Error {
        error.at(self.location)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The next token as a name.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Name> {
    let location = cursor.location();
    if cursor.at_end() || cursor.peek("(|,|)|=|.") {
        return Err(cursor.unexpected("a name"));
    }
    let ident = cursor.sql(|parser| parser.parse_identifier()).map_err(|_| cursor.unexpected("a name"))?;
    let text = if ident.quote_style.is_some() { ident.value } else { ident.value.to_lowercase() };
    if cursor.peek(".") {
        return Err(cursor.unexpected("a name without a schema"));
    }
    Ok(Name { text, location })
}
