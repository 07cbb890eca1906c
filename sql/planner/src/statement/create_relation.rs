//! `CREATE STREAM|TABLE [IF NOT EXISTS] name [(column type …, WATERMARK FOR …)] [WITH (…)] [AS SELECT … [EMIT …]]`

use super::cursor::Cursor;
use super::{Name, OptionEntry, QueryText, Statement, name, options, select};
use crate::error::{Error, Location, Result};
use crate::plan::EmitMode;
use datafusion::sql::sqlparser::ast::{DataType, Expr};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the rows of a relation mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationKind {
    /// Each row is one more event.
    Stream,
    /// A row replaces the earlier one of its primary key.
    Table,
}

impl fmt::Display for RelationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RelationKind::Stream => "stream",
            RelationKind::Table => "table",
        })
    }
}

/// The statement.
#[derive(Clone, Debug)]
pub struct CreateRelation {
    /// Stream or table.
    pub kind: RelationKind,
    /// The relation's name.
    pub name: Name,
    /// Whether an existing one is left alone, whatever its definition.
    pub if_not_exists: bool,
    /// Declared columns; empty with a query.
    pub columns: Vec<ColumnDefinition>,
    /// Event time.
    pub watermark: Option<WatermarkDefinition>,
    /// Topic, format and more.
    pub options: Vec<OptionEntry>,
    /// The query that fills it.
    pub query: Option<QueryText>,
    /// The query's `EMIT` clause.
    pub emit: Option<EmitMode>,
}

/// A declared column.
#[derive(Clone, Debug)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: Name,
    pub(crate) data_type: DataType,
    pub(crate) type_location: Location,
    /// `PRIMARY KEY`
    pub primary_key: bool,
    /// `NOT NULL`
    pub not_null: bool,
}

/// `WATERMARK FOR column AS column - INTERVAL …`
#[derive(Clone, Debug)]
pub struct WatermarkDefinition {
    /// The column of event time.
    pub column: Name,
    pub(crate) expression: Expr,
    pub(crate) location: Location,
}

impl CreateRelation {
    /// The error, pointing at the relation's name.
    pub fn at_name(&self, error: Error) -> Error {
        error.at(self.name.location)
    }

    /// The error, pointing at an option's value, or at the relation's name if the option is not in the statement.
    pub fn at_option(&self, key: &str, error: Error) -> Error {
        error.at(self.option(key).map_or(self.name.location, |entry| entry.value_location))
    }

    /// An option of the statement.
    pub fn option(&self, key: &str) -> Option<&OptionEntry> {
        self.options.iter().find(|entry| entry.key.eq_ignore_ascii_case(key))
    }
}

pub(super) fn stream(cursor: &mut Cursor<'_>) -> Result<Statement> {
    parse(cursor, RelationKind::Stream)
}

pub(super) fn table(cursor: &mut Cursor<'_>) -> Result<Statement> {
    parse(cursor, RelationKind::Table)
}

/// `CREATE OR REPLACE …` parses up to here and is refused.
pub(super) fn or_replace(cursor: &mut Cursor<'_>) -> Result<Statement> {
    Err(Error::invalid("CREATE OR REPLACE is not supported")
        .with_detail("replacing a running query would have to carry its state and its readers over to the new definition")
        .with_hint("DROP it first, or create the new one under another name")
        .at(cursor.location()))
}

fn parse(cursor: &mut Cursor<'_>, kind: RelationKind) -> Result<Statement> {
    let if_not_exists = cursor.take("IF NOT EXISTS");
    let name = name::parse(cursor)?;
    let mut relation =
        CreateRelation { kind, name, if_not_exists, columns: Vec::new(), watermark: None, options: Vec::new(), query: None, emit: None };
    if cursor.take("(") {
        parse_elements(cursor, &mut relation)?;
    }
    relation.options = options::parse(cursor)?;
    if cursor.take("AS") {
        if let Some(column) = relation.columns.first() {
            return Err(Error::invalid("columns cannot be declared where a query gives them")
                .with_hint("leave the columns out; a WATERMARK may stay")
                .at(column.name.location));
        }
        let (query, emit) = select::parse_query(cursor)?;
        relation.query = Some(query);
        relation.emit = emit;
    } else if relation.columns.is_empty() {
        return Err(cursor.unexpected(&format!("columns or AS SELECT for {kind} \"{}\"", relation.name)));
    }
    Ok(Statement::CreateRelation(relation))
}

fn parse_elements(cursor: &mut Cursor<'_>, relation: &mut CreateRelation) -> Result<()> {
    loop {
        if cursor.peek("WATERMARK FOR") {
            let location = cursor.location();
            cursor.expect("WATERMARK FOR")?;
            if relation.watermark.is_some() {
                return Err(Error::invalid("a relation has at most one watermark").at(location));
            }
            relation.watermark = Some(parse_watermark(cursor)?);
        } else if cursor.peek("PRIMARY KEY") {
            parse_primary_key(cursor, &mut relation.columns)?;
        } else {
            let column = parse_column(cursor)?;
            if relation.columns.iter().any(|earlier| earlier.name.text == column.name.text) {
                return Err(Error::invalid(format!("column \"{}\" is declared twice", column.name)).at(column.name.location));
            }
            relation.columns.push(column);
        }
        if cursor.take(")") {
            return Ok(());
        }
        cursor.expect(",|)")?;
    }
}

fn parse_column(cursor: &mut Cursor<'_>) -> Result<ColumnDefinition> {
    let name = name::parse(cursor)?;
    let type_location = cursor.location();
    if cursor.peek(",|)") {
        return Err(cursor.unexpected(&format!("a type for column \"{name}\"")));
    }
    let data_type = cursor.sql(|parser| parser.parse_data_type())?;
    let (mut primary_key, mut not_null) = (false, false);
    loop {
        if cursor.take("PRIMARY KEY") {
            primary_key = true;
        } else if cursor.take("NOT NULL") {
            not_null = true;
        } else if !cursor.take("NULL") {
            return Ok(ColumnDefinition { name, data_type, type_location, primary_key, not_null });
        }
    }
}

/// `PRIMARY KEY (a, b)` after the columns.
fn parse_primary_key(cursor: &mut Cursor<'_>, columns: &mut [ColumnDefinition]) -> Result<()> {
    cursor.expect("PRIMARY KEY")?;
    cursor.expect("(")?;
    loop {
        let key = name::parse(cursor)?;
        let column = columns.iter_mut().find(|column| column.name.text == key.text);
        let column = column.ok_or_else(|| Error::missing(format!("key column \"{key}\" is not declared")).at(key.location))?;
        column.primary_key = true;
        if cursor.take(")") {
            return Ok(());
        }
        cursor.expect(",|)")?;
    }
}

fn parse_watermark(cursor: &mut Cursor<'_>) -> Result<WatermarkDefinition> {
    let column = name::parse(cursor)?;
    cursor.expect("AS")?;
    let location = cursor.location();
    let expression = cursor.sql(|parser| parser.parse_expr())?;
    Ok(WatermarkDefinition { column, expression, location })
}
