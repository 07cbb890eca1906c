//! A relation's topic as rows: decoded, upserts turned into changes, event time and watermark assigned.

use super::{Compiler, Step, Stores, decoded_schema, format_spec, relation_kind};
use crate::Result;
use arrow::datatypes::SchemaRef;
use log_model::TopicName;
use sql_operators::{formats, upsert_to_delta, watermark};
use sql_planner::plan::{Node, Scan};
use streams_runtime::topology::SourceSpec;

pub(super) fn compile(compiler: &mut Compiler<'_>, scan: &Scan, node: &Node) -> Result<Step> {
    let places = |schema: &SchemaRef| scan.key.iter().filter_map(|name| schema.index_of(name).ok()).collect::<Vec<usize>>();
    let declared = decoded_schema(&scan.table_schema, scan.append_only, &places(&scan.table_schema));
    let key = places(&node.arrow_schema());
    let schema = decoded_schema(&node.arrow_schema(), scan.append_only, &key);
    let kind = relation_kind(scan.append_only, key.clone());
    let decoder = formats::decoder(&format_spec(&scan.format), &declared, Some(&scan.projection), &kind)?;
    let columns = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect::<Vec<_>>().join(", ");
    let source = compiler.builder.source(SourceSpec {
        name: None,
        topics: vec![TopicName::new(&scan.topic)?],
        decoder,
        dead_letter: scan.dead_letter.as_ref().map(TopicName::new).transpose()?,
        describe: format!("{} as {columns}", scan.format.describe()),
    });
    let mut output = source.into();
    if !scan.append_only {
        let factory = upsert_to_delta(&schema, &key)?;
        output =
            compiler.operator("upsert", format!("by {}", scan.key.join(", ")), factory, Stores::One("the last row of each key"), output);
    }
    if let Some(mark) = &scan.watermark
        && let Ok(column) = schema.index_of(&mark.column)
    {
        let factory = watermark(column, mark.delay_ms, &schema)?;
        let describe = format!("{} minus {} ms", mark.column, mark.delay_ms);
        output = compiler.operator("watermark", describe, factory, Stores::One("the greatest event time"), output);
    }
    Ok(Step { output, schema })
}
