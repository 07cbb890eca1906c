//! Chance from a seed: SplitMix64 (Steele, Lea, Flood 2014).

use crate::Random;
use std::sync::atomic::{AtomicU64, Ordering};

/// A generator whose numbers follow from its seed.
///
/// ```
/// use log_env::{Random, SimRandom};
/// assert_eq!(SimRandom::new(7).next_u64(), SimRandom::new(7).next_u64());
/// ```
#[derive(Debug)]
pub struct SimRandom {
    state: AtomicU64,
}

impl SimRandom {
    /// A generator that starts from `seed`.
    pub fn new(seed: u64) -> SimRandom {
        SimRandom { state: AtomicU64::new(seed) }
    }
}

impl Random for SimRandom {
    fn next_u64(&self) -> u64 {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.state.fetch_add(GOLDEN, Ordering::Relaxed).wrapping_add(GOLDEN);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_from_the_seed_and_fill_their_range() {
        let draw = |seed| {
            let random = SimRandom::new(seed);
            (0..1000).map(|_| random.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        for number in 0..10 {
            let count = draw(3).into_iter().filter(|&drawn| drawn == number).count();
            assert!((60..150).contains(&count), "{number} was drawn {count} times of 1000");
        }
    }
}
