//! `CsvFileSink`: comma-separated values with a header row, in files whose names carry their offsets ([`crate::file_sink`]).
//!
//! Columns are `csv.columns`, or the fields of the first record of each file; a record with a field the file has no column for begins a new file. A value that
//! is no struct or map stands in the single column `value`. Quoting is RFC 4180's; rows end with `\n`; null is an empty field and empty text is `""`; a nested
//! value is its JSON.

mod plugin;
mod rows;

pub use plugin::plugin;
