//! The codecs by their names.

use anyhow::{Result, bail};
use headwater::log::CompressionType;

/// The codec of a name.
pub(crate) fn compression(name: &str) -> Result<CompressionType> {
    Ok(match name {
        "none" => CompressionType::None,
        "gzip" => CompressionType::Gzip,
        "snappy" => CompressionType::Snappy,
        "lz4" => CompressionType::Lz4,
        "zstd" => CompressionType::Zstd,
        _ => bail!("unknown compression {name:?}; it is one of none, gzip, snappy, lz4, zstd"),
    })
}
