//! The planner's formats as the operators know them.

use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use sql_operators::formats::{CsvOptions, Format, FormatSpec, RelationKind, SinkMode, TextOptions, WriteOptions};
use sql_planner::plan;
use std::sync::Arc;

/// The same format.
pub(crate) fn format_spec(spec: &plan::FormatSpec) -> FormatSpec {
    let format = match &spec.format {
        plan::Format::Json => Format::Json,
        plan::Format::Text => Format::Text(TextOptions { null_text: spec.null_text.clone() }),
        plan::Format::Regex { pattern, null_text } => Format::Regex { pattern: pattern.clone(), null_text: null_text.clone() },
        plan::Format::Csv(options) => Format::Csv(CsvOptions {
            delimiter: options.delimiter,
            quote: options.quote,
            null_text: options.null_text.clone(),
            header: options.header,
        }),
    };
    FormatSpec { format, timestamp_format: spec.timestamp_format.clone() }
}

/// What the records of a relation are.
pub(crate) fn relation_kind(append_only: bool, key: Vec<usize>) -> RelationKind {
    if append_only { RelationKind::Stream } else { RelationKind::Table { key } }
}

/// The columns as a decoder of the relation gives them: the deletion of a table's key is a row with nothing but the key, whatever is declared.
pub(crate) fn decoded_schema(declared: &SchemaRef, append_only: bool, key: &[usize]) -> SchemaRef {
    if append_only {
        return Arc::clone(declared);
    }
    let nullable = |(index, field): (usize, &FieldRef)| match key.contains(&index) {
        true => Arc::clone(field),
        false => Arc::new(field.as_ref().clone().with_nullable(true)),
    };
    Arc::new(Schema::new(declared.fields().iter().enumerate().map(nullable).collect::<Vec<_>>()))
}

/// How rows of a relation are written.
pub(crate) fn write_options(key: Vec<usize>, timestamp: Option<usize>, append_only: bool) -> WriteOptions {
    WriteOptions { key, timestamp, mode: if append_only { SinkMode::Append } else { SinkMode::Upsert } }
}
