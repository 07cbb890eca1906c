//! A file of the machine.
//!
//! Reads and writes are positional (`pread`, `pwrite`, `pwritev`). Durability is `fdatasync`; whole sectors in aligned memory go around the page cache
//! instead (`O_DIRECT` with `O_DSYNC`), which halves their CPU time and leaves the memory to others.
#![allow(clippy::disallowed_methods, reason = "this file is the door to the machine's files")]

use crate::File;
use parking_lot::Mutex;
use rustix::buffer::spare_capacity;
use rustix::fs::FallocateFlags;
use std::fs;
use std::io::{self, IoSlice};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Zeros are written in pieces of this size when a file is preallocated.
const ZEROS: &[u8] = &[0; 1 << 18];

/// What goes around the page cache begins and ends at multiples of this, in memory and in the file.
const SECTOR_BYTES: usize = 512;

/// The most slices one `pwritev` takes (Linux: `IOV_MAX`).
const SLICES_MAX: usize = 1024;

#[derive(Debug)]
pub(super) struct RealFile {
    file: fs::File,
    /// The same file, opened so that writes go around the page cache and return when they are stable; `None` where the file system cannot do that.
    direct: OnceLock<Option<fs::File>>,
    /// Whether a sync may have something to do. Set after a write has ended, so that a sync beside it leaves it to the next one.
    may_be_unsynced: AtomicBool,
    /// Held while syncing: who finds nothing to do must not answer before the sync that does it has ended.
    syncing: Mutex<()>,
}

impl RealFile {
    /// Others may have written to the file without syncing it.
    pub(super) fn new(file: fs::File) -> RealFile {
        RealFile { file, direct: OnceLock::new(), may_be_unsynced: AtomicBool::new(true), syncing: Mutex::new(()) }
    }

    fn noting_unsynced<T>(&self, change: impl FnOnce(&fs::File) -> io::Result<T>) -> io::Result<T> {
        let changed = change(&self.file);
        self.may_be_unsynced.store(true, Ordering::Release);
        changed
    }

    /// Whether the bytes were written around the page cache and are stable.
    fn write_direct(&self, bytes: &[u8], position: u64) -> io::Result<bool> {
        let is_whole = |count: usize| count.is_multiple_of(SECTOR_BYTES);
        if !is_whole(bytes.as_ptr().addr()) || !is_whole(bytes.len()) || !is_whole(position as usize) {
            return Ok(false);
        }
        let Some(direct) = self.direct.get_or_init(|| open_direct(&self.file)) else { return Ok(false) };
        match direct.write_all_at(bytes, position) {
            // The device wants a larger alignment.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INVAL.raw_os_error()) => Ok(false),
            written => written.map(|()| true),
        }
    }
}

/// Opens the file once more. Through its descriptor: it may have another name by now.
fn open_direct(file: &fs::File) -> Option<fs::File> {
    let flags = (rustix::fs::OFlags::DIRECT | rustix::fs::OFlags::DSYNC).bits() as i32;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    fs::OpenOptions::new().write(true).custom_flags(flags).open(path).ok()
}

impl File for RealFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], position + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn read_vec_at(&self, count: usize, position: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            let next = position + bytes.len() as u64;
            match rustix::io::pread(&self.file, spare_capacity(&mut bytes), next) {
                Ok(0) => break,
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // A vector may have got more room than it asked for.
        bytes.truncate(count);
        Ok(bytes)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.noting_unsynced(|file| file.write_all_at(bytes, position))
    }

    fn write_sectors_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        if self.write_direct(bytes, position)? { Ok(()) } else { self.write_at(bytes, position) }
    }

    fn write_vectored_at(&self, slices: &[IoSlice<'_>], position: u64) -> io::Result<()> {
        self.noting_unsynced(|file| write_vectored(file, slices, position))
    }

    fn length_bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn set_length(&self, length_bytes: u64) -> io::Result<()> {
        self.noting_unsynced(|file| file.set_len(length_bytes))
    }

    fn preallocate(&self, length_bytes: u64) -> io::Result<()> {
        self.noting_unsynced(|file| preallocate(file, length_bytes))
    }

    fn sync_data(&self) -> io::Result<()> {
        let _syncing = self.syncing.lock();
        if !self.may_be_unsynced.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        self.file.sync_data().inspect_err(|_| self.may_be_unsynced.store(true, Ordering::Release))
    }
}

fn write_vectored(file: &fs::File, slices: &[IoSlice<'_>], mut position: u64) -> io::Result<()> {
    for group in slices.chunks(SLICES_MAX) {
        let group_bytes: usize = group.iter().map(|slice| slice.len()).sum();
        let mut written = loop {
            match rustix::io::pwritev(file, group, position) {
                Err(rustix::io::Errno::INTR) => {}
                other => break other?,
            }
        };
        position += written as u64;
        if written < group_bytes {
            // A short write is rare (signals, a nearly full disk): finish slice by slice.
            for slice in group {
                let skip = written.min(slice.len());
                written -= skip;
                file.write_all_at(&slice[skip..], position)?;
                position += (slice.len() - skip) as u64;
            }
        }
    }
    Ok(())
}

fn preallocate(file: &fs::File, length_bytes: u64) -> io::Result<()> {
    let mut position = file.metadata()?.len();
    if position >= length_bytes {
        return Ok(());
    }
    // Reserving first fails early on a full disk and keeps the blocks together; a file system without it only loses that.
    match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, position, length_bytes - position) {
        Ok(()) | Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
        Err(error) => return Err(error.into()),
    }
    // Reserved blocks are "unwritten" and would each cost a metadata update at their first sync: writing zeros settles that now.
    while position < length_bytes {
        let piece = ZEROS.len().min((length_bytes - position) as usize);
        file.write_all_at(&ZEROS[..piece], position)?;
        position += piece as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Bytes that begin at a multiple of a sector, or one behind it.
    fn placed(memory: &mut [u8], is_aligned: bool) -> &mut [u8] {
        let start = memory.as_ptr().align_offset(SECTOR_BYTES) + usize::from(!is_aligned);
        &mut memory[start..start + 3 * SECTOR_BYTES]
    }

    #[test]
    fn sectors_are_written_whatever_their_memory_and_seen_by_reads_and_by_other_handles() {
        let mut named = tempfile::NamedTempFile::new().unwrap();
        named.write_all(&[9; 8 * SECTOR_BYTES]).unwrap();
        let file = RealFile::new(named.reopen().unwrap());
        file.sync_data().unwrap();
        let mut memory = vec![0; 5 * SECTOR_BYTES];
        for (round, is_aligned) in [(1, true), (2, false), (3, true)] {
            let bytes = placed(&mut memory, is_aligned);
            bytes.fill(round);
            file.write_sectors_at(bytes, (usize::from(round) * SECTOR_BYTES) as u64).unwrap();
            let is_direct = is_aligned && matches!(file.direct.get(), Some(Some(_)));
            assert_eq!(file.may_be_unsynced.load(Ordering::Relaxed), !is_direct, "round {round}");
            file.sync_data().unwrap();
        }
        file.write_sectors_at(&[4; 10], 7 * SECTOR_BYTES as u64 + 5).unwrap();
        let expected: Vec<u8> =
            [(1, 9), (1, 1), (1, 2), (3, 3), (1, 9)].iter().flat_map(|(count, byte)| vec![*byte; count * SECTOR_BYTES]).collect();
        let mut read = vec![0; 7 * SECTOR_BYTES];
        assert_eq!(file.read_at(&mut read, 0).unwrap(), read.len());
        assert_eq!(read, expected);
        let whole = fs::read(named.path()).unwrap();
        assert_eq!((&whole[..read.len()], &whole[7 * SECTOR_BYTES + 5..7 * SECTOR_BYTES + 15]), (&expected[..], &[4; 10][..]));
    }

    #[test]
    fn a_vector_is_read_as_far_as_the_file_reaches() {
        let file = RealFile::new(tempfile::tempfile().unwrap());
        let bytes: Vec<u8> = (0..100_000_u32).map(|index| index as u8).collect();
        file.write_at(&bytes, 0).unwrap();
        for (position, count, found) in
            [(0, 0, 0..0), (0, 100_000, 0..100_000), (99_990, 50, 99_990..100_000), (7, 5, 7..12), (100_000, 9, 0..0)]
        {
            assert_eq!(file.read_vec_at(count, position).unwrap(), &bytes[found], "{count} at {position}");
        }
    }

    #[test]
    fn a_sync_is_left_out_only_where_everything_is_stable() {
        let file = RealFile::new(tempfile::tempfile().unwrap());
        let may_be_unsynced = || file.may_be_unsynced.load(Ordering::Relaxed);
        assert!(may_be_unsynced());
        file.preallocate(4096).unwrap();
        file.sync_data().unwrap();
        assert!(!may_be_unsynced());
        let changes: [(&str, &dyn Fn() -> io::Result<()>); 3] = [
            ("write", &|| file.write_at(b"a", 0)),
            ("vectored write", &|| file.write_vectored_at(&[IoSlice::new(b"a")], 0)),
            ("length", &|| file.set_length(10)),
        ];
        for (name, change) in changes {
            change().unwrap();
            assert!(may_be_unsynced(), "{name}");
            file.sync_data().unwrap();
            assert!(!may_be_unsynced(), "{name}");
        }
    }
}
