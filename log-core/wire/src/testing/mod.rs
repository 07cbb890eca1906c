//! For tests and fuzz targets: random messages, and a list of all codecs. Under the feature `testing`.

mod codec;
mod sampler;

pub use codec::{Codec, Decoded, RECORDS, REQUESTS, RESPONSES};
pub use sampler::{Sample, Sampler};
