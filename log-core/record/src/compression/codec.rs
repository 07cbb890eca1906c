//! What a codec is, the list of all, and how a batch goes through one.

use super::limit::DecompressionLimit;
use super::{gzip, lz4, snappy, zstd};
use crate::Error;
use log_model::CompressionType;
use std::io::Read;

/// A codec: the two directions.
pub(super) struct Codec {
    pub(super) compress: Compress,
    /// Expands to at most the given number of bytes.
    pub(super) decompress: fn(&[u8], usize) -> Result<Vec<u8>, Failure>,
}

/// Appends the compressed form of the first argument to the last, at this level or the codec's own.
pub(super) type Compress = fn(&[u8], Option<i32>, &mut Vec<u8>) -> std::io::Result<()>;

/// Why a codec gave up.
pub(super) enum Failure {
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

fn store(records: &[u8], _level: Option<i32>, out: &mut Vec<u8>) -> std::io::Result<()> {
    out.extend_from_slice(records);
    Ok(())
}

fn unstore(stored: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    if stored.len() > limit_bytes { Err(Failure::TooLarge) } else { Ok(stored.to_vec()) }
}

/// Appends `records` in compressed form to `out`, at this level or the codec's own.
pub(crate) fn compress(kind: CompressionType, level: Option<i32>, records: &[u8], out: &mut Vec<u8>) {
    (codec(kind).compress)(records, level, out).expect("compressing from memory to memory has nothing to fail on");
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
pub(super) fn read_bounded(reader: impl Read, limit_bytes: usize) -> Result<Vec<u8>, Failure> {
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
        compress(kind, None, plain, &mut out);
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
    fn a_higher_level_of_a_codec_that_has_levels_makes_less() {
        let words: Vec<u8> = (0..60_000u32).flat_map(|n| format!("{} ", n.wrapping_mul(2_654_435_761) >> 20).into_bytes()).collect();
        let size = |kind, level| {
            let mut out = Vec::new();
            compress(kind, level, &words, &mut out);
            assert_eq!(decompress(kind, &out, DecompressionLimit::default()).unwrap(), words, "{kind:?} {level:?}");
            out.len()
        };
        for (kind, low, high) in [(CompressionType::Gzip, 1, 9), (CompressionType::Zstd, -50, 22)] {
            assert!(size(kind, Some(high)) < size(kind, Some(low)), "{kind:?}");
            assert!((size(kind, Some(high))..=size(kind, Some(low))).contains(&size(kind, None)), "{kind:?}");
        }
        for kind in [CompressionType::Snappy, CompressionType::Lz4] {
            assert_eq!(size(kind, Some(1)), size(kind, None), "{kind:?} has none");
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
