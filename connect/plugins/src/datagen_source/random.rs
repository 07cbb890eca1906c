//! Random numbers that are a function of seed and row (SplitMix64, Steele, Lea and Flood 2014): no state to store, any row first.

/// A short stream of numbers for one row.
#[derive(Clone, Debug)]
pub(super) struct RowRandom(u64);

impl RowRandom {
    /// The stream of a row.
    pub(super) fn new(seed: u64, row: u64) -> RowRandom {
        let mut mixed = RowRandom(seed ^ 0x5851_f42d_4c95_7f2d);
        RowRandom(mixed.next() ^ row.wrapping_mul(0xd129_0d3c_6f4c_7f6b))
    }

    /// The next number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// One of the items, the first ones more often.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let (a, b) = (self.below(items.len() as u64), self.below(items.len() as u64));
        &items[a.min(b) as usize]
    }
}
