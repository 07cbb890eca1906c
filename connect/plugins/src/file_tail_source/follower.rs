//! Follows one path: the file that is there now, and before it those that rotation moved away and that are not read to their end.
//!
//! What always holds: files are read one after the other, the oldest first; `current` is the one being read, `last` the one rotated away that was read to its
//! end before. A file rotated away is left only once nobody has touched it for a while: who writes it goes on until it is told to open the new one.
//! An offset names the file it is of, so a restart finds it again under whatever name.

use super::identity::Identity;
use super::pattern::Pattern;
use super::siblings::{Age, Sibling, find_copy, find_renamed, siblings, successor};
use crate::text::{Line, LineFile, LineRecords, POSITION, ReadState};
use connect_api::{Error, JsonMap, Result, SourcePartition, SourceRecord};
use serde_json::Value as Json;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A file being read.
struct Current {
    lines: LineFile,
    identity: Identity,
    fields: Arc<JsonMap>,
    /// It stands under the followed path; others were rotated away and end for good.
    live: bool,
    /// Rotated away: since when it is at its end, and which position that is.
    ended: Option<(Instant, u64)>,
}

impl Current {
    /// Whether the file has been left alone for so long that nobody writes it any more: by the file's own times (a rename is a change too), or, should those
    /// lie in the future, by our own.
    fn is_quiet(&mut self, wait: Duration) -> io::Result<bool> {
        let position = self.lines.read_position();
        if self.ended.is_none_or(|(_, known)| known != position) {
            self.ended = Some((Instant::now(), position));
        }
        let unchanged = Age::of(&self.lines.file().metadata()?).unchanged_for();
        Ok(unchanged.is_some_and(|unchanged| unchanged >= wait) || self.ended.is_some_and(|(since, _)| since.elapsed() >= wait))
    }
}

/// What a poll found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Records, or at least more to look at.
    More,
    /// At the end of everything.
    End,
    /// At the end of a file rotated away that somebody may still be writing.
    Waiting,
    /// The file does not exist.
    Missing,
}

/// Follows one path.
pub(super) struct Follower {
    path: PathBuf,
    pattern: Pattern,
    partition: SourcePartition,
    limit_bytes: usize,
    rotate_wait: Duration,
    current: Option<Current>,
    last: Option<Age>,
    /// The last poll was at the end: before reading on, make sure that it is still the same file.
    idle: bool,
}

impl Follower {
    /// Follows `path`. Files rotated away are looked for under other names, unless the pattern matches those: then they have followers of their own.
    pub(super) fn new(path: PathBuf, pattern: Pattern, limit_bytes: usize, rotate_wait: Duration) -> Follower {
        let partition = LineRecords::partition(&path.to_string_lossy());
        Follower { path, pattern, partition, limit_bytes, rotate_wait, current: None, last: None, idle: false }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn partition(&self) -> &SourcePartition {
        &self.partition
    }

    /// The identity, offset fields and position of the file being read.
    pub(super) fn state(&self) -> Option<(Identity, &Arc<JsonMap>, u64)> {
        self.current.as_ref().map(|current| (current.identity, &current.fields, current.lines.position()))
    }

    /// Gives the file being read to the follower of the name it was renamed to.
    pub(super) fn hand_over(&mut self, to: &mut Follower) {
        to.current = self.current.take().map(|current| Current { live: true, ended: None, ..current });
    }

    /// Of a path that is gone: whether the file behind it is over too. Renamed, it may be written for a while longer.
    pub(super) fn is_over(&mut self) -> bool {
        let Some(current) = &mut self.current else { return true };
        let is_deleted = current.lines.file().metadata().is_ok_and(|metadata| metadata.nlink() == 0);
        is_deleted || current.is_quiet(self.rotate_wait).unwrap_or(true)
    }

    /// How many bytes of the file being read are still to come.
    pub(super) fn remaining(&self) -> u64 {
        let remaining = |current: &Current| Some(current.lines.length_bytes().ok()?.saturating_sub(current.lines.position()));
        self.current.as_ref().and_then(remaining).unwrap_or(0)
    }

    /// Resumes at a stored offset: in the file under the path, or in what rotation made of it.
    pub(super) fn resume(&mut self, stored: &JsonMap) -> Result<()> {
        let position = stored.get(POSITION).and_then(Json::as_u64).unwrap_or(0);
        let path = self.path.clone();
        let Some(identity) = Identity::from_fields(stored) else {
            // Stored by a source that keeps the position only.
            self.open(&path, position, true)?;
            return Ok(());
        };
        let same = |lines: &LineFile, inode: bool| -> io::Result<bool> {
            let metadata = lines.file().metadata()?;
            let named = if inode { identity.same_inode(&metadata) } else { identity.is_distinctive() };
            Ok(named && metadata.len() >= position && identity.same_head(lines.file())?)
        };
        if self.open(&path, position, true)? && self.check(|lines| same(lines, true))? {
            return Ok(());
        }
        self.current = None;
        let siblings = self.siblings()?;
        let found = find_renamed(&siblings, &identity).or_else(|| find_copy(&siblings, &identity, position));
        if self.read_sibling(found, position, &siblings)? {
            return Ok(());
        }
        // The same content under another inode: it was restored from a copy.
        if self.open(&path, position, true)? && self.check(|lines| same(lines, false))? {
            return Ok(());
        }
        self.current = None;
        tracing::warn!(file = %path.display(), position, "the file read so far is gone; whatever of it was not read is lost; starting with the file as it is now");
        Ok(())
    }

    /// Appends up to `count` records.
    pub(super) fn poll(&mut self, count: usize, draining: bool, records: &LineRecords, out: &mut Vec<SourceRecord>) -> Result<Found> {
        if std::mem::take(&mut self.idle) && self.overwritten()? {
            self.restart(records, out)?;
        }
        if self.current.is_none() && !self.open_next()? {
            return Ok(Found::Missing);
        }
        let Some(current) = &mut self.current else { return Ok(Found::Missing) };
        let mut lines = Vec::new();
        let state = current.lines.read_lines(count, &mut lines).map_err(|error| Error::io("read", self.path.display(), &error))?;
        if state == ReadState::More || !lines.is_empty() {
            self.emit(&lines, records, out)?;
            return Ok(Found::More);
        }
        self.at_end(draining, records, out)
    }

    /// There is nothing more in the current file: is that all?
    fn at_end(&mut self, draining: bool, records: &LineRecords, out: &mut Vec<SourceRecord>) -> Result<Found> {
        let Some(current) = &mut self.current else { return Ok(Found::Missing) };
        if !current.live {
            let failed = |error: io::Error| Error::io("read", self.path.display(), &error);
            if !current.is_quiet(self.rotate_wait).map_err(failed)? {
                return Ok(Found::Waiting);
            }
            self.last = Some(Age::of(&current.lines.file().metadata().map_err(failed)?));
            self.emit_rest(records, out)?;
            self.current = None;
            return Ok(Found::More);
        }
        match self.path.metadata() {
            Ok(metadata) if !current.identity.same_inode(&metadata) => {
                // Rotated. Its writer may write on for a while: it is read until it has been left alone.
                current.live = false;
                Ok(Found::More)
            }
            Ok(_) if self.overwritten()? => {
                self.restart(records, out)?;
                Ok(Found::More)
            }
            Err(_) if self.has_successor()? => {
                if let Some(current) = &mut self.current {
                    current.live = false;
                }
                Ok(Found::More)
            }
            Ok(_) | Err(_) => {
                if draining && self.emit_rest(records, out)? {
                    return Ok(Found::More);
                }
                self.idle = true;
                Ok(Found::End)
            }
        }
    }

    /// Whether a file that followed the current one was rotated away too, and nothing stands under the path.
    fn has_successor(&self) -> Result<bool> {
        let Some(current) = &self.current else { return Ok(false) };
        let metadata = current.lines.file().metadata().map_err(|error| Error::io("read", self.path.display(), &error))?;
        Ok(successor(&self.siblings()?, &Age::of(&metadata)).is_some())
    }

    /// Whether the current file was truncated, or its beginning is no longer what was read.
    fn overwritten(&self) -> Result<bool> {
        let Some(current) = self.current.as_ref().filter(|current| current.live) else { return Ok(false) };
        let shorter =
            || Ok(current.lines.length_bytes()? < current.lines.read_position() || !current.identity.same_head(current.lines.file())?);
        shorter().map_err(|error| Error::io("read", self.path.display(), &error))
    }

    /// After a truncation: the rest from a copy if there is one, then the file from its start.
    fn restart(&mut self, records: &LineRecords, out: &mut Vec<SourceRecord>) -> Result<()> {
        let Some((identity, _, position)) = self.state() else { return Ok(()) };
        tracing::warn!(file = %self.path.display(), position, "the file was truncated or overwritten; reading it from its start");
        let siblings = self.siblings()?;
        let found = find_copy(&siblings, &identity, position);
        if !self.read_sibling(found, position, &siblings)? {
            // What was read of a last line is all there will ever be of it.
            self.emit_rest(records, out)?;
            self.current = None;
        }
        Ok(())
    }

    fn emit_rest(&mut self, records: &LineRecords, out: &mut Vec<SourceRecord>) -> Result<bool> {
        let rest = self.current.as_mut().and_then(|current| current.lines.take_rest());
        match rest {
            Some(line) => self.emit(&[line], records, out).map(|()| true),
            None => Ok(false),
        }
    }

    fn emit(&mut self, lines: &[Line], records: &LineRecords, out: &mut Vec<SourceRecord>) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let Some(last) = lines.last() else { return Ok(()) };
        if current.identity.can_grow(last.end) {
            // A file that was truncated just now keeps the fingerprint it had; the next poll notices.
            if let Ok(identity) = Identity::of(current.lines.file(), last.end) {
                current.identity = identity;
                current.fields = identity.to_fields();
            }
        }
        out.extend(lines.iter().map(|line| records.record(line, &self.partition, Some(&current.fields))));
        Ok(())
    }

    /// Opens what comes next: the file rotated away after the last one, else the path itself.
    fn open_next(&mut self) -> Result<bool> {
        let path = self.path.clone();
        // The path first: should it be rotated away now, it is among the siblings.
        let is_open = self.open(&path, 0, true)?;
        if let Some(last) = self.last {
            let siblings = self.siblings()?;
            if let Some(next) = successor(&siblings, &last)
                && self.open(&next.path, 0, false)?
            {
                return Ok(true);
            }
        }
        if is_open {
            self.last = None;
        }
        Ok(is_open)
    }

    /// Opens a file as the current one; `false` if it does not exist.
    fn open(&mut self, path: &Path, position: u64, live: bool) -> Result<bool> {
        let opened = LineFile::open(path, position, self.limit_bytes).and_then(|lines| {
            let identity = Identity::of(lines.file(), position.min(lines.length_bytes()?))?;
            Ok(Current { lines, identity, fields: identity.to_fields(), live, ended: None })
        });
        match opened {
            Ok(current) => {
                self.current = Some(current);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::io("open", path.display(), &error)),
        }
    }

    fn check(&self, same: impl Fn(&LineFile) -> io::Result<bool>) -> Result<bool> {
        let Some(current) = &self.current else { return Ok(false) };
        same(&current.lines).map_err(|error| Error::io("read", self.path.display(), &error))
    }

    fn read_sibling(&mut self, found: Option<usize>, position: u64, siblings: &[Sibling]) -> Result<bool> {
        let Some(index) = found else { return Ok(false) };
        self.open(&siblings[index].path, position, false)
    }

    fn siblings(&self) -> Result<Vec<Sibling>> {
        let mut found = siblings(&self.path)?;
        found.retain(|sibling| !self.pattern.matches(&sibling.name));
        Ok(found)
    }
}
