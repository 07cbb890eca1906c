//! `JsonFileSink`: one JSON value a line, in files whose names carry their offsets ([`crate::file_sink`]).
//!
//! A line is the record's value; fields keep their order; a null value (with `behavior.on.null.values=write`) is the line `null`.

use crate::converters::json::value_to_json;
use crate::file_sink::{self, FileSinkTask, RowFormat, RowWriter};
use crate::registry::VERSION;
use connect_api::{Config, ConfigError, Error, Plugin, Result, SinkConnector, SinkRecord, SinkTask};

/// The plugin.
pub fn plugin() -> Plugin {
    Plugin::sink("dev.headwater.connect.file.JsonFileSinkConnector", VERSION, || Box::new(JsonFileSink))
        .with_config(file_sink::config_def())
}

struct JsonFileSink;

impl SinkConnector for JsonFileSink {
    fn validate(&self, config: &Config) -> Vec<ConfigError> {
        file_sink::validate(config)
    }

    fn task(&self) -> Box<dyn SinkTask> {
        Box::new(FileSinkTask::new(|_| Ok(Box::new(JsonLines))))
    }
}

/// One JSON value a line.
#[derive(Debug)]
pub struct JsonLines;

impl RowFormat for JsonLines {
    fn extension(&self) -> &'static str {
        "jsonl"
    }

    fn begin(&self, _first: &SinkRecord) -> Result<Box<dyn RowWriter>> {
        Ok(Box::new(JsonLines))
    }

    fn count_rows(&self, bytes: &[u8], _in_quotes: &mut bool) -> u64 {
        memchr::memchr_iter(b'\n', bytes).count() as u64
    }

    fn header_rows(&self) -> u64 {
        0
    }
}

impl RowWriter for JsonLines {
    fn header(&self, _out: &mut Vec<u8>) {}

    fn fits(&self, _record: &SinkRecord) -> bool {
        true
    }

    fn row(&mut self, record: &SinkRecord, out: &mut Vec<u8>) -> Result<()> {
        let json = value_to_json(record.value.schema.as_deref(), &record.value.value, true)?;
        serde_json::to_writer(&mut *out, &json).map_err(|error| Error::data(format!("cannot write JSON: {error}")))?;
        out.push(b'\n');
        Ok(())
    }
}
