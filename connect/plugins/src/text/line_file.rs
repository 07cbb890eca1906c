//! A file being read line by line from a position on.

use super::{Line, LineSplitter};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How much is read at a time.
const CHUNK_BYTES: usize = 256 * 1024;
/// How much one call reads at most, so that a poll returns soon even within a huge line.
const READ_BYTES_MAX: usize = 8 << 20;

/// Where a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadState {
    /// There may be more.
    More,
    /// At the end of the file, as it is now.
    End,
}

/// An open file and the lines found in it so far.
#[derive(Debug)]
pub(crate) struct LineFile {
    file: File,
    splitter: LineSplitter,
    chunk: Vec<u8>,
}

impl LineFile {
    /// Opens a file at a position.
    pub(crate) fn open(path: &Path, position: u64, limit_bytes: usize) -> io::Result<LineFile> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name a file"));
        }
        Ok(LineFile::resume(file, position, limit_bytes))
    }

    /// Reads an open file from a position on.
    pub(crate) fn resume(file: File, position: u64, limit_bytes: usize) -> LineFile {
        LineFile { file, splitter: LineSplitter::new(position, limit_bytes), chunk: Vec::new() }
    }

    /// Appends up to `count` whole lines to `lines`.
    pub(crate) fn read_lines(&mut self, count: usize, lines: &mut Vec<Line>) -> io::Result<ReadState> {
        let (end_count, mut read_bytes) = (lines.len() + count, 0);
        while lines.len() < end_count {
            if let Some(line) = self.splitter.next_line() {
                lines.push(line);
                continue;
            }
            if read_bytes >= READ_BYTES_MAX {
                return Ok(ReadState::More);
            }
            self.chunk.resize(CHUNK_BYTES, 0);
            let count = self.file.read_at(&mut self.chunk, self.splitter.next_read())?;
            if count == 0 {
                return Ok(ReadState::End);
            }
            read_bytes += count;
            self.splitter.push(&self.chunk[..count]);
        }
        Ok(ReadState::More)
    }

    /// A last line without its end.
    pub(crate) fn take_rest(&mut self) -> Option<Line> {
        self.splitter.take_rest()
    }

    /// Where the first line not handed over begins.
    pub(crate) fn position(&self) -> u64 {
        self.splitter.position()
    }

    /// Up to where the file has been read.
    pub(crate) fn read_position(&self) -> u64 {
        self.splitter.next_read()
    }

    /// The open file.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Its length now.
    pub(crate) fn length_bytes(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}
