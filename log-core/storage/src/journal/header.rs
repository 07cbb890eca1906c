//! The first sector of a journal file: which file it is and where in the stream it begins.
//!
//! ```text
//! 0   magic        8 bytes "HWJOURN1"
//! 8   file_number  u64  the number in the file's name; differs in a file that was renamed for later use but not started
//! 16  first_lsn    u64  number of the first payload byte of the second sector
//! ```
//! The sector is sealed like any other; its trailer's lsn is `first_lsn` and its incarnation holds until the next file says otherwise.

use super::sector::{SECTOR_BYTES, SectorKind, inspect, seal};

const MAGIC: &[u8; 8] = b"HWJOURN1";
const USED: usize = 24;

/// A started journal file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) file_number: u64,
    pub(super) first_lsn: u64,
    pub(super) incarnation: u32,
}

/// What the first sector says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// New, or waiting to be used again.
    NotStarted,
    /// In use.
    Started(Header),
    /// The first sector is rotten.
    Damaged,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; SECTOR_BYTES] {
        let mut sector = [0; SECTOR_BYTES];
        sector[..8].copy_from_slice(MAGIC);
        sector[8..16].copy_from_slice(&self.file_number.to_le_bytes());
        sector[16..24].copy_from_slice(&self.first_lsn.to_le_bytes());
        seal(&mut sector, self.first_lsn, self.incarnation, USED);
        sector
    }
}

impl Start {
    /// Reads the first sector of the file with this number in its name.
    pub(super) fn decode(sector: &[u8], file_number: u64) -> Start {
        let SectorKind::Whole { lsn, incarnation, used } = inspect(sector) else {
            return if inspect(sector) == SectorKind::Zero { Start::NotStarted } else { Start::Damaged };
        };
        let number = |at: usize| u64::from_le_bytes(sector[at..at + 8].try_into().expect("eight bytes"));
        if &sector[..8] != MAGIC || used != USED || number(16) != lsn {
            return Start::Damaged;
        }
        if number(8) != file_number {
            return Start::NotStarted;
        }
        Start::Started(Header { file_number, first_lsn: lsn, incarnation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_back_and_a_renamed_file_is_not_started() {
        let header = Header { file_number: 7, first_lsn: 999, incarnation: 3 };
        let mut sector = header.encode();
        assert_eq!(Start::decode(&sector, 7), Start::Started(header));
        assert_eq!(Start::decode(&sector, 8), Start::NotStarted);
        assert_eq!(Start::decode(&[0; SECTOR_BYTES], 7), Start::NotStarted);
        sector[9] ^= 1;
        assert_eq!(Start::decode(&sector, 7), Start::Damaged);
    }
}
