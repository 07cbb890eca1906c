//! What both file sources share: splitting a file into lines in bounded memory, and turning lines into records.

mod encoding;
mod line_file;
mod line_splitter;
mod records;

pub(crate) use encoding::{ENCODINGS, Encoding};
pub(crate) use line_file::{LineFile, ReadState};
pub(crate) use line_splitter::{Line, LineSplitter};
pub(crate) use records::{LineRecords, POSITION};
