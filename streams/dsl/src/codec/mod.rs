//! The borders of a topology: records into rows at sources, rows into records at sinks and repartition topics.

mod encode;
mod keys;
mod source;

pub(crate) use encode::RowEncoder;
pub(crate) use keys::{KeyDecoder, KeyEncoder};
pub(crate) use source::RowDecoder;
