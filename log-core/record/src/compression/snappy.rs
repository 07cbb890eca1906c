//! Snappy in xerial's framing, as Kafka writes it; raw blocks are read too.
//!
//! `82 "SNAPPY" 00`, version i32 = 1, compatible version i32 = 1, then blocks: length i32, one raw snappy block of at most 32 KiB of input.

use super::codec::{Codec, Failure};
use crate::bytes_io::Cursor;
use snap::raw::{Decoder, Encoder, decompress_len, max_compress_len};

pub(super) const CODEC: Codec = Codec { compress, decompress };

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const HEADER_BYTES: usize = 16;
const BLOCK_BYTES: usize = 32 << 10;

fn compress(records: &[u8], _level: Option<i32>, out: &mut Vec<u8>) -> std::io::Result<()> {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
    let mut encoder = Encoder::new();
    for block in records.chunks(BLOCK_BYTES) {
        let length_at = out.len();
        out.resize(length_at + 4 + max_compress_len(block.len()), 0);
        let written = encoder.compress(block, &mut out[length_at + 4..])?;
        out[length_at..length_at + 4].copy_from_slice(&(written as u32).to_be_bytes());
        out.truncate(length_at + 4 + written);
    }
    Ok(())
}

fn decompress(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    if !compressed.starts_with(&MAGIC) {
        expand(compressed, &mut out, limit_bytes)?;
        return Ok(out);
    }
    let mut cursor = Cursor { rest: compressed };
    cursor.take(HEADER_BYTES).ok_or_else(cut)?;
    while !cursor.rest.is_empty() {
        let length = cursor.take(4).ok_or_else(cut)?;
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        expand(cursor.take(length as usize).ok_or_else(cut)?, &mut out, limit_bytes)?;
    }
    Ok(out)
}

fn cut() -> Failure {
    Failure::Broken("the frame is cut off".into())
}

fn expand(block: &[u8], out: &mut Vec<u8>, limit_bytes: usize) -> Result<(), Failure> {
    let broken = |error: snap::Error| Failure::Broken(error.to_string());
    let length = decompress_len(block).map_err(broken)?;
    // A snappy element of three bytes gives at most 64: more is a lie that need not be allocated for.
    if length > block.len().saturating_mul(64) {
        return Err(Failure::Broken("a block claims more than it can hold".into()));
    }
    let start = out.len();
    if start.saturating_add(length) > limit_bytes {
        return Err(Failure::TooLarge);
    }
    out.resize(start + length, 0);
    Decoder::new().decompress(block, &mut out[start..]).map_err(broken).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_blocks_are_read() {
        let raw = Encoder::new().compress_vec(b"plain snappy, as librdkafka once wrote").unwrap();
        let read = decompress(&raw, 1 << 10).unwrap_or_default();
        assert_eq!(read, b"plain snappy, as librdkafka once wrote");
    }

    #[test]
    fn a_block_that_lies_about_its_length_allocates_nothing() {
        let lie = [0xff, 0xff, 0xff, 0xff, 0x07, 0, 0];
        assert!(matches!(decompress(&lie, usize::MAX), Err(Failure::Broken(_))));
    }
}
