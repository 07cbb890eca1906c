//! Reading the journal when the directory is opened.
//!
//! The scan follows the files from the checkpoint's position, hands out whole entries in order, and stops at the torn tail.
//! It takes no more memory than one entry and one piece of a file. What cannot be a torn tail is reported as damage, with file and byte.

use super::entry::{Entry, HEADER_BYTES};
use super::file_set::{FileSet, JournalOptions, WaitingFile, file_path, room_of};
use super::header::{Header, Start};
use super::sector::{PAYLOAD_BYTES, SECTOR_BYTES, SectorKind, inspect};
use super::writer::{JournalWriter, StartedFile};
use crate::{Error, Result};
use bytes::BytesMut;
use log_env::{Disk, File, OpenMode};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files are read in pieces of this size.
const PIECE_BYTES: usize = 1 << 20;

/// Where the journal is replayed from: the border of two entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JournalPosition {
    /// The first byte of the stream that is needed.
    pub(crate) lsn: u64,
    /// The file that holds it, or will.
    pub(crate) file_number: u64,
    /// The incarnation that held when it was reached.
    pub(crate) incarnation: u32,
    /// Whether that file was in use already: it must still be there then.
    pub(crate) is_started: bool,
}

/// One run over the journal.
#[derive(Debug)]
pub(crate) struct JournalScan {
    disk: Arc<dyn Disk>,
    directory: PathBuf,
    options: JournalOptions,
    position: JournalPosition,
    incarnation: u32,
    /// One past the last whole entry.
    entry_end_lsn: u64,
    /// One past the last payload byte read.
    stream_end_lsn: u64,
    /// The stream between the two.
    payload: BytesMut,
    started: Vec<StartedFile>,
    waiting: VecDeque<WaitingFile>,
}

struct OpenFile {
    number: u64,
    path: PathBuf,
    file: Arc<dyn File>,
    length_bytes: u64,
}

impl JournalScan {
    /// A scan from `position` on.
    pub(crate) fn new(disk: Arc<dyn Disk>, directory: &Path, options: JournalOptions, position: JournalPosition) -> JournalScan {
        JournalScan {
            disk,
            directory: directory.to_owned(),
            options,
            position,
            incarnation: position.incarnation,
            entry_end_lsn: position.lsn,
            stream_end_lsn: position.lsn,
            payload: BytesMut::new(),
            started: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Hands every whole entry to `apply`, then readies the journal for writing behind the last one.
    ///
    /// On return everything handed out is on stable storage, also what had only been in the page cache of a process that died.
    pub(crate) fn run(mut self, mut apply: impl FnMut(Entry) -> Result<()>) -> Result<JournalWriter> {
        let (files, unneeded) = self.list()?;
        for file in files {
            match self.start_of(&file)? {
                Start::Damaged => return Err(damage(&file.path, 0, "its header sector is neither zero nor whole")),
                Start::Started(header) if !self.waiting.is_empty() => {
                    return Err(damage(&file.path, 0, format!("file {} follows a file that was never started", header.file_number)));
                }
                Start::Started(header) => self.read_file(file, header, &mut apply)?,
                Start::NotStarted => self.keep_waiting(file)?,
            }
        }
        if self.position.is_started && self.started.is_empty() {
            let path = file_path(&self.directory, self.position.file_number);
            return Err(damage(&path, 0, "the checkpoint says it is in use, but it is missing or blank"));
        }
        if let Some(last) = self.started.last() {
            last.file.sync_data().map_err(Error::sync(&last.path))?;
        }
        let next_number = match (self.waiting.back(), self.started.last()) {
            (Some(file), _) => file.number + 1,
            (None, Some(file)) => file.number + 1,
            (None, None) => self.position.file_number,
        };
        // The tail of the last started file is given up: the next file begins where the entries end.
        let started_count = self.started.len() + unneeded.len();
        let place = (self.disk, self.directory.as_path());
        let files = FileSet::new(place, self.options, self.waiting, next_number, started_count, self.entry_end_lsn);
        for path in unneeded {
            files.reuse(&path)?;
        }
        Ok(JournalWriter::new(files, self.started, self.incarnation + 1, self.entry_end_lsn))
    }

    /// The files from the position on, and those before it.
    fn list(&self) -> Result<(Vec<OpenFile>, Vec<PathBuf>)> {
        let entries = self.disk.list(&self.directory).map_err(Error::io("list", &self.directory))?;
        let (mut files, mut unneeded) = (Vec::new(), Vec::new());
        for entry in entries {
            let Some(number) = entry.name.strip_suffix(".journal").and_then(|name| name.parse().ok()) else { continue };
            let path = file_path(&self.directory, number);
            if number < self.position.file_number {
                unneeded.push(path);
                continue;
            }
            let file = self.disk.open(&path, OpenMode::Write).map_err(Error::io("open", &path))?;
            files.push(OpenFile { number, path, file, length_bytes: entry.length_bytes });
        }
        if let Some(gap) = files.windows(2).find(|pair| pair[0].number + 1 != pair[1].number)
            && self.is_started(&gap[1])?
        {
            return Err(damage(&gap[1].path, 0, format!("the file before it, number {}, is missing", gap[1].number - 1)));
        }
        match files.first() {
            Some(first) if first.number != self.position.file_number && self.is_started(first)? => {
                Err(damage(&first.path, 0, format!("file number {} is missing", self.position.file_number)))
            }
            _ => Ok((files, unneeded)),
        }
    }

    fn is_started(&self, file: &OpenFile) -> Result<bool> {
        Ok(self.start_of(file)? != Start::NotStarted)
    }

    fn start_of(&self, file: &OpenFile) -> Result<Start> {
        let mut sector = [0; SECTOR_BYTES];
        file.file.read_at(&mut sector, 0).map_err(Error::io("read", &file.path))?;
        Ok(Start::decode(&sector, file.number))
    }

    /// Keeps a file that was made ahead, or removes it if a crash left it short or out of order.
    fn keep_waiting(&mut self, file: OpenFile) -> Result<()> {
        let last = self.waiting.back().map(|file| file.number).or(self.started.last().map(|file| file.number));
        let expected = last.map_or(self.position.file_number, |last| last + 1);
        let room_bytes = room_of(file.length_bytes);
        if file.length_bytes < self.options.file_bytes || file.number != expected || room_bytes == 0 {
            return self.disk.remove_file(&file.path).map_err(Error::io("remove", &file.path));
        }
        self.waiting.push_back(WaitingFile { number: file.number, path: file.path, file: file.file, room_bytes });
        Ok(())
    }

    /// Checks that the file goes on where the ones before it ended.
    fn enter(&mut self, path: &Path, header: Header, room_bytes: u64) -> Result<()> {
        let is_first = self.started.is_empty();
        let goes_on = if header.incarnation > self.incarnation {
            self.payload.clear();
            self.stream_end_lsn = self.entry_end_lsn;
            header.first_lsn == self.entry_end_lsn
        } else if header.incarnation < self.incarnation {
            false
        } else if is_first {
            header.first_lsn <= self.position.lsn && self.position.lsn <= header.first_lsn + room_bytes
        } else {
            header.first_lsn == self.stream_end_lsn
        };
        if goes_on {
            self.incarnation = header.incarnation;
            return Ok(());
        }
        let reason = format!(
            "it begins with byte {} of incarnation {}, but the stream before it ends with byte {} of incarnation {}: a part was lost",
            header.first_lsn, header.incarnation, self.stream_end_lsn, self.incarnation
        );
        Err(damage(path, 0, reason))
    }

    fn read_file(&mut self, file: OpenFile, header: Header, apply: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let room_bytes = room_of(file.length_bytes);
        self.enter(&file.path, header, room_bytes)?;
        let first_sector = self.stream_end_lsn.saturating_sub(header.first_lsn) / PAYLOAD_BYTES as u64;
        let mut position = (1 + first_sector) * SECTOR_BYTES as u64;
        let mut piece = vec![0; PIECE_BYTES.min(file.length_bytes as usize)];
        'file: loop {
            let count = file.file.read_at(&mut piece, position).map_err(Error::io("read", &file.path))?;
            for sector in piece[..count].chunks_exact(SECTOR_BYTES) {
                let lsn = header.first_lsn + (position / SECTOR_BYTES as u64 - 1) * PAYLOAD_BYTES as u64;
                let Some(payload) = live_payload(sector, lsn, header.incarnation).map_err(|reason| damage(&file.path, position, reason))?
                else {
                    // A sector of which the checkpoint needs a part was on stable storage.
                    if lsn < self.stream_end_lsn {
                        return Err(damage(&file.path, position, "the sector that holds the checkpoint's position is gone"));
                    }
                    break 'file;
                };
                // The first sector may begin before the position the scan starts from.
                let skip = (self.stream_end_lsn - lsn) as usize;
                if skip > payload.len() {
                    return Err(damage(&file.path, position, "the sector ends before the checkpoint's position"));
                }
                self.payload.extend_from_slice(&payload[skip..]);
                self.stream_end_lsn = lsn + payload.len() as u64;
                position += SECTOR_BYTES as u64;
                if payload.len() < PAYLOAD_BYTES {
                    break 'file;
                }
            }
            self.hand_out(&file.path, position, apply)?;
            if count < SECTOR_BYTES {
                break;
            }
        }
        self.hand_out(&file.path, position, apply)?;
        let end_lsn = header.first_lsn + room_bytes;
        self.started.push(StartedFile {
            number: file.number,
            path: file.path,
            file: file.file,
            first_lsn: header.first_lsn,
            end_lsn,
            is_current: false,
        });
        Ok(())
    }

    fn hand_out(&mut self, path: &Path, position: u64, apply: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        while let Some(size) = Entry::size_of(&self.payload) {
            debug_assert!(size >= HEADER_BYTES);
            if size > self.payload.len() {
                break;
            }
            let entry = Entry::decode(self.payload.split_to(size).freeze()).map_err(|reason| damage(path, position, reason))?;
            apply(entry)?;
            self.entry_end_lsn += size as u64;
        }
        Ok(())
    }
}

/// The payload of the sector if it is part of the stream, `None` if the stream ended before it.
fn live_payload(sector: &[u8], lsn: u64, incarnation: u32) -> Result<Option<&[u8]>, String> {
    match inspect(sector) {
        SectorKind::Zero => Ok(None),
        SectorKind::Damaged => Err("a sector is neither zero nor whole".to_owned()),
        SectorKind::Whole { lsn: found, incarnation: life, used } if found == lsn && life == incarnation => Ok(Some(&sector[..used])),
        SectorKind::Whole { lsn: found, incarnation: life, .. } if life > incarnation || (life == incarnation && found > lsn) => {
            Err(format!("a sector of incarnation {life} with byte {found} stands where incarnation {incarnation} has byte {lsn}"))
        }
        SectorKind::Whole { .. } => Ok(None),
    }
}

fn damage(path: &Path, position: u64, reason: impl Into<String>) -> Error {
    Error::Corrupt { path: path.to_owned(), position, reason: reason.into() }
}
