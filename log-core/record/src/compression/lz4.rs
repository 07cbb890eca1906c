//! LZ4 in its frame format: independent blocks of 64 KiB, as Kafka's `Lz4BlockOutputStream` writes. It has one level here: the library has no other.

use super::codec::{Codec, Failure, read_bounded};
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use std::io::Write;

pub(super) const CODEC: Codec = Codec { compress, decompress };

fn compress(records: &[u8], _level: Option<i32>, out: &mut Vec<u8>) -> std::io::Result<()> {
    let info = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, out);
    encoder.write_all(records)?;
    encoder.finish().map(drop).map_err(std::io::Error::other)
}

fn decompress(compressed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    read_bounded(FrameDecoder::new(compressed), limit_bytes)
}
