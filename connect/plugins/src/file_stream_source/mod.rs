//! `FileStreamSource`: the lines of one file, as Kafka's `org.apache.kafka.connect.file.FileStreamSourceConnector`.
//!
//! Options `file`, `topic`, `batch.size`; source partition `{"filename"}`, source offset `{"position"}`; key null, value text; it waits for a file
//! that does not exist yet and says so. A last line without its end waits for more, as in Kafka; when the worker drains it is handed over, so that nothing is
//! lost: should the line grow later, its rest becomes a record of its own.
//!
//! Unlike Kafka's: a line ends with `\n` or `\r\n` only (not with a lone `\r`); a line above `line.max.bytes` or, with `encoding=utf8`, one that is no UTF-8
//! goes through the error policy with its place (with `errors.tolerance=none` it ends the task); a file that shrank is an error; standard input is not read. A file that is rotated or truncated is the business of [`crate::file_tail_source`].

mod plugin;
mod task;

pub use plugin::plugin;
