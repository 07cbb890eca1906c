//! `INSERT INTO … VALUES`: values evaluated by DataFusion, cast to the columns' types, encoded and appended.

use super::assignment::assign;
use crate::catalog::CatalogState;
use crate::compile::{format_spec, write_options};
use crate::{Engine, Error, Result, StatementResult, topics};
use arrow::array::{Array, RecordBatch, new_null_array};
use arrow::compute::concat_batches;
use log_model::TopicName;
use sql_operators::formats::write_rows;
use sql_planner::plan::Format;
use sql_planner::{Column, Error as SqlError, Insert, Relation, RelationKind};
use std::sync::Arc;

pub(super) async fn execute(engine: &Engine, insert: &Insert) -> Result<StatementResult> {
    let catalog = engine.catalog();
    let relation = engine.planner.find_relation(&insert.relation, catalog.as_ref())?;
    refuse_filled(insert, &relation, &catalog)?;
    let mut query = engine.planner.batch(&insert.values);
    let rows = engine.tables.session(Arc::clone(&catalog), &mut query).await?.run(query, &engine.planner).await?;
    let schema = Arc::clone(&rows.schema);
    let batches = rows.collect().await?;
    let values = concat_batches(&schema, &batches).map_err(|error| Error::Operators(error.into()))?;
    let count = values.num_rows();
    let batch = fit(insert, &relation, &values)?;
    let key = relation.key.iter().filter_map(|name| relation.column_index(name)).collect();
    let timestamp = relation.watermark.as_ref().and_then(|watermark| relation.column_index(&watermark.column));
    let options = write_options(key, timestamp, relation.append_only);
    let records = write_rows(&format_spec(&relation.format), &batch, engine.now(), &options)?;
    topics::append_rows(&engine.log, &TopicName::new(&relation.topic)?, records).await?;
    Ok(StatementResult::Done(format!("{count} row{} inserted into {}", if count == 1 { "" } else { "s" }, relation.name)))
}

fn refuse_filled(insert: &Insert, relation: &Relation, catalog: &CatalogState) -> Result<()> {
    let name = &relation.name;
    if relation.query.is_some() {
        let error =
            SqlError::invalid(format!("{} \"{name}\" is filled by its query", relation.kind)).with_hint("insert into what the query reads");
        return Err(insert.at_name(error).into());
    }
    if let Some(keeper) = topics::topic_keeper(&TopicName::new(&relation.topic)?) {
        let error = SqlError::invalid(format!("topic {} of \"{name}\" belongs to {keeper}", relation.topic))
            .with_detail("records that others write to it would be taken for its own");
        return Err(insert.at_name(error).into());
    }
    if let Some(writer) = catalog.writer_of(&relation.topic) {
        let error = SqlError::invalid(format!("topic {} of \"{name}\" has a writer already: {writer}", relation.topic));
        return Err(insert.at_name(error).into());
    }
    if !relation.format.format.writes() {
        let error = SqlError::invalid(format!("format '{}' of \"{name}\" can only be read", relation.format.format.name()));
        return Err(insert.at_name(error).into());
    }
    Ok(())
}

/// The values as columns of the relation.
fn fit(insert: &Insert, relation: &Relation, values: &RecordBatch) -> Result<RecordBatch> {
    let given = given_columns(insert, relation)?;
    if given.len() != values.num_columns() {
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let are = if values.num_columns() == 1 { "is" } else { "are" };
        let message = format!("{} {are} given for {}", count(values.num_columns(), "value"), count(given.len(), "column"));
        let error = SqlError::invalid(message).with_hint(format!(
            "the columns are {}",
            given.iter().map(|index| relation.columns[*index].name.as_str()).collect::<Vec<_>>().join(", ")
        ));
        return Err(insert.at_name(error).into());
    }
    let schema = relation.schema();
    let columns = relation.columns.iter().enumerate().map(|(index, column)| {
        let data_type = column.data_type.arrow();
        let place = given.iter().position(|place| *place == index);
        let array = match place {
            Some(place) => assign(values.column(place), column).map_err(|refused| refused.explain(insert, place, column))?,
            None => new_null_array(&data_type, values.num_rows()),
        };
        match ((0..array.len()).find(|row| array.is_null(*row)), refusal_of_null(relation, column)) {
            (Some(row), Some(error)) => Err(Error::from(match place {
                Some(place) => insert.at_value(row, place, error),
                None => insert.at_name(error),
            })),
            _ => Ok(array),
        }
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema, columns).map_err(|error| Error::Operators(error.into()))
}

fn given_columns(insert: &Insert, relation: &Relation) -> Result<Vec<usize>> {
    if insert.columns.is_empty() {
        return Ok((0..relation.columns.len()).collect());
    }
    let index = |name: &sql_planner::Name| {
        relation.column_index(&name.text).ok_or_else(|| {
            let hint = sql_planner::nearest(&name.text, relation.columns.iter().map(|column| column.name.as_str()));
            let error = SqlError::missing(format!("column \"{name}\" of \"{}\" does not exist", relation.name));
            name.place(error.with_hint_if(hint.map(|hint| format!("did you mean \"{hint}\"?"))))
        })
    };
    let given = insert.columns.iter().map(index).collect::<Result<Vec<_>, _>>()?;
    if let Some(again) = (1..given.len()).find(|place| given[..*place].contains(&given[*place])) {
        let name = &insert.columns[again];
        let error =
            SqlError::invalid(format!("column \"{name}\" is specified more than once")).with_hint("leave it out, and its value too");
        return Err(name.place(error).into());
    }
    Ok(given)
}

/// Why a column takes no NULL, if it does not.
fn refusal_of_null(relation: &Relation, column: &Column) -> Option<SqlError> {
    let is_key = relation.kind == RelationKind::Table && relation.key.contains(&column.name);
    if !column.nullable || is_key {
        return Some(SqlError::invalid(format!("column \"{}\" must not be null", column.name)));
    }
    let unwritable = relation.format.format == Format::Text && relation.format.null_text.is_none();
    unwritable.then(|| {
        SqlError::invalid("format 'text' has nothing to write for NULL")
            .with_hint("create the stream with the option null.text = '…', which is then read as NULL")
    })
}
