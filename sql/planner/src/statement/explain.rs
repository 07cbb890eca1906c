//! `EXPLAIN statement`: what a query or CREATE … AS SELECT would run, without running it.

use super::cursor::Cursor;
use super::{Statement, script};
use crate::error::{Error, Result};

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let location = cursor.location();
    if cursor.peek("EXPLAIN") {
        return Err(cursor.unexpected("SELECT or CREATE"));
    }
    match script::parse_statement(cursor)? {
        statement @ Statement::Select { .. } => Ok(Statement::Explain(Box::new(statement))),
        Statement::CreateRelation(relation) if relation.query.is_some() => {
            Ok(Statement::Explain(Box::new(Statement::CreateRelation(relation))))
        }
        _ => Err(Error::invalid("EXPLAIN takes a SELECT, CREATE STREAM … AS SELECT or CREATE TABLE … AS SELECT").at(location)),
    }
}
