//! Randomness: ids, jitter, sampling. Not for secrets.

/// A source of random numbers.
pub trait Random: Send + Sync + std::fmt::Debug {
    /// The next number, uniform over all 64-bit values.
    fn next_u64(&self) -> u64;

    /// A number in `0..bound`; 0 if `bound` is 0.
    fn below(&self, bound: u64) -> u64 {
        // The high half of the 128-bit product is uniform up to a bias of bound / 2^64.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}
