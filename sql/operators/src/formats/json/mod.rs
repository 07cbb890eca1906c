//! The `json` format: one object a record, columns by name.
//!
//! Read: further members are ignored, missing ones are null, the last of several equal ones counts; a member whose name differs from a column's
//! only in case gives its value where no exact one does. Timestamps are RFC 3339 text or milliseconds since 1970; nested values become structs and
//! lists, or, in a VARCHAR column, their text. Written: every column, nulls included; `NaN` and infinities as text; bytes as base64.
//! Source: RFC 8259.

mod convert;
mod reader;
mod scan;
mod writer;

pub(super) use reader::JsonReader;
pub(super) use writer::JsonWriter;
