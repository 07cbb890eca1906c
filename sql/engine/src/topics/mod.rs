//! Topics as the engine needs them: created when missing, read from start to present end, appended to.

mod append;
mod ensure;
mod keeper;
mod records;

pub(crate) use append::append_rows;
pub(crate) use ensure::{describe, ensure, is_empty, partition_count};
pub use keeper::topic_keeper;
pub(crate) use records::Records;
