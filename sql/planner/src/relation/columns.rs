//! Declared columns: their types, keys, and what the format asks of them.

use super::Column;
use crate::error::{Error, Result};
use crate::plan::{Format, FormatSpec};
use crate::statement::{ColumnDefinition, CreateRelation, RelationKind};
use crate::text::did_you_mean;
use crate::types::SqlType;
use regex::Regex;

/// Names that a batch SELECT offers besides the declared columns.
pub(crate) const PSEUDO_COLUMNS: [&str; 4] = ["_timestamp", "_partition", "_offset", "_key"];

/// The columns of a relation declared without a query.
pub(super) fn check(statement: &CreateRelation) -> Result<Vec<Column>> {
    let columns = statement.columns.iter().map(|definition| {
        refuse_reserved(&definition.name.text).map_err(|error| error.at(definition.name.location))?;
        let data_type = SqlType::declared(&definition.data_type, definition.type_location)?;
        Ok(Column { name: definition.name.text.clone(), data_type, nullable: !(definition.not_null || definition.primary_key) })
    });
    columns.collect()
}

/// Refuses the name of a pseudo column.
pub(super) fn refuse_reserved(name: &str) -> Result<()> {
    if PSEUDO_COLUMNS.contains(&name) {
        return Err(Error::invalid(format!("column name \"{name}\" is reserved"))
            .with_detail("a batch SELECT offers _timestamp, _partition, _offset and _key of the records of every relation")
            .with_hint("choose another name"));
    }
    Ok(())
}

/// The primary key, which tables have and streams do not.
pub(super) fn primary_key(statement: &CreateRelation) -> Result<Vec<String>> {
    let keys: Vec<&ColumnDefinition> = statement.columns.iter().filter(|column| column.primary_key).collect();
    match (statement.kind, keys.first()) {
        (RelationKind::Stream, Some(column)) => Err(Error::invalid(format!("stream \"{}\" cannot have a primary key", statement.name))
            .with_detail("each row of a stream is one more event; rows of a table replace each other by primary key")
            .with_hint("use CREATE TABLE, or leave PRIMARY KEY out")
            .at(column.name.location)),
        (RelationKind::Table, None) => Err(Error::invalid(format!("table \"{}\" has no primary key", statement.name))
            .with_hint("add PRIMARY KEY to the column that identifies a row, or use CREATE STREAM")
            .at(statement.name.location)),
        _ => Ok(keys.iter().map(|column| column.name.text.clone()).collect()),
    }
}

/// A null has no text of its own: refuses a query whose column may be null and that says nothing to write for it.
pub(super) fn refuse_unwritable_nulls(statement: &CreateRelation, columns: &[Column], format: &FormatSpec) -> Result<()> {
    let nullable = columns.iter().find(|column| column.nullable);
    let (Format::Text, None, Some(column)) = (&format.format, &format.null_text, nullable) else { return Ok(()) };
    let entry = statement.options.iter().find(|entry| entry.key.eq_ignore_ascii_case("format"));
    Err(Error::invalid(format!("column \"{}\" may be NULL, and format 'text' has nothing to write for that", column.name))
        .with_hint(format!("write coalesce({0}, '') AS {0}, or give NULL a text with the option null.text = '…'", column.name))
        .at(entry.map(|entry| entry.value_location)))
}

/// What the format asks of the columns: one VARCHAR for `text`, a named group each for `regex`.
pub(super) fn fit_format(statement: &CreateRelation, columns: &[Column], format: &FormatSpec) -> Result<()> {
    let entry = statement.options.iter().find(|entry| entry.key.eq_ignore_ascii_case("format"));
    match &format.format {
        Format::Text if columns.len() != 1 || columns[0].data_type != SqlType::Varchar => {
            Err(Error::invalid("format 'text' takes exactly one VARCHAR column").at(entry.map(|entry| entry.value_location)))
        }
        Format::Regex { pattern, .. } => fit_regex(statement, columns, pattern),
        Format::Json | Format::Text | Format::Csv(_) => Ok(()),
    }
}

fn fit_regex(statement: &CreateRelation, columns: &[Column], pattern: &str) -> Result<()> {
    let regex = Regex::new(pattern).map_err(|error| Error::invalid(error.to_string()))?;
    let groups: Vec<&str> = regex.capture_names().flatten().collect();
    for (index, column) in columns.iter().enumerate() {
        if !groups.contains(&column.name.as_str()) {
            let place = statement.columns.get(index).map(|definition| definition.name.location);
            return Err(Error::invalid(format!("column \"{}\" has no named group in the pattern", column.name))
                .with_detail(format!("the pattern's groups are {}", if groups.is_empty() { "none".to_string() } else { groups.join(", ") }))
                .with_hint_if(
                    did_you_mean(&column.name, groups.iter().copied()).or(Some(format!("add (?<{}>…) to the pattern", column.name))),
                )
                .at(place));
        }
    }
    Ok(())
}
