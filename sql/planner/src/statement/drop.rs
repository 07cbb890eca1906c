//! `DROP STREAM | TABLE | CONNECTOR [IF EXISTS] name`: ends the query or connector; topics and their records stay.

use super::cursor::Cursor;
use super::{Name, Statement, name};
use crate::error::{Error, Result};

/// What is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropKind {
    /// A stream and the query that fills it.
    Stream,
    /// A table and the query that fills it.
    Table,
    /// A connector.
    Connector,
}

/// The statement.
#[derive(Clone, Debug)]
pub struct Drop {
    /// What.
    pub kind: DropKind,
    /// Which.
    pub name: Name,
    /// Whether it may be missing.
    pub if_exists: bool,
}

impl Drop {
    /// The error, pointing at the name.
    pub fn at_name(&self, error: Error) -> Error {
        self.name.place(error)
    }
}

const KINDS: [(&str, DropKind); 3] = [("STREAM", DropKind::Stream), ("TABLE", DropKind::Table), ("CONNECTOR", DropKind::Connector)];

pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Statement> {
    let kind = cursor.choose(&KINDS)?;
    let if_exists = cursor.take("IF EXISTS");
    Ok(Statement::Drop(Drop { kind, name: name::parse(cursor)?, if_exists }))
}
