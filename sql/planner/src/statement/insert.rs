//! `INSERT INTO name [(column, …)] VALUES (…), …`: appends rows to a relation's topic.

use super::cursor::Cursor;
use super::{Name, QueryText, Statement, name, select};
use crate::error::{Error, Result};
use datafusion::sql::sqlparser::ast::SetExpr;

/// The statement.
#[derive(Clone, Debug)]
pub struct Insert {
    /// The relation.
    pub relation: Name,
    /// The columns given, in the order of the values; empty for all in declared order.
    pub columns: Vec<Name>,
    /// The `VALUES`.
    pub values: QueryText,
}

impl Insert {
    /// The error, pointing at the relation's name.
    pub fn at_name(&self, error: Error) -> Error {
        self.relation.place(error)
    }
}

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let relation = name::parse(cursor)?;
    let mut columns = Vec::new();
    if cursor.take("(") {
        loop {
            columns.push(name::parse(cursor)?);
            if cursor.take(")") {
                break;
            }
            cursor.expect(",|)")?;
        }
    }
    let location = cursor.location();
    let (values, emit) = select::parse_query(cursor)?;
    if emit.is_some() || !matches!(*values.query.body, SetExpr::Values(_)) {
        return Err(Error::invalid("INSERT INTO takes VALUES only")
            .with_hint(format!(
                "to fill a stream from a query, use CREATE STREAM … AS SELECT; to insert rows, INSERT INTO {relation} VALUES (…)"
            ))
            .at(location));
    }
    Ok(Statement::Insert(Insert { relation, columns, values }))
}
