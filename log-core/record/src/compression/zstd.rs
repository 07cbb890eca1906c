//! Zstandard (RFC 8878). Frames that ask for a window beyond 64 MiB are refused.

use super::codec::{Codec, Failure, read_bounded};

pub(super) const CODEC: Codec = Codec { compress, decompress };

const WINDOW_LOG_MAX: u32 = 26;

fn compress(records: &[u8], level: Option<i32>, out: &mut Vec<u8>) -> std::io::Result<()> {
    zstd::stream::copy_encode(records, out, level.unwrap_or(zstd::DEFAULT_COMPRESSION_LEVEL))
}

fn decompress(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(compressed)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    read_bounded(decoder, limit_bytes)
}
