//! Replays a changelog into a backing store in large sorted runs.

use crate::{Backing, Result};
use bytes::Bytes;
use log_model::Offset;
use std::collections::BTreeMap;

/// A run is written when it holds this many bytes.
const RUN_BYTES: usize = 32 << 20;

/// What an entry of a run costs beside its key and value.
const ENTRY_BYTES: usize = 96;

/// A replay in progress. What was pushed since the last run is written by [`Restore::finish`]; dropping it instead loses only time.
#[derive(Debug)]
pub struct Restore<'a> {
    backing: &'a mut dyn Backing,
    /// The newest value of each key of the run.
    run: BTreeMap<Bytes, Option<Bytes>>,
    run_bytes: usize,
    next_offset: Option<Offset>,
}

impl<'a> Restore<'a> {
    pub(crate) fn new(backing: &'a mut dyn Backing) -> Self {
        Restore { backing, run: BTreeMap::new(), run_bytes: 0, next_offset: None }
    }

    /// One changelog record, in offset order; a value of `None` deletes the key.
    pub fn push(&mut self, offset: Offset, key: Bytes, value: Option<Bytes>) -> Result<()> {
        self.run_bytes += ENTRY_BYTES + key.len() + value.as_ref().map_or(0, Bytes::len);
        // Slices of a batch would keep the whole batch in memory.
        self.run.insert(Bytes::copy_from_slice(&key), value.map(|value| Bytes::copy_from_slice(&value)));
        self.next_offset = Some(offset.next());
        if self.run_bytes >= RUN_BYTES { self.write(offset.next()) } else { Ok(()) }
    }

    /// Writes the rest. Everything below `changelog_offset` has been pushed.
    pub fn finish(mut self, changelog_offset: Offset) -> Result<()> {
        self.write(changelog_offset)
    }

    fn write(&mut self, changelog_offset: Offset) -> Result<()> {
        let mut changes = self.run.iter().map(|(key, value)| (key.as_ref(), value.as_deref()));
        self.backing.write_sorted(&mut changes, changelog_offset)?;
        self.run.clear();
        self.run_bytes = 0;
        Ok(())
    }
}
