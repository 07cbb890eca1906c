//! `INSERT INTO name [(column, …)] VALUES (…), …`: appends rows to a relation's topic.

use super::cursor::Cursor;
use super::{Name, QueryText, Statement, name, select};
use crate::error::{Error, Location, Result};
use datafusion::sql::sqlparser::ast::{SetExpr, Spanned};

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

    /// The error, pointing at the value of a row and place, both from 0, or at the relation's name if it has none.
    pub fn at_value(&self, row: usize, place: usize, error: Error) -> Error {
        let SetExpr::Values(values) = self.values.query.body.as_ref() else { return self.at_name(error) };
        let start = values.rows.get(row).and_then(|row| row.content.get(place)).map(|value| value.span().start);
        let location = start.filter(|start| start.line > 0).map(|start| Location { line: start.line, column: start.column });
        self.at_name(error.at(location))
    }

    /// The value of a row and place, both from 0, as written.
    pub fn value_text(&self, row: usize, place: usize) -> Option<String> {
        let SetExpr::Values(values) = self.values.query.body.as_ref() else { return None };
        Some(values.rows.get(row)?.content.get(place)?.to_string())
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
