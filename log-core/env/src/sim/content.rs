//! The bytes of one simulated file: what is on the platter, what the program sees, and the writes between the two.
//!
//! A pending write is kept whole but lost or kept sector by sector; a change of length is an operation of its own.
//! Pages are shared between the two views and between snapshots, and copied when written.

use crate::Random;
use std::sync::Arc;

/// The unit that is written whole or not at all.
pub(super) const SECTOR_BYTES: usize = 512;
const PAGE_BYTES: usize = 4096;
const PAGE_SECTORS: u64 = (PAGE_BYTES / SECTOR_BYTES) as u64;

type Page = Arc<[u8; PAGE_BYTES]>;

/// A run of bytes; a missing page is zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    pages: Vec<Option<Page>>,
    length: u64,
}

#[derive(Clone, Debug)]
enum Pending {
    /// Whole sectors from `first_sector` on, and the file's length once they are written.
    Write { first_sector: u64, bytes: Arc<[u8]>, length: u64 },
    /// The file is cut or grown.
    Length(u64),
}

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    durable: Pages,
    seen: Pages,
    pending: Vec<Pending>,
}

/// How much of the unsynced writes survives a power cut, drawn once an image and file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Survival {
    /// The first so many operations, in order, and nothing after.
    Prefix,
    /// Each sector on its own with this chance of 256.
    Sectors(u64),
}

impl Pages {
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, buffer: &mut [u8], position: u64) -> usize {
        let count = self.length.saturating_sub(position).min(buffer.len() as u64) as usize;
        let mut done = 0;
        while done < count {
            let at = position as usize + done;
            let (page, start) = (at / PAGE_BYTES, at % PAGE_BYTES);
            let piece = (PAGE_BYTES - start).min(count - done);
            match self.pages.get(page).and_then(Option::as_ref) {
                Some(bytes) => buffer[done..done + piece].copy_from_slice(&bytes[start..start + piece]),
                None => buffer[done..done + piece].fill(0),
            }
            done += piece;
        }
        count
    }

    fn write(&mut self, bytes: &[u8], position: u64) {
        let mut done = 0;
        while done < bytes.len() {
            let at = position as usize + done;
            let (page, start) = (at / PAGE_BYTES, at % PAGE_BYTES);
            let piece = (PAGE_BYTES - start).min(bytes.len() - done);
            if self.pages.len() <= page {
                self.pages.resize(page + 1, None);
            }
            let target = self.pages[page].get_or_insert_with(|| Arc::new([0; PAGE_BYTES]));
            Arc::make_mut(target)[start..start + piece].copy_from_slice(&bytes[done..done + piece]);
            done += piece;
        }
        self.length = self.length.max(position + bytes.len() as u64);
    }

    fn set_length(&mut self, length: u64) {
        if length < self.length {
            let keep = (length as usize).div_ceil(PAGE_BYTES);
            self.pages.truncate(keep);
            let rest = length as usize % PAGE_BYTES;
            if rest > 0
                && let Some(Some(page)) = self.pages.get_mut(keep - 1)
            {
                Arc::make_mut(page)[rest..].fill(0);
            }
        }
        self.length = length;
    }

    fn flip_bit(&mut self, bit: u64) {
        let mut byte = [0];
        self.read(&mut byte, bit / 8);
        let length = self.length;
        self.write(&[byte[0] ^ (1 << (bit % 8))], bit / 8);
        self.length = length;
    }
}

impl Content {
    /// What the program sees.
    pub(super) fn length(&self) -> u64 {
        self.seen.length()
    }

    pub(super) fn read(&self, buffer: &mut [u8], position: u64) -> usize {
        self.seen.read(buffer, position)
    }

    pub(super) fn write(&mut self, bytes: &[u8], position: u64) {
        if bytes.is_empty() {
            return;
        }
        self.seen.write(bytes, position);
        let first_sector = position / SECTOR_BYTES as u64;
        let end_sector = (position + bytes.len() as u64).div_ceil(SECTOR_BYTES as u64);
        let mut sectors = vec![0; (end_sector - first_sector) as usize * SECTOR_BYTES];
        self.seen.read(&mut sectors, first_sector * SECTOR_BYTES as u64);
        self.pending.push(Pending::Write { first_sector, bytes: sectors.into(), length: self.seen.length() });
    }

    pub(super) fn set_length(&mut self, length: u64) {
        if length != self.seen.length() {
            self.seen.set_length(length);
            self.pending.push(Pending::Length(length));
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.pending.is_empty()
    }

    /// Everything seen is on the platter.
    pub(super) fn sync(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let (first_sector, bytes) = match pending {
                Pending::Write { first_sector, bytes, .. } => (first_sector, bytes),
                Pending::Length(length) => {
                    self.durable.set_length(length);
                    continue;
                }
            };
            let end_sector = first_sector + (bytes.len() / SECTOR_BYTES) as u64;
            for page in first_sector / PAGE_SECTORS..end_sector.div_ceil(PAGE_SECTORS) {
                let page = page as usize;
                if self.durable.pages.len() <= page {
                    self.durable.pages.resize(page + 1, None);
                }
                self.durable.pages[page] = self.seen.pages.get(page).cloned().flatten();
            }
            self.durable.length = self.durable.length.max(end_sector * SECTOR_BYTES as u64);
        }
        // A cut may have come between the writes: the pages behind the end go, the last one is as seen.
        let keep = (self.seen.length as usize).div_ceil(PAGE_BYTES);
        self.durable.pages.truncate(keep);
        if let Some(last) = keep.checked_sub(1)
            && last < self.durable.pages.len()
        {
            self.durable.pages[last] = self.seen.pages.get(last).cloned().flatten();
        }
        self.durable.length = self.seen.length;
    }

    /// A failed sync: the unsynced pages are forgotten and reads see the platter again.
    pub(super) fn forget_unsynced(&mut self) {
        self.pending.clear();
        self.seen = self.durable.clone();
    }

    pub(super) fn flip_bit(&mut self, bit: u64) {
        self.durable.flip_bit(bit);
        self.seen.flip_bit(bit);
    }

    /// What a power cut leaves.
    pub(super) fn after_power_cut(&self, survival: Survival, random: &dyn Random) -> Content {
        let mut left = self.durable.clone();
        let prefix = match survival {
            Survival::Prefix => random.below(self.pending.len() as u64 + 1) as usize,
            Survival::Sectors(_) => self.pending.len(),
        };
        let survives = |random: &dyn Random| match survival {
            Survival::Prefix => true,
            Survival::Sectors(chance) => random.below(256) < chance,
        };
        for (order, pending) in self.pending[..prefix].iter().enumerate() {
            // The last operation before the cut is torn in any case.
            let is_torn = matches!(survival, Survival::Prefix) && order + 1 == prefix;
            match pending {
                Pending::Length(length) if survives(random) => left.set_length(*length),
                Pending::Length(_) => {}
                Pending::Write { first_sector, bytes, length } => {
                    for (sector, bytes) in bytes.chunks_exact(SECTOR_BYTES).enumerate() {
                        if survives(random) && !(is_torn && random.below(2) == 0) {
                            let position = (first_sector + sector as u64) * SECTOR_BYTES as u64;
                            let within = (*length - position).min(SECTOR_BYTES as u64) as usize;
                            left.write(&bytes[..within], position);
                        }
                    }
                    // The length may become durable without the data: the file has grown, but reads as zero.
                    if *length > left.length && survives(random) {
                        left.length = *length;
                    }
                }
            }
        }
        Content { durable: left.clone(), seen: left, pending: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SimRandom;
    use proptest::prelude::*;

    fn bytes_of(content: &Content) -> Vec<u8> {
        let mut buffer = vec![0; content.length() as usize + 7];
        let count = content.read(&mut buffer, 0);
        buffer.truncate(count);
        buffer
    }

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        Length(u64),
        Sync,
        Forget,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0u64..9000, 1u8..255, 0usize..3000).prop_map(|(position, byte, count)| Step::Write(position, vec![byte; count])),
            2 => (0u64..12000).prop_map(Step::Length),
            2 => Just(Step::Sync),
            1 => Just(Step::Forget),
        ]
    }

    fn apply(plain: &mut Vec<u8>, step: &Step) {
        match step {
            Step::Write(position, bytes) if !bytes.is_empty() => {
                let end = *position as usize + bytes.len();
                plain.resize(plain.len().max(end), 0);
                plain[*position as usize..end].copy_from_slice(bytes);
            }
            Step::Length(length) => plain.resize(*length as usize, 0),
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn content_reads_like_a_plain_vector(steps in prop::collection::vec(step(), 0..30)) {
            let (mut content, mut seen, mut durable) = (Content::default(), Vec::new(), Vec::new());
            for step in &steps {
                match step {
                    Step::Write(position, bytes) => content.write(bytes, *position),
                    Step::Length(length) => content.set_length(*length),
                    Step::Sync => { content.sync(); durable = seen.clone(); }
                    Step::Forget => { content.forget_unsynced(); seen = durable.clone(); }
                }
                apply(&mut seen, step);
                prop_assert_eq!(&bytes_of(&content), &seen);
                let nothing_survives = content.after_power_cut(Survival::Sectors(0), &SimRandom::new(1));
                prop_assert_eq!(&bytes_of(&nothing_survives), &durable);
                let all_survives = content.after_power_cut(Survival::Sectors(256), &SimRandom::new(1));
                prop_assert_eq!(&bytes_of(&all_survives), &seen);
            }
        }

        #[test]
        fn every_sector_after_a_power_cut_is_some_version_of_itself(seed: u64, writes in prop::collection::vec((0u64..20, 1u64..6), 1..8)) {
            let mut content = Content::default();
            content.set_length(16 * 512);
            content.sync();
            for (version, (sector, count)) in writes.iter().enumerate() {
                content.write(&vec![version as u8 + 1; *count as usize * 512], sector * 512);
            }
            let random = SimRandom::new(seed);
            let left = bytes_of(&content.after_power_cut(Survival::Sectors(128), &random));
            for sector in left.chunks(512) {
                prop_assert!(sector.iter().all(|byte| *byte == sector[0]), "a torn sector");
            }
        }
    }
}
