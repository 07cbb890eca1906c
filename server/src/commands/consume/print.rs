//! One record on standard output.

use super::arguments::ConsumeArguments;
use crate::kafka_form::RecordForm;
use crate::out::Out;
use crate::record_format::{Renderer, Shown, Template};
use anyhow::Result;
use clap::ValueEnum;
use headwater::log::{Header, OffsetRecord, TopicPartition};
use serde_json::{Value, json};

/// The outputs that have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The value alone, a line each
    Value,
    /// Key, a tab, the value
    KeyValue,
    /// A JSON object with topic, partition, offset, timestamp, key, value, headers
    Json,
}

impl Format {
    pub(super) fn named(text: &str) -> Option<Format> {
        Format::from_str(text, false).ok()
    }
}

/// Prints records in one form.
pub(super) enum Printer {
    Named(Format),
    Template(Box<Renderer>, Vec<u8>),
    Kafka(RecordForm, Vec<u8>),
}

impl Printer {
    /// The form that the arguments say.
    pub(super) fn new(arguments: &ConsumeArguments) -> Result<Printer> {
        let output = arguments.output()?;
        if !arguments.formatter_property.is_empty() {
            return Ok(Printer::Kafka(RecordForm::of(&arguments.formatter_property)?, Vec::new()));
        }
        let Some(format) = &arguments.format else { return Ok(Printer::Named(output)) };
        let null = if arguments.null { "NULL" } else { &arguments.null_marker };
        Ok(Printer::Template(Box::new(Renderer::new(Template::parse(format)?, null)), Vec::new()))
    }

    /// Prints a record.
    pub(super) fn print(&mut self, out: &mut Out<'_>, shown: Shown<'_>) -> Result<()> {
        let value = shown.record.record.value.as_deref().unwrap_or_default();
        match self {
            Printer::Template(renderer, buffer) => {
                buffer.clear();
                renderer.write(shown, buffer);
                return out.bytes(buffer);
            }
            Printer::Kafka(form, buffer) => {
                buffer.clear();
                form.write(shown, buffer);
                return out.bytes(buffer);
            }
            Printer::Named(Format::Value) => out.bytes(value)?,
            Printer::Named(Format::KeyValue) => {
                out.bytes(shown.record.record.key.as_deref().unwrap_or_default())?;
                out.bytes(b"\t")?;
                out.bytes(value)?;
            }
            Printer::Named(Format::Json) => out.bytes(as_json(shown.partition, shown.record).to_string().as_bytes())?,
        }
        out.bytes(b"\n")
    }
}

fn as_json(partition: &TopicPartition, record: &OffsetRecord) -> Value {
    let header = |header: &Header| json!({"key": String::from_utf8_lossy(&header.key), "value": text(header.value.as_deref())});
    json!({
        "topic": partition.topic.as_str(),
        "partition": partition.partition,
        "offset": record.offset.0,
        "timestamp": record.record.timestamp.0,
        "key": text(record.record.key.as_deref()),
        "value": text(record.record.value.as_deref()),
        "headers": record.record.headers.iter().map(header).collect::<Vec<_>>(),
    })
}

/// Text as a string, absence as null, other bytes as `{"hex": "…"}`.
fn text(bytes: Option<&[u8]>) -> Value {
    match bytes.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => Value::Null,
        Some((_, Ok(text))) => Value::from(text),
        Some((bytes, Err(_))) => json!({"hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
    }
}
