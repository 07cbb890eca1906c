//! What both file sources share: splitting a file into lines in bounded memory, and turning lines into records.

mod encoding;
mod line_file;
mod line_splitter;
mod options;
mod records;

pub(crate) use encoding::Encoding;
pub(crate) use line_file::{LineFile, ReadState};
pub(crate) use line_splitter::{Line, LineSplitter};
pub(crate) use options::{line_options, line_values};
pub(crate) use records::{LineRecords, POSITION};
