//! `DESCRIBE name`: columns, topic, format, watermark and query of a relation, or a connector's state.

use super::cursor::Cursor;
use super::{Statement, name};
use crate::error::Result;

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Statement> {
    Ok(Statement::Describe(name::parse(cursor)?))
}
