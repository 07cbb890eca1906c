//! Topics as the engine needs them: created when missing, read from start to present end, appended to.

mod append;
mod ensure;
mod records;

pub(crate) use append::append_rows;
pub(crate) use ensure::{describe, ensure, is_empty, partition_count};
pub(crate) use records::Records;
