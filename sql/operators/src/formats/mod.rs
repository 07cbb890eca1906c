//! How the bytes of records and the columns of a relation correspond.
//!
//! A format is one file: how it reads a value into cells (`RowReader`) and how it writes them (`RowWriter`); `registry.rs` lists them all.
//! Reading whole batches of records, keys, tombstones and dead letters are the same for all formats and stand in `read.rs` and `write.rs`.

#[cfg(test)]
mod cases;
mod csv;
mod json;
mod read;
mod regex;
mod registry;
#[cfg(test)]
mod round_trip;
mod spec;
mod text;
mod write;

pub use read::{ReadRows, RowsReader, decoder, read_rows};
pub use spec::{CsvOptions, Format, FormatSpec, RelationKind, SinkMode, TextOptions, WriteOptions};
pub use write::{WrittenRecord, encoder, write_rows};

pub(crate) use registry::{Line, RowReader, RowWriter};
pub(crate) use write::to_ms;
