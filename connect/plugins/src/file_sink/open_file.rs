//! One file in progress.
//!
//! What always holds: the first `written_bytes` bytes of the file and then `pending` are the rows taken so far. A failed write moves neither, so it can
//! be tried again once there is room; a failed fsync ends the file.

use super::{FileName, ManifestEntry, RowWriter};
use connect_api::{Error, Offset, Result, SinkRecord, Timestamp, TopicPartition};
use crc_fast::{CrcAlgorithm, Digest};
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How much is collected before it is written.
const PENDING_BYTES: usize = 128 * 1024;

pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
    rows: Box<dyn RowWriter>,
    pending: Vec<u8>,
    written_bytes: u64,
    crc: Digest,
    opened: Instant,
    count: u64,
    first: Offset,
    last: Offset,
    first_timestamp: Timestamp,
    min_timestamp: Timestamp,
    max_timestamp: Timestamp,
}

impl OpenFile {
    /// Creates the file that begins with `record`, which is not yet in it.
    pub(super) fn create(directory: &Path, extension: &str, rows: Box<dyn RowWriter>, record: &SinkRecord) -> Result<OpenFile> {
        let path = directory.join(FileName::in_progress(&record.partition, record.offset, extension));
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(|error| Error::io("create", path.display(), &error))?;
        let mut pending = Vec::new();
        rows.header(&mut pending);
        Ok(OpenFile {
            path,
            file,
            rows,
            pending,
            written_bytes: 0,
            crc: Digest::new(CrcAlgorithm::Crc32IsoHdlc),
            opened: Instant::now(),
            count: 0,
            first: record.offset,
            last: record.offset,
            first_timestamp: record.timestamp,
            min_timestamp: record.timestamp,
            max_timestamp: record.timestamp,
        })
    }

    /// Whether the record may stand in this file.
    pub(super) fn fits(&self, record: &SinkRecord) -> bool {
        self.rows.fits(record)
    }

    /// Takes a record. Errors: `Full` before anything of it is taken; `Data` if it cannot be written.
    pub(super) fn put(&mut self, record: &SinkRecord) -> Result<()> {
        if self.pending.len() >= PENDING_BYTES {
            self.write_pending()?;
        }
        let before = self.pending.len();
        if let Err(error) = self.rows.row(record, &mut self.pending) {
            self.pending.truncate(before);
            return Err(error);
        }
        self.count += 1;
        self.last = record.offset;
        self.min_timestamp = self.min_timestamp.min(record.timestamp);
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        Ok(())
    }

    /// Makes the file durable under its final name. Errors: `Full` may be tried again; after anything else the file is lost.
    pub(super) fn finish(&mut self, partition: &TopicPartition, extension: &str) -> Result<ManifestEntry> {
        self.write_pending()?;
        let place = self.path.display().to_string();
        self.file.set_len(self.written_bytes).map_err(|error| Error::io("truncate", &place, &error))?;
        // Whatever the reason, after a failed fsync nothing is known about the file: the restarted task writes it anew.
        let failed = |action, error: std::io::Error| Error::Outside { action, place: place.clone(), reason: error.to_string() };
        self.file.sync_all().map_err(|error| failed("sync", error))?;
        let name = FileName { partition: partition.clone(), first: self.first, last: self.last };
        let file = name.format(extension);
        let directory = self.path.parent().unwrap_or(Path::new("."));
        std::fs::rename(&self.path, directory.join(&file)).map_err(|error| failed("rename", error))?;
        sync_directory(directory)?;
        Ok(ManifestEntry {
            file,
            name,
            rows: self.count,
            bytes: self.written_bytes,
            timestamps: Some((self.min_timestamp, self.max_timestamp)),
            crc32: self.crc.finalize() as u32,
        })
    }

    /// Deletes it.
    pub(super) fn discard(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(file = %self.path.display(), %error, "a file in progress could not be deleted; the next start deletes it");
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn first(&self) -> Offset {
        self.first
    }

    pub(super) fn bytes(&self) -> u64 {
        self.written_bytes + self.pending.len() as u64
    }

    pub(super) fn first_timestamp(&self) -> Timestamp {
        self.first_timestamp
    }

    pub(super) fn opened(&self) -> Instant {
        self.opened
    }

    fn write_pending(&mut self) -> Result<()> {
        let written = self.file.write_all_at(&self.pending, self.written_bytes);
        written.map_err(|error| Error::io("write", self.path.display(), &error))?;
        self.crc.update(&self.pending);
        self.written_bytes += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

/// Makes the names of a directory durable.
pub(super) fn sync_directory(directory: &Path) -> Result<()> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|error| Error::Outside { action: "sync", place: directory.display().to_string(), reason: error.to_string() })
}
