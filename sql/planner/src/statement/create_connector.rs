//! `CREATE SOURCE|SINK CONNECTOR [IF NOT EXISTS] name WITH ('connector.class' = '…', …)`
//!
//! The options are Kafka Connect's configuration keys; the connector itself checks them.

use super::cursor::Cursor;
use super::{Name, OptionEntry, Statement, name, options};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Which way a connector carries records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectorKind {
    /// From outside into topics.
    Source,
    /// From topics to outside.
    Sink,
}

impl fmt::Display for ConnectorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConnectorKind::Source => "source",
            ConnectorKind::Sink => "sink",
        })
    }
}

/// The statement.
#[derive(Clone, Debug)]
pub struct CreateConnector {
    /// Which way.
    pub kind: ConnectorKind,
    /// The connector's name.
    pub name: Name,
    /// Whether an existing one is left alone, whatever its definition.
    pub if_not_exists: bool,
    /// Its configuration, `connector.class` included.
    pub options: Vec<OptionEntry>,
}

impl CreateConnector {
    /// The error, pointing at the connector's name.
    pub fn at_name(&self, error: Error) -> Error {
        error.at(self.name.location)
    }

    /// The error, pointing at an option, or at the connector's name if the option is not in the statement.
    pub fn at_option(&self, key: &str, error: Error) -> Error {
        error.at(self.options.iter().find(|entry| entry.key == key).map_or(self.name.location, |entry| entry.key_location))
    }
}

pub(super) fn source(cursor: &mut Cursor<'_>) -> Result<Statement> {
    parse(cursor, ConnectorKind::Source)
}

pub(super) fn sink(cursor: &mut Cursor<'_>) -> Result<Statement> {
    parse(cursor, ConnectorKind::Sink)
}

fn parse(cursor: &mut Cursor<'_>, kind: ConnectorKind) -> Result<Statement> {
    let if_not_exists = cursor.take("IF NOT EXISTS");
    let name = name::parse(cursor)?;
    if !cursor.peek("WITH") {
        return Err(cursor.unexpected("WITH (…)").with_hint("a connector needs at least 'connector.class' in WITH (…)"));
    }
    let options = options::parse(cursor)?;
    if let Some(entry) = options.iter().find(|entry| entry.key == "name") {
        return Err(Error::invalid("the connector's name stands in the statement, not among its options").at(entry.key_location));
    }
    if !options.iter().any(|entry| entry.key == "connector.class") {
        return Err(Error::invalid(format!("connector \"{name}\" has no 'connector.class'"))
            .with_hint("add for example 'connector.class' = 'FileStreamSource'")
            .at(name.location));
    }
    Ok(Statement::CreateConnector(CreateConnector { kind, name, if_not_exists, options }))
}
