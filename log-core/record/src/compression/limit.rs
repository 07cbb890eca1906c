//! The bound on what decompression may produce.

use crate::BATCH_BYTES_MAX;

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
