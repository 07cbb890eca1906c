//! Rows through a repartition topic, so that rows of one key meet in one task.
//!
//! A record: key = the key columns as parts of `streams_state::key`; value = version, weight, event time in ms, all columns (see the value codec);
//! timestamp = the event time, or 0 where that is before 1970. The origin of rows ends here.

mod decoder;
mod encoder;

pub use decoder::shuffle_decoder;
pub use encoder::shuffle_encoder;
