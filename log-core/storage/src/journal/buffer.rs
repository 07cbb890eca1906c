//! Sectors in memory, being filled: the next group to be written.
//!
//! Payload is copied in once, with gaps left for the trailers. When a group is taken, the payload of its unfinished last sector starts the
//! next group, which will write that sector again with more in it; either version is valid on disk.

use super::sector::{PAYLOAD_BYTES, SECTOR_BYTES, TRAILER_BYTES, seal};
use aligned_vec::{AVec, ConstAlign};

/// Memory that begins where a sector may, so that it need not go through the page cache.
pub(crate) type SectorMemory = AVec<u8, ConstAlign<SECTOR_BYTES>>;

/// Memory of nothing.
pub(crate) fn no_memory() -> SectorMemory {
    SectorMemory::new(SECTOR_BYTES)
}

/// The sectors from `start_lsn` on; the last one may be unfinished and then has neither padding nor trailer yet.
#[derive(Debug)]
pub(crate) struct SectorBuffer {
    bytes: SectorMemory,
    start_lsn: u64,
    end_lsn: u64,
}

/// Finished sectors, to be written at the place of `start_lsn`.
#[derive(Debug)]
pub(crate) struct Group {
    pub(super) bytes: SectorMemory,
    pub(super) start_lsn: u64,
    /// One past the last payload byte.
    pub(crate) end_lsn: u64,
}

impl SectorBuffer {
    /// An empty buffer whose first sector begins with `start_lsn`.
    pub(crate) fn new(start_lsn: u64) -> SectorBuffer {
        SectorBuffer { bytes: no_memory(), start_lsn, end_lsn: start_lsn }
    }

    /// One past the last payload byte.
    pub(crate) fn end_lsn(&self) -> u64 {
        self.end_lsn
    }

    /// The memory in use.
    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Gives memory back that it was once full of. (`AVec::shrink_to_fit` of an empty vector asks the allocator for nothing, which it must not.)
    pub(crate) fn let_memory_go(&mut self) {
        if self.bytes.len() < self.bytes.capacity() / 4 {
            let mut small = no_memory();
            small.extend_from_slice(&self.bytes);
            self.bytes = small;
        }
    }

    /// Appends to the stream.
    pub(crate) fn push(&mut self, mut payload: &[u8]) {
        self.end_lsn += payload.len() as u64;
        self.bytes.reserve(payload.len() + (payload.len() / PAYLOAD_BYTES + 2) * TRAILER_BYTES);
        while !payload.is_empty() {
            let room = PAYLOAD_BYTES - self.bytes.len() % SECTOR_BYTES;
            let (now, later) = payload.split_at(room.min(payload.len()));
            self.bytes.extend_from_slice(now);
            if now.len() == room {
                self.bytes.extend_from_slice(&[0; TRAILER_BYTES]);
            }
            payload = later;
        }
    }

    /// Takes everything as a group; `spare` is used memory that serves the next one.
    pub(crate) fn take(&mut self, mut spare: SectorMemory) -> Group {
        spare.clear();
        let unfinished = self.bytes.len() % SECTOR_BYTES;
        spare.extend_from_slice(&self.bytes[self.bytes.len() - unfinished..]);
        let bytes = std::mem::replace(&mut self.bytes, spare);
        let group = Group { bytes, start_lsn: self.start_lsn, end_lsn: self.end_lsn };
        self.start_lsn = self.end_lsn - unfinished as u64;
        group
    }
}

impl Group {
    /// Pads the last sector and writes all trailers.
    pub(super) fn seal(&mut self, incarnation: u32) {
        self.bytes.resize(self.bytes.len().next_multiple_of(SECTOR_BYTES), 0);
        let mut lsn = self.start_lsn;
        for sector in self.bytes.chunks_exact_mut(SECTOR_BYTES) {
            let used = (self.end_lsn - lsn).min(PAYLOAD_BYTES as u64);
            seal(sector, lsn, incarnation, used as usize);
            lsn += used;
        }
    }

    /// The memory, for the next group.
    pub(crate) fn into_memory(self) -> SectorMemory {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::super::sector::{SectorKind, inspect};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn groups_carry_the_stream_whatever_its_pieces(pieces in prop::collection::vec((0usize..1500, any::<bool>(), any::<bool>()), 1..20)) {
            let start_lsn = 77;
            let (mut buffer, mut stream, mut sectors) = (SectorBuffer::new(start_lsn), Vec::new(), Vec::new());
            for (number, (length, takes, shrinks)) in pieces.iter().enumerate() {
                let piece = vec![number as u8; *length];
                buffer.push(&piece);
                stream.extend(piece);
                if *shrinks {
                    buffer.let_memory_go();
                    prop_assert!(buffer.bytes.capacity() <= 4 * buffer.bytes.len().max(SECTOR_BYTES));
                }
                if *takes || number + 1 == pieces.len() {
                    let mut group = buffer.take(SectorMemory::from_slice(SECTOR_BYTES, &[1; 10]));
                    group.seal(5);
                    let at = (group.start_lsn - start_lsn) as usize / PAYLOAD_BYTES * SECTOR_BYTES;
                    sectors.truncate(at);
                    prop_assert_eq!(sectors.len(), at);
                    sectors.extend_from_slice(&group.into_memory());
                }
            }
            let mut found = Vec::new();
            for sector in sectors.chunks(SECTOR_BYTES) {
                let SectorKind::Whole { lsn, incarnation: 5, used } = inspect(sector) else { panic!("not whole") };
                prop_assert_eq!(lsn, start_lsn + found.len() as u64);
                found.extend_from_slice(&sector[..used]);
            }
            prop_assert_eq!(buffer.end_lsn(), start_lsn + stream.len() as u64);
            prop_assert_eq!(found, stream);
        }
    }
}
