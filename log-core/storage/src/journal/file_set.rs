//! The files of the journal that wait to be started: made ahead, whole on disk, so that an accepted entry always has a place.
//!
//! A new file is written with zeros and synced under its final name; a used one is renamed. Both are then named durably.
//! Numbers grow without gaps. Making a file blocks nobody but others who make one.

use super::sector::{PAYLOAD_BYTES, SECTOR_BYTES};
use crate::{Error, Result};
use log_env::{Disk, File, OpenMode};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The size of the journal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalOptions {
    /// The size of a new file, a multiple of the sector size and at least two sectors.
    pub(crate) file_bytes: u64,
    /// The most files there may be.
    pub(crate) files_max: usize,
}

/// A file that holds no sector of the stream yet.
#[derive(Clone, Debug)]
pub(super) struct WaitingFile {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn File>,
    /// How much of the stream it can hold.
    pub(super) room_bytes: u64,
}

#[derive(Debug)]
pub(super) struct FileSet {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    options: JournalOptions,
    waiting: Mutex<VecDeque<WaitingFile>>,
    /// The number of the next file to be made; held while making one.
    making: Mutex<u64>,
    /// All files there are, waiting or not.
    file_count: AtomicU64,
    /// The lsn that the files, started and waiting, can hold the stream up to.
    room_end_lsn: AtomicU64,
}

/// How much of the stream a file of this length holds: its first sector is the header.
pub(crate) fn room_of(length_bytes: u64) -> u64 {
    (length_bytes / SECTOR_BYTES as u64).saturating_sub(1) * PAYLOAD_BYTES as u64
}

pub(super) fn file_path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:020}.journal"))
}

impl FileSet {
    /// `waiting` follow each other; the first of them holds the stream from `end_lsn` on. `started_count` counts all other files.
    pub(super) fn new(
        place: (Arc<dyn Disk>, &Path),
        options: JournalOptions,
        waiting: VecDeque<WaitingFile>,
        next_number: u64,
        started_count: usize,
        end_lsn: u64,
    ) -> FileSet {
        let room_bytes: u64 = waiting.iter().map(|file| file.room_bytes).sum();
        FileSet {
            disk: place.0,
            directory: place.1.to_owned(),
            options,
            file_count: AtomicU64::new((waiting.len() + started_count) as u64),
            waiting: Mutex::new(waiting),
            making: Mutex::new(next_number),
            room_end_lsn: AtomicU64::new(end_lsn + room_bytes),
        }
    }

    pub(super) fn room_end_lsn(&self) -> u64 {
        self.room_end_lsn.load(Ordering::Acquire)
    }

    pub(super) fn waiting_count(&self) -> usize {
        self.waiting.lock().len()
    }

    pub(super) fn file_count(&self) -> usize {
        self.file_count.load(Ordering::Acquire) as usize
    }

    pub(super) fn files_max(&self) -> usize {
        self.options.files_max
    }

    /// The number of the file that will be started next.
    pub(super) fn next_to_start(&self) -> u64 {
        let next_made = self.making.lock();
        self.waiting.lock().front().map_or(*next_made, |file| file.number)
    }

    pub(super) fn take(&self) -> Option<WaitingFile> {
        self.waiting.lock().pop_front()
    }

    /// Gives back a file whose start failed.
    pub(super) fn put_back(&self, file: WaitingFile) {
        self.waiting.lock().push_front(file);
    }

    /// Makes a new file; false if there are as many as allowed.
    pub(super) fn make(&self) -> Result<bool> {
        let mut next = self.making.lock();
        if self.file_count() >= self.options.files_max {
            return Ok(false);
        }
        let path = file_path(&self.directory, *next);
        let made = self.write_zeros(&path);
        let file = match made {
            Ok(file) => file,
            Err(error) => {
                // A file that did not get its room would only keep others from theirs; if it cannot go either, the next opening removes it.
                _ = self.disk.remove_file(&path);
                return Err(error);
            }
        };
        self.file_count.fetch_add(1, Ordering::AcqRel);
        self.add(&mut next, path, file)?;
        Ok(true)
    }

    fn write_zeros(&self, path: &Path) -> Result<Arc<dyn File>> {
        let file = self.disk.open(path, OpenMode::OpenOrCreate).map_err(Error::io("create", path))?;
        file.preallocate(self.options.file_bytes).map_err(Error::io("preallocate", path))?;
        file.sync_data().map_err(Error::sync(path))?;
        self.disk.sync_dir(&self.directory).map_err(Error::sync(&self.directory))?;
        Ok(file)
    }

    /// Renames a file whose part of the stream is not needed any more.
    pub(super) fn reuse(&self, used: &Path) -> Result<()> {
        let mut next = self.making.lock();
        let path = file_path(&self.directory, *next);
        self.disk.rename(used, &path).map_err(Error::io("rename", used))?;
        self.disk.sync_dir(&self.directory).map_err(Error::sync(&self.directory))?;
        let file = self.disk.open(&path, OpenMode::Write).map_err(Error::io("open", &path))?;
        self.add(&mut next, path, file)
    }

    /// Removes a file whose part of the stream is not needed any more.
    pub(super) fn remove(&self, used: &Path) -> Result<()> {
        self.disk.remove_file(used).map_err(Error::io("remove", used))?;
        self.file_count.fetch_sub(1, Ordering::AcqRel);
        Ok(())
    }

    fn add(&self, next: &mut u64, path: PathBuf, file: Arc<dyn File>) -> Result<()> {
        let room_bytes = room_of(file.length_bytes().map_err(Error::io("measure", &path))?);
        self.waiting.lock().push_back(WaitingFile { number: *next, path, file, room_bytes });
        *next += 1;
        self.room_end_lsn.fetch_add(room_bytes, Ordering::AcqRel);
        Ok(())
    }
}
