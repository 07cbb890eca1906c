//! Kafka record batch v2, byte for byte: encode, decode, validate, compress.
//!
//! The path of the data: an application's records go through a [`BatchBuilder`] and become a [`RecordBatch`], one immutable
//! [`bytes::Bytes`] that producer, journal, segment and wire pass along untouched. A log stamps producer ([`RecordBatch::with_producer`])
//! and offset ([`RecordBatch::with_base_offset`]) into the header in place. Readers walk the records with [`RecordBatch::records`] (owned
//! slices of the batch) or [`Records::next_view`] (borrowed, the fastest).
//!
//! What always holds:
//! - a [`RecordBatch`] was checked (magic, length, CRC-32C, counts) when it came from outside, or was built here;
//! - header order and duplicates are kept, null keys and values differ from empty ones;
//! - no input makes this crate panic or allocate much more than it carries: decompression is bounded by a [`DecompressionLimit`].
//!
//! Not here: Kafka's formats v0 and v1, any I/O, any clock.

mod batch;
mod builder;
mod bytes_io;
mod compression;
pub mod control;
mod error;
mod header;
mod record;
mod records;
mod retain;
#[cfg(test)]
mod tests;

pub use batch::RecordBatch;
pub use builder::{BATCH_BYTES_MAX, BatchBuilder};
pub use compression::DecompressionLimit;
pub use error::Error;
pub use header::{BATCH_HEADER_BYTES, BatchHeader, LENGTH_PREFIX_BYTES};
pub use record::{Header, OffsetRecord, Record};
pub use records::{HeaderViews, RecordView, Records};
pub use retain::Retained;
