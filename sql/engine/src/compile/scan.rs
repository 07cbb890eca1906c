//! A relation's topic as rows: decoded, upserts turned into changes, event time and watermark assigned.
//!
//! A task that reads several partitions has a source and a watermark for each, which are merged: the partitions are read in any order, and none may make rows
//! of another late.

use super::{Compiler, Step, Stores, decoded_schema, format_spec, relation_kind};
use crate::Result;
use arrow::datatypes::SchemaRef;
use log_model::TopicName;
use log_record::Header;
use sql_operators::{Letters, event_time, formats, merge, upsert_to_delta, watermark};
use sql_planner::plan::{Node, Scan};
use streams_runtime::topology::{DecoderFactory, NodeOutput, SourceSpec};

/// The header of a dead letter that names the query which could not use the record: several may read one relation.
const QUERY_HEADER: &str = "__streams.errors.query";

pub(super) fn compile(compiler: &mut Compiler<'_>, scan: &Scan, node: &Node) -> Result<Step> {
    let places = |schema: &SchemaRef| scan.key.iter().filter_map(|name| schema.index_of(name).ok()).collect::<Vec<usize>>();
    let declared = decoded_schema(&scan.table_schema, scan.append_only, &places(&scan.table_schema));
    let key = places(&node.arrow_schema());
    let schema = decoded_schema(&node.arrow_schema(), scan.append_only, &key);
    let kind = relation_kind(scan.append_only, key.clone());
    let letters = letters(compiler.settings.query.clone());
    let decoder = formats::decoder(&format_spec(&scan.format), &declared, Some(&scan.projection), &kind, letters)?;
    let input = Input { scan, schema, key, decoder };
    let inputs = compiler.settings.inputs;
    let output = match inputs {
        1 => input.partition(compiler, TopicName::new(&scan.topic)?)?,
        _ => {
            let topics = (0..inputs).map(|partition| partition_topic(&scan.topic, partition)).collect::<Result<Vec<_>>>()?;
            let partitions = topics.into_iter().map(|topic| input.partition(compiler, topic)).collect::<Result<Vec<_>>>()?;
            compiler.operator_over("merge", format!("{inputs} partitions"), merge(), Stores::None, &partitions)
        }
    };
    Ok(Step { output, schema: input.schema })
}

/// The topic that stands for one partition, in a task that reads all partitions of `topic` as if each were a topic of its own.
pub(crate) fn partition_topic(topic: &str, partition: i32) -> Result<TopicName> {
    let named = TopicName::new(format!("{topic}.{partition}"));
    Ok(named.or_else(|_| TopicName::new(format!("partition.{partition}")))?)
}

fn letters(query: String) -> Letters {
    Letters::new(move |record| record.headers.push(Header::new(QUERY_HEADER, query.clone())))
}

struct Input<'a> {
    scan: &'a Scan,
    schema: SchemaRef,
    key: Vec<usize>,
    decoder: DecoderFactory,
}

impl Input<'_> {
    /// The rows of one topic.
    fn partition(&self, compiler: &mut Compiler<'_>, topic: TopicName) -> Result<NodeOutput> {
        let Input { scan, schema, key, decoder } = self;
        let columns = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect::<Vec<_>>().join(", ");
        let source = compiler.builder.source(SourceSpec {
            name: None,
            topics: vec![topic],
            decoder: decoder.clone(),
            dead_letter: scan.dead_letter.as_ref().map(TopicName::new).transpose()?,
            describe: format!("{} as {columns}", scan.format.describe()),
        });
        let mut output = source.into();
        if !scan.append_only {
            let factory = upsert_to_delta(schema, key)?;
            let describe = format!("by {}", scan.key.join(", "));
            output = compiler.operator("upsert", describe, factory, Stores::One("the last row of each key"), output);
        }
        if let Some(mark) = &scan.watermark
            && let Ok(column) = schema.index_of(&mark.column)
        {
            output = if scan.waited_for {
                let describe = format!("{} minus {} ms", mark.column, mark.delay_ms);
                let factory = watermark(column, mark.delay_ms, schema)?;
                compiler.operator("watermark", describe, factory, Stores::One("the greatest event time"), output)
            } else {
                compiler.operator("event_time", mark.column.clone(), event_time(column, schema)?, Stores::None, output)
            };
        }
        Ok(output)
    }
}
