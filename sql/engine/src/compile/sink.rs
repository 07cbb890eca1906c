//! Rows to records of a relation's topic.

use super::{Compiler, Step, format_spec, write_options};
use crate::Result;
use log_model::TopicName;
use sql_operators::formats;
use sql_planner::plan::{Sink, SinkMode};
use streams_runtime::topology::SinkSpec;

pub(super) fn compile(compiler: &mut Compiler<'_>, sink: &Sink, input: Step) -> Result<()> {
    let options = write_options(sink.key.clone(), sink.timestamp, sink.mode == SinkMode::Append);
    let encoder = formats::encoder(&format_spec(&sink.format), &input.schema, &options)?;
    let describe = format!("{} keyed by {:?}", sink.format.describe(), sink.key);
    compiler.builder.sink(SinkSpec { name: None, topic: TopicName::new(&sink.topic)?, encoder, describe }, input.output);
    Ok(())
}
