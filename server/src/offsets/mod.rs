//! How a user names places in a partition: words, offsets, times, durations and ranges of them.

mod bound;
mod moment;
mod partitions;
mod range;
mod span;

pub(crate) use bound::{Bound, Limits, resolve};
pub(crate) use moment::moment;
pub(crate) use partitions::{Partitions, parse_partitions};
pub(crate) use range::{From, OffsetRange};
pub(crate) use span::{short_span, span};
