//! A query, with its `EMIT` clause apart: `SELECT … [EMIT CHANGES | EMIT ON WINDOW CLOSE] [LIMIT n]`

use super::cursor::{Cursor, location_of};
use super::{Statement, emit};
use crate::error::{Location, Result};
use crate::plan::EmitMode;
use datafusion::sql::sqlparser::ast::Query;
use datafusion::sql::sqlparser::tokenizer::Token;
use std::fmt;

/// A parsed query and where it begins. `Display` writes it in one canonical form.
#[derive(Clone, Debug)]
pub struct QueryText {
    pub(crate) query: Box<Query>,
    pub(crate) location: Location,
}

impl fmt::Display for QueryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.query)
    }
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let (query, emit) = parse_query(cursor)?;
    Ok(Statement::Select { query, emit })
}

/// The rest of the statement as a query.
pub(super) fn parse_query(cursor: &mut Cursor<'_>) -> Result<(QueryText, Option<EmitMode>)> {
    let location = cursor.location();
    let mut tokens = Vec::new();
    while cursor.parser.peek_token_ref().token != Token::EOF {
        tokens.push(cursor.parser.next_token());
    }
    let end = cursor.end();
    let emit = emit::remove(&mut tokens, end)?;
    let mut inner = Cursor::new(tokens, end, cursor.text);
    debug_assert!(location_of(inner.parser.peek_token_ref()).is_none_or(|first| first >= location));
    let query = inner.sql(|parser| parser.parse_query())?;
    inner.finish()?;
    Ok((QueryText { query, location }, emit))
}
