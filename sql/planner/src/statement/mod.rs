//! The statements: one file each, registered in [`STATEMENTS`], and the script that holds them.

mod create_connector;
mod create_relation;
mod cursor;
mod describe;
mod drop;
mod emit;
mod explain;
mod insert;
mod name;
mod options;
mod script;
mod select;
mod show;

pub use create_connector::{ConnectorKind, CreateConnector};
pub use create_relation::{ColumnDefinition, CreateRelation, RelationKind, WatermarkDefinition};
pub use drop::{Drop, DropKind};
pub use insert::Insert;
pub use name::Name;
pub use options::OptionEntry;
pub use script::{ParsedStatement, Script};
pub use select::QueryText;
pub use show::Show;

use crate::plan::EmitMode;
use cursor::Cursor;

/// A statement, parsed but not checked against the catalog.
#[allow(clippy::large_enum_variant, reason = "statements are parsed one by one and never kept in bulk")]
#[derive(Clone, Debug)]
pub enum Statement {
    /// `CREATE SOURCE CONNECTOR`, `CREATE SINK CONNECTOR`
    CreateConnector(CreateConnector),
    /// `CREATE STREAM`, `CREATE TABLE`, with or without `AS SELECT`
    CreateRelation(CreateRelation),
    /// `SHOW …`
    Show(Show),
    /// `DESCRIBE name`
    Describe(Name),
    /// `DROP …`
    Drop(Drop),
    /// `EXPLAIN statement`
    Explain(Box<Statement>),
    /// `INSERT INTO … VALUES`
    Insert(Insert),
    /// A query: over what there is, or with `EMIT` over what comes.
    Select {
        /// The query without its `EMIT` clause.
        query: QueryText,
        /// Set for a continuous query.
        emit: Option<EmitMode>,
    },
}

type Parse = fn(&mut Cursor<'_>) -> crate::Result<Statement>;

/// Every statement: the words it begins with (alternatives separated by `|`) and its parser, which starts after them.
const STATEMENTS: &[(&str, Parse)] = &[
    ("CREATE SOURCE CONNECTOR", create_connector::source),
    ("CREATE SINK CONNECTOR", create_connector::sink),
    ("CREATE STREAM", create_relation::stream),
    ("CREATE TABLE", create_relation::table),
    ("CREATE OR REPLACE", create_relation::or_replace),
    ("SHOW|LIST", show::parse),
    ("DESCRIBE|DESC", describe::parse),
    ("DROP", drop::parse),
    ("EXPLAIN", explain::parse),
    ("INSERT INTO", insert::parse),
    ("SELECT|WITH|VALUES|(", select::parse),
];
