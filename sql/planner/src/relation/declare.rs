//! From a `CREATE STREAM` or `CREATE TABLE` statement to its relation.

use super::{Column, QueryDefinition, Relation, RelationOptions, columns, watermark};
use crate::error::{Error, Result};
use crate::plan::{EmitMode, FormatSpec, Node};
use crate::statement::{CreateRelation, RelationKind};
use crate::text::did_you_mean;
use crate::types::SqlType;

/// A relation declared by its columns.
pub(crate) fn declare(statement: &CreateRelation) -> Result<Relation> {
    let options = RelationOptions::check(&statement.options)?;
    if let Some(entry) = statement.options.iter().find(|entry| entry.key.eq_ignore_ascii_case("grace.ms")) {
        return Err(Error::invalid("option \"grace.ms\" belongs to a query with windows").at(entry.key_location));
    }
    let format = options.format_spec(&statement.options)?;
    let columns = columns::check(statement)?;
    columns::fit_format(statement, &columns, &format)?;
    let key = match columns::primary_key(statement)? {
        key if key.is_empty() => given_key(statement, &options, &columns)?,
        key => key,
    };
    assemble(statement, options, format, columns, key, statement.kind == RelationKind::Stream)
}

/// The relation that a query's output fills.
pub(crate) fn describe_output(statement: &CreateRelation, output: &Node, emit: EmitMode, sql: String) -> Result<Relation> {
    let options = RelationOptions::check(&statement.options)?;
    let format = options.format_spec(&statement.options)?;
    refuse_read_only(statement, &format)?;
    let columns = output.schema.fields().iter().map(|field| {
        columns::refuse_reserved(field.name()).map_err(|error| error.at(statement.query.as_ref().map(|query| query.location)))?;
        let data_type = SqlType::holding(field.data_type()).ok_or_else(|| {
            Error::invalid(format!("column \"{}\" has type {}, which a relation cannot hold", field.name(), field.data_type()))
        })?;
        Ok(Column { name: field.name().clone(), data_type, nullable: field.is_nullable() })
    });
    let columns: Vec<Column> = columns.collect::<Result<_>>()?;
    columns::fit_format(statement, &columns, &format)?;
    columns::refuse_unwritable_nulls(statement, &columns, &format)?;
    let key = match (&output.traits.unique_key, statement.kind) {
        (Some(key), RelationKind::Table) => key.iter().map(|index| columns[*index].name.clone()).collect(),
        _ => given_key(statement, &options, &columns)?,
    };
    let grace_ms = options.grace_ms.unwrap_or(0);
    let reads = output.scans().iter().map(|scan| scan.relation.clone()).collect();
    let mut relation = assemble(statement, options, format, columns, key, output.traits.append_only)?;
    relation.query = Some(QueryDefinition { sql, emit, grace_ms, reads });
    Ok(relation)
}

fn assemble(
    statement: &CreateRelation,
    options: RelationOptions,
    format: FormatSpec,
    columns: Vec<Column>,
    key: Vec<String>,
    append_only: bool,
) -> Result<Relation> {
    let watermark = statement.watermark.as_ref().map(|definition| watermark::check(definition, &columns)).transpose()?;
    let name = statement.name.text.clone();
    let topic = options.topic.unwrap_or_else(|| name.clone());
    log_model::TopicName::new(&topic).map_err(|error| {
        Error::invalid(error.to_string()).with_hint("name the topic with the option topic = '…'").at(statement.name.location)
    })?;
    Ok(Relation {
        name,
        kind: statement.kind,
        columns,
        topic,
        partition_count: options.partition_count.unwrap_or(1),
        format,
        watermark,
        dead_letter: options.dead_letter,
        key,
        append_only,
        topic_config: options.topic_config,
        query: None,
    })
}

/// The option `key` of a stream: which columns make its records' keys.
fn given_key(statement: &CreateRelation, options: &RelationOptions, columns: &[Column]) -> Result<Vec<String>> {
    let place = statement.options.iter().find(|entry| entry.key.eq_ignore_ascii_case("key")).map(|entry| entry.value_location);
    if let Some(unknown) = options.key.iter().find(|key| !columns.iter().any(|column| column.name == **key)) {
        return Err(Error::missing(format!("key column \"{unknown}\" does not exist"))
            .with_hint_if(did_you_mean(unknown, columns.iter().map(|column| column.name.as_str())))
            .at(place));
    }
    if statement.kind == RelationKind::Table && !options.key.is_empty() {
        return Err(Error::invalid("a table's key is its primary key or its groups").with_hint("leave the option \"key\" out").at(place));
    }
    Ok(options.key.clone())
}

fn refuse_read_only(statement: &CreateRelation, format: &FormatSpec) -> Result<()> {
    if format.format.writes() {
        return Ok(());
    }
    let place = statement.options.iter().find(|entry| entry.key.eq_ignore_ascii_case("format")).map(|entry| entry.value_location);
    Err(Error::invalid(format!("format '{}' can only be read, and the query would write it", format.format.name()))
        .with_hint("use json, text or csv")
        .at(place))
}
