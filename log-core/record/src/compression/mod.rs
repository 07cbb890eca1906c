//! The codecs of a batch, one file each and one list, and the bound on what decompression may produce.

mod gzip;
mod lz4;
mod snappy;
mod zstd;

use crate::{BATCH_BYTES_MAX, Error};
use log_model::CompressionType;
use std::io::Read;

/// A codec: the two directions.
struct Codec {
    /// Appends the compressed form of the first argument to the second.
    compress: fn(&[u8], &mut Vec<u8>) -> std::io::Result<()>,
    /// Expands to at most the given number of bytes.
    decompress: fn(&[u8], usize) -> Result<Vec<u8>, Failure>,
}

/// Why a codec gave up.
enum Failure {
    /// The output would be larger than allowed.
    TooLarge,
    /// The input is not of this codec.
    Broken(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Broken(error.to_string())
    }
}

/// The one list of codecs.
fn codec(kind: CompressionType) -> Codec {
    match kind {
        CompressionType::None => Codec { compress: store, decompress: unstore },
        CompressionType::Gzip => gzip::CODEC,
        CompressionType::Snappy => snappy::CODEC,
        CompressionType::Lz4 => lz4::CODEC,
        CompressionType::Zstd => zstd::CODEC,
    }
}

fn store(records: &[u8], out: &mut Vec<u8>) -> std::io::Result<()> {
    out.extend_from_slice(records);
    Ok(())
}

fn unstore(stored: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    if stored.len() > limit_bytes { Err(Failure::TooLarge) } else { Ok(stored.to_vec()) }
}

/// How much memory the decompression of one batch may take: by itself, and for the bytes it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecompressionLimit {
    /// Never more than this.
    pub bytes_max: usize,
    /// Never more than this many times the compressed bytes, once above `free_bytes`.
    pub ratio_max: usize,
    /// What any batch may take whatever its ratio.
    pub free_bytes: usize,
}

impl Default for DecompressionLimit {
    /// 64 MiB; 1,024 times the input (what gzip can reach) once above 8 MiB.
    fn default() -> Self {
        DecompressionLimit { bytes_max: BATCH_BYTES_MAX, ratio_max: 1024, free_bytes: 8 << 20 }
    }
}

impl DecompressionLimit {
    /// What a batch of `compressed_bytes` may expand to.
    pub fn bytes_for(self, compressed_bytes: usize) -> usize {
        compressed_bytes.saturating_mul(self.ratio_max).max(self.free_bytes).min(self.bytes_max)
    }
}

/// Appends `records` in compressed form to `out`.
pub(crate) fn compress(kind: CompressionType, records: &[u8], out: &mut Vec<u8>) {
    (codec(kind).compress)(records, out).expect("compressing from memory to memory has nothing to fail on");
}

/// The records in plain form. Errors: not of this codec, or larger than `limit` allows.
pub(crate) fn decompress(kind: CompressionType, compressed: &[u8], limit: DecompressionLimit) -> Result<Vec<u8>, Error> {
    let limit_bytes = limit.bytes_for(compressed.len());
    (codec(kind).decompress)(compressed, limit_bytes).map_err(|failure| match failure {
        Failure::TooLarge => Error::TooLarge { size_bytes: limit_bytes.saturating_add(1), limit_bytes },
        Failure::Broken(reason) => Error::Compression { codec: kind, reason },
    })
}

/// Reads to the end, but at most `limit_bytes`; memory grows with what is really read.
fn read_bounded(reader: impl Read, limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    reader.take(limit_bytes as u64 + 1).read_to_end(&mut out)?;
    if out.len() > limit_bytes { Err(Failure::TooLarge) } else { Ok(out) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [CompressionType; 5] =
        [CompressionType::None, CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];

    fn packed(kind: CompressionType, plain: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        compress(kind, plain, &mut out);
        out
    }

    #[test]
    fn every_codec_round_trips() {
        let noise: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for kind in ALL {
            for plain in [&b""[..], b"a", b"hello hello hello hello", &noise, &[0; 100_000]] {
                let limit = DecompressionLimit::default();
                assert_eq!(decompress(kind, &packed(kind, plain), limit).unwrap(), plain, "{kind:?}");
            }
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let zeros = vec![0; 12 << 20];
        for kind in ALL {
            let limit = DecompressionLimit { bytes_max: 1 << 20, ratio_max: 1 << 20, free_bytes: 1 << 10 };
            assert!(matches!(decompress(kind, &packed(kind, &zeros), limit), Err(Error::TooLarge { .. })), "{kind:?}");
        }
        let ratio = DecompressionLimit { bytes_max: 64 << 20, ratio_max: 100, free_bytes: 1 << 20 };
        assert!(matches!(decompress(CompressionType::Zstd, &packed(CompressionType::Zstd, &zeros), ratio), Err(Error::TooLarge { .. })));
    }

    #[test]
    fn noise_is_refused_by_every_codec() {
        let noise = [0x9b, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3];
        for kind in &ALL[1..] {
            assert!(decompress(*kind, &noise, DecompressionLimit::default()).is_err(), "{kind:?}");
        }
    }
}
