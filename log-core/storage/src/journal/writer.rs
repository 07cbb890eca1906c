//! Writing groups of sectors to the journal's files, and giving files free.
//!
//! `write` and `release` are called under one lock by whoever commits; making files ahead goes on beside them.

use super::buffer::Group;
use super::file_set::{FileSet, WaitingFile};
use super::header::Header;
use super::scan::JournalPosition;
use super::sector::{PAYLOAD_BYTES, SECTOR_BYTES};
use crate::{Error, Result};
use log_env::File;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;

/// So many released files are kept for later use; more are removed.
const WAITING_MAX: usize = 3;

/// A file that holds a part of the stream.
#[derive(Clone, Debug)]
pub(super) struct StartedFile {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    pub(super) file: Arc<dyn File>,
    pub(super) first_lsn: u64,
    /// The end of the stream once the file is full.
    pub(super) end_lsn: u64,
    /// Whether it was started by this opening: earlier ones take nothing more.
    pub(super) is_current: bool,
}

/// The writing side of the journal. Methods may be called from several threads.
#[derive(Debug)]
pub(crate) struct JournalWriter {
    files: FileSet,
    incarnation: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// In the order of the stream.
    started: Vec<StartedFile>,
    /// Where this incarnation began, then the end of what is on stable storage.
    durable_lsn: u64,
}

impl State {
    /// The file of this incarnation that holds a byte of the stream.
    fn place_of(&self, lsn: u64) -> Option<&StartedFile> {
        self.started.iter().rev().find(|file| file.is_current && file.first_lsn <= lsn && lsn < file.end_lsn)
    }
}

impl JournalWriter {
    pub(super) fn new(files: FileSet, started: Vec<StartedFile>, incarnation: u32, end_lsn: u64) -> JournalWriter {
        JournalWriter { files, incarnation, state: Mutex::new(State { started, durable_lsn: end_lsn }) }
    }

    /// One past the last byte on stable storage.
    pub(crate) fn durable_lsn(&self) -> u64 {
        self.state.lock().durable_lsn
    }

    /// The stream may be filled up to here: the files exist.
    pub(crate) fn room_end_lsn(&self) -> u64 {
        self.files.room_end_lsn()
    }

    /// Makes files until the stream may reach `lsn`. False if the limit of files does not allow it: a checkpoint frees some.
    pub(crate) fn make_room(&self, lsn: u64) -> Result<bool> {
        while self.room_end_lsn() < lsn {
            if !self.files.make()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Makes a file ahead if none waits and the limit allows it.
    pub(crate) fn make_ahead(&self) -> Result<()> {
        if self.files.waiting_count() == 0 {
            self.files.make()?;
        }
        Ok(())
    }

    /// How much of the allowed number of files is in use, in percent.
    pub(crate) fn used_percent(&self) -> usize {
        let used = self.files.file_count() - self.files.waiting_count();
        used * 100 / self.files.files_max().max(1)
    }

    /// Writes a group and syncs it. On return it is on stable storage.
    ///
    /// After an error the group may be written again if the disk was merely full: the same bytes go to the same places, also where they
    /// reach over several files of which some were written. After any other error the journal must be given up.
    pub(crate) fn write(&self, group: &mut Group) -> Result<()> {
        group.seal(self.incarnation);
        let mut state = self.state.lock();
        let mut written = 0;
        while written < group.bytes.len() {
            let lsn = group.start_lsn + (written / SECTOR_BYTES * PAYLOAD_BYTES) as u64;
            if state.place_of(lsn).is_none() {
                self.start_next(&mut state, lsn)?;
            }
            let current = state.place_of(lsn).expect("a file was started");
            assert_eq!((lsn - current.first_lsn) % PAYLOAD_BYTES as u64, 0, "groups begin where sectors do");
            let room = ((current.end_lsn - lsn) / PAYLOAD_BYTES as u64) as usize * SECTOR_BYTES;
            let now = room.min(group.bytes.len() - written);
            let position = (1 + (lsn - current.first_lsn) / PAYLOAD_BYTES as u64) * SECTOR_BYTES as u64;
            current.file.write_sectors_at(&group.bytes[written..written + now], position).map_err(Error::io("write", &current.path))?;
            written += now;
            current.file.sync_data().map_err(Error::sync(&current.path))?;
        }
        state.durable_lsn = group.end_lsn;
        Ok(())
    }

    /// The one before is full and synced, or belongs to an earlier incarnation.
    fn start_next(&self, state: &mut State, first_lsn: u64) -> Result<()> {
        let Some(file) = self.files.take() else {
            let reason = "every file of the journal is in use; it goes on after a checkpoint".to_owned();
            return Err(Error::Full { needed_bytes: SECTOR_BYTES as u64, reason });
        };
        match self.write_header(&file, first_lsn) {
            Ok(()) => {
                let WaitingFile { number, path, file, room_bytes } = file;
                state.started.push(StartedFile { number, path, file, first_lsn, end_lsn: first_lsn + room_bytes, is_current: true });
                Ok(())
            }
            Err(error) => {
                self.files.put_back(file);
                Err(error)
            }
        }
    }

    fn write_header(&self, file: &WaitingFile, first_lsn: u64) -> Result<()> {
        let header = Header { file_number: file.number, first_lsn, incarnation: self.incarnation };
        file.file.write_at(&header.encode(), 0).map_err(Error::io("write", &file.path))?;
        file.file.sync_data().map_err(Error::sync(&file.path))
    }

    /// The position to replay from when everything before `lsn`, the border of two entries, is safe elsewhere.
    pub(crate) fn position(&self, lsn: u64) -> JournalPosition {
        let state = self.state.lock();
        let is_current = state.started.last().is_some_and(|file| file.is_current);
        let is_unwritten = !is_current && lsn >= state.durable_lsn;
        match state.started.iter().rev().find(|file| file.first_lsn <= lsn) {
            Some(file) if !is_unwritten => {
                JournalPosition { lsn, file_number: file.number, incarnation: self.incarnation, is_started: true }
            }
            // This incarnation has not written yet: the next file will begin with this byte.
            _ => JournalPosition { lsn, file_number: self.files.next_to_start(), incarnation: self.incarnation, is_started: false },
        }
    }

    /// Frees the files before that of `position`, which a durable checkpoint names.
    pub(crate) fn release(&self, position: JournalPosition) -> Result<()> {
        loop {
            let used = {
                let mut state = self.state.lock();
                match state.started.first() {
                    Some(first) if first.number < position.file_number => state.started.remove(0),
                    _ => return Ok(()),
                }
            };
            if self.files.waiting_count() < WAITING_MAX { self.files.reuse(&used.path)? } else { self.files.remove(&used.path)? }
        }
    }
}
