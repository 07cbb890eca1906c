//! Zstandard (RFC 8878). Frames that ask for a window beyond 64 MiB are refused.
//!
//! Always holds: what is written here asks for no larger window than its records need, because the encoder knows their size before it begins.
//! Otherwise the highest levels would take hundreds of MiB for the smallest batch, and ask for a window that readers refuse.

use super::codec::{Codec, Failure, read_bounded};
use std::io::Write;

pub(super) const CODEC: Codec = Codec { compress, decompress };

const WINDOW_LOG_MAX: u32 = 26;

fn compress(records: &[u8], level: Option<i32>, out: &mut Vec<u8>) -> std::io::Result<()> {
    let level = level.unwrap_or(zstd::DEFAULT_COMPRESSION_LEVEL);
    let mut encoder = zstd::stream::Encoder::new(out, level)?;
    encoder.set_pledged_src_size(Some(records.len() as u64))?;
    encoder.write_all(records)?;
    encoder.finish().map(drop)
}

fn decompress(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(compressed)?;
    decoder.window_log_max(WINDOW_LOG_MAX)?;
    read_bounded(decoder, limit_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_round_trips(plain: &[u8], level: i32) {
        let mut packed = Vec::new();
        compress(plain, Some(level), &mut packed).unwrap();
        let unpacked = decompress(&packed, plain.len());
        assert!(unpacked.is_ok_and(|unpacked| unpacked == plain), "{} bytes at level {level}", plain.len());
    }

    #[test]
    fn what_any_level_makes_can_be_read() {
        let words: Vec<u8> = (0..2000_u32).flat_map(|n| format!("{} ", n.wrapping_mul(2_654_435_761) >> 12).into_bytes()).collect();
        for level in [-131_072, -1000, -7].into_iter().chain(-1..=22) {
            assert_round_trips(b"", level);
            assert_round_trips(&words, level);
            assert_round_trips(&words.repeat(200), level);
        }
    }
}
