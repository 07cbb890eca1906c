//! Rows of an answer on standard output: an aligned table, JSON lines or CSV.

mod format;
mod print;
mod table;

pub(crate) use format::Format;
pub(crate) use print::{Layout, print};
