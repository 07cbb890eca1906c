//! Walking the batches of a segment file, in bounded memory.
//!
//! Every batch is checked: its CRC, and that it begins at the offset where the one before it ended. A partition's log has no gaps (what
//! compaction removes leaves a filler, see `filler`), so that damage to a base offset, which the CRC does not cover, shows too.

use super::damage::Damage;
use crate::error::Error;
use bytes::Bytes;
use log_env::File;
use log_model::Offset;
use log_record::{BATCH_HEADER_BYTES, BatchHeader, RecordBatch};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much is read at once.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

/// Why a walk stopped before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The bytes are wrong.
    Damaged(Damage),
    /// The file cannot be read.
    Failed(Error),
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Error {
        match stop {
            Stop::Damaged(damage) => damage.into(),
            Stop::Failed(error) => error,
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        match error {
            Error::Corrupt { path, position, reason } => Stop::Damaged(Damage { path, position, reason }),
            other => Stop::Failed(other),
        }
    }
}

impl From<Damage> for Stop {
    fn from(damage: Damage) -> Stop {
        Stop::Damaged(damage)
    }
}

/// A range of a segment file and the offset its first batch must have.
#[derive(Debug)]
pub(crate) struct Scan {
    file: Arc<dyn File>,
    path: PathBuf,
    /// Of the next batch.
    position: u64,
    next_offset: Offset,
    end_position: u64,
    /// Bytes read but not yet taken, from `position` on.
    buffer: Bytes,
    chunk_bytes: usize,
}

impl Scan {
    /// A walk over the bytes from `position` to `end_position`, where a batch that begins with `next_offset` lies.
    pub(crate) fn new(file: Arc<dyn File>, path: &Path, from: (u64, Offset), end_position: u64) -> Scan {
        let (position, next_offset) = from;
        Scan { file, path: path.into(), position, next_offset, end_position, buffer: Bytes::new(), chunk_bytes: CHUNK_BYTES }
    }

    /// Reads this much at once instead of a megabyte.
    pub(crate) fn with_chunk(self, chunk_bytes: usize) -> Scan {
        Scan { chunk_bytes, ..self }
    }

    /// Starts at a batch of which only the last offset is known, from an index. Says whether the batch there ends with it; if not, the index
    /// or the segment is damaged and the walk must start elsewhere.
    pub(crate) fn trust_last_offset(&mut self, last_offset: Offset) -> Result<bool, Stop> {
        self.fill(self.chunk_bytes)?;
        match BatchHeader::decode(&self.buffer) {
            Ok(header) if header.last_offset() == last_offset => {
                self.next_offset = header.base_offset;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The position of the next batch: the end of the last good one.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The offset the next batch begins with.
    pub(crate) fn next_offset(&self) -> Offset {
        self.next_offset
    }

    /// Whether the buffer holds a whole further batch, so that it can be taken without another read.
    pub(crate) fn has_buffered(&self) -> bool {
        BatchHeader::decode(&self.buffer).is_ok_and(|header| header.size_bytes <= self.buffer.len())
    }

    /// The next batch and its position; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, RecordBatch)>, Stop> {
        let remaining = self.end_position - self.position;
        if remaining == 0 {
            return Ok(None);
        }
        if remaining < BATCH_HEADER_BYTES as u64 {
            return Err(self.damaged("the file ends within the header of a batch"));
        }
        if self.buffer.len() < BATCH_HEADER_BYTES {
            self.fill(self.chunk_bytes)?;
        }
        let header = BatchHeader::decode(&self.buffer).map_err(|error| self.damaged(error.to_string()))?;
        if header.size_bytes as u64 > remaining {
            return Err(self.damaged(format!("a batch of {} bytes reaches beyond the end of the file", header.size_bytes)));
        }
        if header.size_bytes > self.buffer.len() {
            self.fill(self.chunk_bytes.max(header.size_bytes))?;
        }
        if header.base_offset != self.next_offset {
            let reason = format!("a batch begins at offset {} where {} was expected", header.base_offset, self.next_offset);
            return Err(self.damaged(reason));
        }
        match RecordBatch::split(&mut self.buffer) {
            Ok(Some(batch)) => {
                let position = self.position;
                self.position += header.size_bytes as u64;
                self.next_offset = header.next_offset();
                Ok(Some((position, batch)))
            }
            Ok(None) => Err(self.damaged("the file ends within a batch")),
            Err(error) => Err(self.damaged(error.to_string())),
        }
    }

    /// Walks on without returning batches until the next one holds or follows `offset`. Gives the damage of what it passes only if a
    /// header is wrong: the records of passed batches are not looked at.
    pub(crate) fn skip_to(&mut self, offset: Offset) -> Result<(), Stop> {
        loop {
            let remaining = self.end_position - self.position;
            if remaining < BATCH_HEADER_BYTES as u64 {
                return Ok(());
            }
            if self.buffer.len() < BATCH_HEADER_BYTES {
                self.fill(self.chunk_bytes)?;
            }
            let header = BatchHeader::decode(&self.buffer).map_err(|error| self.damaged(error.to_string()))?;
            if header.next_offset() > offset || header.base_offset != self.next_offset || header.size_bytes as u64 > remaining {
                return Ok(());
            }
            let _ = self.buffer.split_to(header.size_bytes.min(self.buffer.len()));
            self.position += header.size_bytes as u64;
            self.next_offset = header.next_offset();
        }
    }

    fn fill(&mut self, bytes: usize) -> Result<(), Stop> {
        let remaining = usize::try_from(self.end_position - self.position).unwrap_or(usize::MAX);
        let failed = Error::unreadable(&*self.path, self.position);
        let read = self.file.read_vec_at(bytes.max(BATCH_HEADER_BYTES).min(remaining), self.position);
        self.buffer = read.map_err(|error| Stop::Failed(failed(error)))?.into();
        if self.buffer.len() < BATCH_HEADER_BYTES { Err(self.damaged("the file ends within the header of a batch")) } else { Ok(()) }
    }

    fn damaged(&self, reason: impl Into<String>) -> Stop {
        Stop::Damaged(Damage::new(&*self.path, self.position, reason))
    }
}
