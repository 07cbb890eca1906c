//! Chance, seeded by the operating system.

use crate::Random;
use crate::sim::SimRandom;

/// A fast generator that starts from a number of the operating system. Not for secrets.
#[derive(Debug)]
pub struct RealRandom {
    generator: SimRandom,
}

impl RealRandom {
    /// A generator with a seed of its own.
    ///
    /// # Panics
    /// If the operating system has no random numbers, which is no system a program can run on.
    pub fn new() -> RealRandom {
        let seed = getrandom::u64().expect("the operating system gives random numbers");
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
