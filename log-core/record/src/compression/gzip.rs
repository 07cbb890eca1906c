//! Gzip (RFC 1952), one member or several.

use super::codec::{Codec, Failure, read_bounded};
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::Write;

pub(super) const CODEC: Codec = Codec { compress, decompress };

fn compress(records: &[u8], level: Option<i32>, out: &mut Vec<u8>) -> std::io::Result<()> {
    let level = level.and_then(|level| u32::try_from(level).ok()).map_or_else(Compression::default, |level| Compression::new(level.min(9)));
    let mut encoder = GzEncoder::new(out, level);
    encoder.write_all(records)?;
    encoder.finish().map(drop)
}

fn decompress(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    read_bounded(MultiGzDecoder::new(compressed), limit_bytes)
}
