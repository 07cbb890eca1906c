//! `SHOW STREAMS | TABLES | TOPICS | CONNECTORS | QUERIES`

use super::Statement;
use super::cursor::Cursor;
use crate::error::Result;

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Streams of the catalog.
    Streams,
    /// Tables of the catalog.
    Tables,
    /// Topics of the log.
    Topics,
    /// Connectors.
    Connectors,
    /// Running queries.
    Queries,
}

const LISTS: [(&str, Show); 5] = [
    ("STREAMS", Show::Streams),
    ("TABLES", Show::Tables),
    ("TOPICS", Show::Topics),
    ("CONNECTORS", Show::Connectors),
    ("QUERIES", Show::Queries),
];

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Statement> {
    Ok(Statement::Show(cursor.choose(&LISTS)?))
}
