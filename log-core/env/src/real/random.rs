//! Chance, seeded by the operating system.

use crate::Random;
use crate::sim::SimRandom;
use std::hash::{BuildHasher, Hasher};

/// A fast generator that starts from a number of the operating system. Not for secrets.
#[derive(Debug)]
pub struct RealRandom {
    generator: SimRandom,
}

impl RealRandom {
    /// A generator with a seed of its own.
    #[allow(
        clippy::disallowed_types,
        reason = "the standard library's hash keys come from the operating system: the one source of chance without a dependency"
    )]
    pub fn new() -> RealRandom {
        let seed = std::hash::RandomState::new().build_hasher().finish();
        RealRandom { generator: SimRandom::new(seed) }
    }
}

impl Default for RealRandom {
    fn default() -> Self {
        RealRandom::new()
    }
}

impl Random for RealRandom {
    fn next_u64(&self) -> u64 {
        self.generator.next_u64()
    }
}
