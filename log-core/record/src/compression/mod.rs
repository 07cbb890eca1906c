//! The codecs of a batch, one file each and one list, and the bound on what decompression may produce.

mod codec;
mod gzip;
mod limit;
mod lz4;
mod snappy;
mod zstd;

pub(crate) use codec::{compress, decompress};
pub use limit::DecompressionLimit;
