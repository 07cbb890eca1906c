//! One sector of the journal: payload and a trailer that says which sector it is and proves it whole.
//!
//! ```text
//! 0    payload       492 bytes, zero behind `used`
//! 492  lsn           u64  number of the first payload byte
//! 500  incarnation   u32  which opening of the directory wrote it
//! 504  used          u16  payload bytes that count; a sector with fewer than 492 is the last one, for now
//! 506  flags         u16  zero
//! 508  crc           u32  CRC-32C of bytes 0..508
//! ```
//! All numbers are little-endian.

use crc_fast::{CrcAlgorithm, checksum};

/// What the disk writes whole.
pub(crate) const SECTOR_BYTES: usize = 512;
/// The part of a sector that carries the stream.
pub(crate) const PAYLOAD_BYTES: usize = 492;
/// The trailer behind the payload.
pub(crate) const TRAILER_BYTES: usize = SECTOR_BYTES - PAYLOAD_BYTES;

const CRC_AT: usize = SECTOR_BYTES - 4;

pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    checksum(CrcAlgorithm::Crc32Iscsi, bytes) as u32
}

/// What a sector turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SectorKind {
    /// Never written.
    Zero,
    /// Neither zero nor whole: rotten.
    Damaged,
    /// Written whole, in this life of the file or an earlier one.
    Whole { lsn: u64, incarnation: u32, used: usize },
}

/// Writes the trailer of a sector whose payload is in place.
pub(crate) fn seal(sector: &mut [u8], lsn: u64, incarnation: u32, used: usize) {
    debug_assert!(sector.len() == SECTOR_BYTES && used <= PAYLOAD_BYTES);
    sector[492..500].copy_from_slice(&lsn.to_le_bytes());
    sector[500..504].copy_from_slice(&incarnation.to_le_bytes());
    sector[504..506].copy_from_slice(&(used as u16).to_le_bytes());
    sector[506..508].fill(0);
    let crc = crc32c(&sector[..CRC_AT]);
    sector[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
}

/// Tells what a sector is.
pub(crate) fn inspect(sector: &[u8]) -> SectorKind {
    let number = |at: usize| u32::from_le_bytes(sector[at..at + 4].try_into().expect("four bytes"));
    if number(CRC_AT) != crc32c(&sector[..CRC_AT]) {
        let is_zero = sector.iter().all(|byte| *byte == 0);
        return if is_zero { SectorKind::Zero } else { SectorKind::Damaged };
    }
    let lsn = u64::from_le_bytes(sector[492..500].try_into().expect("eight bytes"));
    let used = usize::from(u16::from_le_bytes([sector[504], sector[505]]));
    let flags = u16::from_le_bytes([sector[506], sector[507]]);
    if used > PAYLOAD_BYTES || flags != 0 {
        return SectorKind::Damaged;
    }
    SectorKind::Whole { lsn, incarnation: number(500), used }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_sector_is_whole_and_any_flipped_bit_shows() {
        let mut sector = [7; SECTOR_BYTES];
        seal(&mut sector, 12345, 6, 400);
        assert_eq!(inspect(&sector), SectorKind::Whole { lsn: 12345, incarnation: 6, used: 400 });
        for bit in 0..SECTOR_BYTES * 8 {
            let mut flipped = sector;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(inspect(&flipped), SectorKind::Damaged, "bit {bit}");
        }
    }

    #[test]
    fn a_sector_of_zeros_was_never_written() {
        assert_eq!(inspect(&[0; SECTOR_BYTES]), SectorKind::Zero);
        assert_ne!(crc32c(&[0; CRC_AT]), 0, "else zeros would be a whole sector");
    }
}
