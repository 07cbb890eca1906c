//! The list of statements: what each is once parsed, and the words it begins with.

use super::create_connector::CreateConnector;
use super::create_relation::CreateRelation;
use super::cursor::Cursor;
use super::drop::Drop;
use super::insert::Insert;
use super::name::Name;
use super::select::QueryText;
use super::show::Show;
use super::{create_connector, create_relation, describe, drop, explain, insert, select, show};
use crate::plan::EmitMode;

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

pub(super) type Parse = fn(&mut Cursor<'_>) -> crate::Result<Statement>;

/// Every statement: the words it begins with (alternatives separated by `|`) and its parser, which starts after them.
pub(super) const STATEMENTS: &[(&str, Parse)] = &[
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
