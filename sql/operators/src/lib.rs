//! Streaming operators on Arrow batches of weighted rows.
//!
//! Everything here implements the contracts of `streams_runtime` (`Operator`, `Decoder`, `Encoder`) over one payload, [`DeltaBatch`]: visible columns
//! and, for each row, a weight and an event time. Scalar expressions are DataFusion's; operators with state are ours, over `streams_state::Store`, with
//! keys and values in encodings of our own.
//!
//! | what | made by |
//! |---|---|
//! | bytes ↔ rows | [`formats::decoder`], [`formats::encoder`], [`formats::read_rows`], [`formats::write_rows`] |
//! | stateless steps | [`filter`], [`project`], [`event_time`], [`watermark`], [`merge`] |
//! | grouping | [`tumble_aggregate`], [`only_in_time`], [`aggregate`] |
//! | upserts to changes | [`upsert_to_delta`] |
//! | repartitioning by key | [`shuffle_encoder`], [`shuffle_decoder`] |

mod aggregate;
mod codec;
mod columns;
mod delta;
mod error;
pub mod formats;
#[cfg(test)]
mod pipeline;
mod shuffle;
mod stateless;
mod table;
#[cfg(test)]
mod testing;

pub use aggregate::{
    AggregateCall, AggregateFunction, AggregateSpec, EmitMode, TumbleSpec, Window, aggregate, only_in_time, tumble_aggregate,
};
pub use delta::{DeltaBatch, Letters, Origin};
pub use error::{Error, Result};
pub use shuffle::{shuffle_decoder, shuffle_encoder};
pub use stateless::{event_time, filter, merge, project, watermark};
pub use table::{latest_per_key, upsert_to_delta};
