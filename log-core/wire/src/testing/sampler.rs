//! Random values, the same for the same seed.

use crate::{Format, Records};
use bytes::Bytes;
use std::borrow::Cow;
use uuid::Uuid;

/// A type of which there are random values.
pub trait Sample {
    /// A random value that the version can carry.
    fn sample(sampler: &mut Sampler, format: Format) -> Self;
}

/// A stream of random numbers (SplitMix64).
#[derive(Debug)]
pub struct Sampler {
    state: u64,
    /// Texts and ids that mean something to whoever is asked.
    words: Vec<String>,
    ids: Vec<Uuid>,
}

impl Sampler {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Sampler { state: seed, words: Vec::new(), ids: Vec::new() }
    }

    /// The same, with every other text and id one of these.
    pub fn knowing(self, words: &[&str], ids: &[Uuid]) -> Self {
        Sampler { words: words.iter().map(|word| (*word).to_owned()).collect(), ids: ids.to_vec(), ..self }
    }

    fn known<T: Clone>(&mut self, of: impl Fn(&Sampler) -> &[T]) -> Option<T> {
        let count = of(self).len() as u64;
        if count == 0 || self.below(2) == 0 {
            return None;
        }
        let at = self.below(count) as usize;
        Some(of(self)[at].clone())
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next_u64() % bound
    }

    /// A value, or null a third of the time.
    pub fn nullable<T: Sample>(&mut self, format: Format) -> Option<T> {
        (self.below(3) != 0).then(|| T::sample(self, format))
    }
}

macro_rules! numbers {
    ($($rust:ty),*) => {$(
        impl Sample for $rust {
            fn sample(sampler: &mut Sampler, _: Format) -> Self {
                // Often small and around zero, where defaults and sentinels are.
                let random = sampler.next_u64();
                match random % 3 {
                    0 => ((random >> 8) as i64 % 4 - 1) as $rust,
                    _ => (random >> 2) as $rust,
                }
            }
        }
    )*};
}

numbers!(i8, i16, u16, i32, u32, i64, f64);

impl Sample for bool {
    fn sample(sampler: &mut Sampler, _: Format) -> Self {
        sampler.below(2) == 1
    }
}

impl Sample for Uuid {
    fn sample(sampler: &mut Sampler, _: Format) -> Self {
        if let Some(id) = sampler.known(|sampler| &sampler.ids) {
            return id;
        }
        match sampler.below(4) {
            0 => Uuid::nil(),
            _ => Uuid::from_u64_pair(sampler.next_u64(), sampler.next_u64()),
        }
    }
}

impl Sample for Cow<'_, str> {
    fn sample(sampler: &mut Sampler, _: Format) -> Self {
        if let Some(word) = sampler.known(|sampler| &sampler.words) {
            return word.into();
        }
        // Lengths around 127, where the compact length takes a second byte, come up now and then.
        let length = [0, 1, 5, 12, 126, 127, 128, 200][sampler.below(8) as usize];
        let letters = ['a', 'k', '-', '.', 'ä', '水'];
        let mut text = String::new();
        while text.len() < length {
            text.push(letters[sampler.below(6) as usize]);
        }
        text.into()
    }
}

impl Sample for Cow<'_, [u8]> {
    fn sample(sampler: &mut Sampler, _: Format) -> Self {
        let length = sampler.below(300);
        (0..length).map(|_| sampler.next_u64() as u8).collect::<Vec<_>>().into()
    }
}

impl Sample for Records {
    fn sample(sampler: &mut Sampler, format: Format) -> Self {
        let mut chunk = || match Cow::<[u8]>::sample(sampler, format) {
            Cow::Owned(bytes) => Bytes::from(bytes),
            Cow::Borrowed(bytes) => Bytes::copy_from_slice(bytes),
        };
        let chunks = [chunk(), chunk(), chunk()];
        let count = sampler.below(4) as usize;
        chunks[..count].to_vec().into()
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(sampler: &mut Sampler, format: Format) -> Self {
        let count = sampler.below(4);
        (0..count).map(|_| T::sample(sampler, format)).collect()
    }
}
