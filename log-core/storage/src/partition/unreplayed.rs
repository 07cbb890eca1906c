//! Journaled batches that could not be put in their place because the partition is damaged: kept beside its segments until it is mended.
//!
//! ```text
//! 0   magic      8 bytes  "hwunrepl"
//! 8   log_start  i64      what readers were told begins the log
//! 16  count      u64      frames
//! 24  crc        u32      CRC-32C of the 24 bytes before
//! 28  frames              count x { length u32, crc u32 over length and batch, batch }
//! ```
//! All numbers but the batches' own are little-endian. The file is replaced as a whole and durable before the journal is freed, so that what
//! was acknowledged is always in one of the two. Once a sound partition has taken the batches in, and a checkpoint vouches for them, it goes.

use super::folder::Folder;
use crate::error::{Error, Result};
use crate::journal::crc32c;
use bytes::Bytes;
use log_env::{File, OpenMode};
use log_model::Offset;
use log_record::RecordBatch;
use std::sync::Arc;

pub(super) const UNREPLAYED_FILE: &str = "unreplayed.batches";
const TEMPORARY_FILE: &str = "unreplayed.batches.tmp";
const MAGIC: &[u8; 8] = b"hwunrepl";
const HEADER_BYTES: usize = 28;
const FRAME_BYTES: usize = 8;
/// How much is collected before it is written.
const WRITE_BYTES: usize = 1 << 20;

/// What a partition knows of its file.
#[derive(Debug, Default)]
pub(super) enum Unreplayed {
    /// There is none.
    #[default]
    None,
    /// It is being written; nothing counts yet.
    Writing(Writer),
    /// It waits for the partition to be mended.
    Kept,
    /// Its batches were taken in when the partition was opened.
    TakenIn,
    /// So were they, and a sync covers them; the checkpoint that says so may still be on its way.
    Covered,
}

/// The file while it is made, under another name.
#[derive(Debug)]
pub(super) struct Writer {
    folder: Folder,
    file: Arc<dyn File>,
    buffer: Vec<u8>,
    /// Bytes in the file and in the buffer.
    length_bytes: u64,
    count: u64,
    log_start: Offset,
    /// One past the last offset kept.
    end: Offset,
}

impl Writer {
    /// Begins with what an earlier opening kept.
    pub(super) fn begin(folder: &Folder, log_start: Offset) -> Result<Writer> {
        let file = folder.open(TEMPORARY_FILE, OpenMode::OpenOrCreate)?;
        file.set_length(0).map_err(Error::io("write", folder.join(TEMPORARY_FILE)))?;
        let mut writer = Writer {
            folder: folder.clone(),
            file,
            buffer: vec![0; HEADER_BYTES],
            length_bytes: HEADER_BYTES as u64,
            count: 0,
            log_start,
            end: Offset::ZERO,
        };
        if let Some(log_start) = read(folder, |batch| writer.push(&batch))? {
            writer.raise_log_start(log_start);
        }
        Ok(writer)
    }

    /// Keeps a batch, unless an earlier opening did.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.next_offset() <= self.end {
            return Ok(());
        }
        let length = u32::try_from(batch.size_bytes()).expect("a batch has fewer than 4 GiB").to_le_bytes();
        let crc = crc32c(&[&length[..], batch.as_bytes()].concat());
        self.buffer.extend_from_slice(&length);
        self.buffer.extend_from_slice(&crc.to_le_bytes());
        self.buffer.extend_from_slice(batch.as_bytes());
        self.length_bytes += (FRAME_BYTES + batch.size_bytes()) as u64;
        self.count += 1;
        self.end = batch.next_offset();
        if self.buffer.len() >= WRITE_BYTES { self.flush() } else { Ok(()) }
    }

    pub(super) fn raise_log_start(&mut self, offset: Offset) {
        self.log_start = self.log_start.max(offset);
    }

    fn flush(&mut self) -> Result<()> {
        let position = self.length_bytes - self.buffer.len() as u64;
        self.file.write_at(&self.buffer, position).map_err(Error::io("write", self.folder.join(TEMPORARY_FILE)))?;
        self.buffer.clear();
        Ok(())
    }

    /// Puts the file in its place, durably.
    pub(super) fn finish(mut self) -> Result<()> {
        self.flush()?;
        let header = header(self.log_start, self.count);
        self.file.write_at(&header, 0).map_err(Error::io("write", self.folder.join(TEMPORARY_FILE)))?;
        self.file.sync_data().map_err(Error::sync(self.folder.join(TEMPORARY_FILE)))?;
        self.folder.rename(TEMPORARY_FILE, UNREPLAYED_FILE)?;
        self.folder.sync()
    }
}

fn header(log_start: Offset, count: u64) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&log_start.0.to_le_bytes());
    bytes[16..24].copy_from_slice(&count.to_le_bytes());
    let crc = crc32c(&bytes[..24]);
    bytes[24..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// Hands out the batches in their order. Gives the log start; `None` if there is no file.
///
/// Errors: the file is damaged; batches before the damage were handed out.
pub(super) fn read(folder: &Folder, mut take: impl FnMut(RecordBatch) -> Result<()>) -> Result<Option<Offset>> {
    let Some(file) = folder.open_existing(UNREPLAYED_FILE, OpenMode::Read)? else { return Ok(None) };
    let length_bytes = file.length_bytes().map_err(Error::unreadable(folder.join(UNREPLAYED_FILE), 0))?;
    let mut reader = Reader { folder, file, position: 0, length_bytes };
    let header = reader.take(HEADER_BYTES)?;
    let number = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().expect("eight bytes"));
    if header[..8] != MAGIC[..] || header[24..] != crc32c(&header[..24]).to_le_bytes() {
        return Err(reader.damaged("its header is wrong"));
    }
    for _ in 0..number(16) {
        let frame = reader.take(FRAME_BYTES)?;
        let length = u32::from_le_bytes(frame[..4].try_into().expect("four bytes"));
        let bytes = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        if frame[4..] != crc32c(&[&frame[..4], &bytes].concat()).to_le_bytes() {
            return Err(reader.damaged("the checksum of a batch is wrong"));
        }
        take(RecordBatch::parse(bytes).map_err(|error| reader.damaged(error.to_string()))?)?;
    }
    if reader.position != length_bytes {
        return Err(reader.damaged("it has bytes behind its last batch"));
    }
    Ok(Some(Offset(number(8) as i64)))
}

struct Reader<'a> {
    folder: &'a Folder,
    file: Arc<dyn File>,
    position: u64,
    length_bytes: u64,
}

impl Reader<'_> {
    /// The next so many bytes; nothing is allocated that the file does not have.
    fn take(&mut self, count: usize) -> Result<Bytes> {
        if count as u64 > self.length_bytes - self.position {
            return Err(self.damaged("it ends within a batch"));
        }
        let mut bytes = vec![0; count];
        let failed = Error::unreadable(self.folder.join(UNREPLAYED_FILE), self.position);
        let found = self.file.read_at(&mut bytes, self.position).map_err(failed)?;
        if found < count {
            return Err(self.damaged("it ends within a batch"));
        }
        self.position += count as u64;
        Ok(bytes.into())
    }

    fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::Corrupt { path: self.folder.join(UNREPLAYED_FILE), position: self.position, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::testing::batch_of;
    use log_env::{Disk, SimDisk};
    use log_model::LeaderEpoch;
    use std::path::Path;

    fn folder(disk: &SimDisk) -> Folder {
        let disk: Arc<dyn Disk> = Arc::new(disk.clone());
        Folder::new(disk, Path::new(""))
    }

    fn batch(offset: i64) -> RecordBatch {
        batch_of(&["some", "records"]).with_base_offset(Offset(offset), LeaderEpoch(0))
    }

    fn offsets(folder: &Folder) -> Result<(Option<Offset>, Vec<i64>)> {
        let mut offsets = Vec::new();
        let log_start = read(folder, |batch| {
            offsets.push(batch.base_offset().0);
            Ok(())
        })?;
        Ok((log_start, offsets))
    }

    #[test]
    fn batches_are_kept_once_over_several_openings() {
        let disk = SimDisk::new();
        let folder = folder(&disk);
        assert_eq!(offsets(&folder).unwrap(), (None, vec![]));
        for round in 1..4 {
            let mut writer = Writer::begin(&folder, Offset(round)).unwrap();
            for offset in 0..round {
                writer.push(&batch(offset * 10)).unwrap();
            }
            writer.finish().unwrap();
            assert_eq!(offsets(&folder).unwrap(), (Some(Offset(round)), (0..round).map(|offset| offset * 10).collect()));
        }
    }

    #[test]
    fn any_flipped_bit_and_any_cut_show() {
        let disk = SimDisk::new();
        let folder = folder(&disk);
        let mut writer = Writer::begin(&folder, Offset(3)).unwrap();
        (0..3).for_each(|offset| writer.push(&batch(offset * 2)).unwrap());
        writer.finish().unwrap();
        let path = Path::new(UNREPLAYED_FILE);
        let length = disk.read_all(path).unwrap().len() as u64;
        for bit in 0..length * 8 {
            disk.flip_bit(path, bit).unwrap();
            assert!(matches!(offsets(&folder), Err(Error::Corrupt { .. })), "bit {bit}");
            disk.flip_bit(path, bit).unwrap();
        }
        for cut in (0..length).rev() {
            disk.open(path, OpenMode::Write).unwrap().set_length(cut).unwrap();
            assert!(matches!(offsets(&folder), Err(Error::Corrupt { .. })), "{cut} bytes");
        }
    }
}
