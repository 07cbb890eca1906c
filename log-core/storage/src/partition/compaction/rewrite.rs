//! Rewriting segments: one walk to learn the keys, one to copy what stays. Memory is bounded by the key map, a read and a write buffer.

use super::install::discard;
use super::offset_map::OffsetMap;
use super::plan::{CompactionJob, Source};
use super::retained::{Fate, Judge};
use super::transactions::Transactions;
use crate::error::{Error, Result};
use crate::partition::file_names::{FileKind, Stage, staged_name};
use crate::partition::filler;
use crate::partition::folder::Folder;
use crate::partition::indexes::Indexes;
use crate::partition::syncing::Syncing;
use crate::partition::transaction_index;
use log_env::{File, OpenMode};
use log_model::{LeaderEpoch, Offset};
use log_record::RecordBatch;
use std::sync::Arc;

/// How much is collected before it is written.
const WRITE_BYTES: usize = 1 << 20;

/// Segments that were rewritten into one, complete and synced beside them.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) sources: Vec<Source>,
    pub(super) length_bytes: u64,
    pub(super) indexes: Indexes,
}

/// The result of a job, to be installed.
#[derive(Debug)]
pub struct Compacted {
    pub(super) generation: u64,
    pub(super) groups: Vec<Group>,
    pub(super) covered_to: Offset,
    pub(super) removed_records: u64,
    pub(super) key_count_was_limited: bool,
}

impl CompactionJob {
    /// Rewrites what is worth it. Nothing counts before it is installed; on an error or if it is dropped, only files are left over that the
    /// next compaction or the next start removes.
    pub fn run(&self) -> Result<Compacted> {
        // The disk may be full: half a segment must not make it worse.
        self.rewrite_all().inspect_err(|_| self.discard())
    }

    /// Removes what the job wrote. What cannot be removed now is removed at the next start.
    pub fn discard(&self) {
        for source in &self.sources {
            let _ = discard(&self.folder, source.base);
        }
    }

    fn rewrite_all(&self) -> Result<Compacted> {
        let map = self.learn_keys()?;
        let end = self.sources.last().map_or(self.dirty_from, |source| source.end);
        let mut judge = Judge::new(self, &map);
        let mut groups = Vec::new();
        for sources in self.groups(map.covered_to) {
            groups.extend(self.rewrite(&mut judge, sources)?);
        }
        if !groups.is_empty() {
            self.folder.sync()?;
        }
        Ok(Compacted {
            generation: self.generation,
            groups,
            covered_to: map.covered_to,
            removed_records: judge.removed_records,
            key_count_was_limited: map.covered_to < end,
        })
    }

    fn learn_keys(&self) -> Result<OffsetMap> {
        let mut map = self.new_map();
        let mut transactions = Transactions::new(self.aborted.clone());
        for source in self.sources.iter().filter(|source| source.end > self.dirty_from) {
            let mut scan = source.scan(&self.folder)?;
            while let Some((_, batch)) = scan.next()? {
                if batch.is_control() {
                    transactions.pass_marker(&batch);
                    continue;
                }
                let is_aborted = transactions.pass_batch(&batch);
                if is_aborted || batch.next_offset() <= self.dirty_from {
                    continue;
                }
                let count = usize::try_from(batch.record_count()).unwrap_or(0);
                if map.is_full_for(count) && map.covered_to > self.dirty_from {
                    return Ok(map);
                }
                learn_batch(&mut map, &batch);
                map.covered_to = batch.next_offset();
            }
            map.covered_to = map.covered_to.max(source.end);
        }
        Ok(map)
    }

    /// Neighbouring segments that fit into one, as far as the keys are known.
    fn groups(&self, covered_to: Offset) -> Vec<Vec<Source>> {
        let limit_bytes = u64::try_from(self.config.segment_bytes).unwrap_or(0);
        let mut groups: Vec<Vec<Source>> = Vec::new();
        let mut group_bytes = 0;
        for source in self.sources.iter().filter(|source| source.base < covered_to) {
            let fits = groups
                .last()
                .is_some_and(|group| group_bytes + source.length_bytes <= limit_bytes && source.end - group[0].base <= i64::from(i32::MAX));
            match groups.last_mut() {
                Some(group) if fits => {
                    group.push(*source);
                    group_bytes += source.length_bytes;
                }
                _ => {
                    groups.push(vec![*source]);
                    group_bytes = source.length_bytes;
                }
            }
        }
        groups
    }

    /// Copies what stays of a group into one file; `None` if nothing goes and there is nothing to merge.
    fn rewrite(&self, judge: &mut Judge<'_>, sources: Vec<Source>) -> Result<Option<Group>> {
        let interval_bytes = u64::try_from(self.config.index_interval_bytes).unwrap_or(0);
        let mut output = Output::create(&self.folder, sources[0].base, interval_bytes)?;
        let mut hole: Option<(Offset, LeaderEpoch)> = None;
        let mut has_changed = sources.len() > 1;
        for source in &sources {
            let mut scan = source.scan(&self.folder)?;
            while let Some((_, batch)) = scan.next()? {
                match judge.judge(batch.clone()) {
                    Fate::Goes => {
                        // A lone filler stays what it is.
                        has_changed |= !filler::is_filler(&batch) || hole.is_some();
                        hole.get_or_insert((batch.base_offset(), batch.leader_epoch()));
                    }
                    Fate::Stays(kept) => {
                        has_changed |= kept.as_bytes() != batch.as_bytes();
                        output.fill(hole.take(), kept.base_offset())?;
                        output.push(&kept)?;
                    }
                }
            }
        }
        let end = sources.last().map_or(sources[0].end, |source| source.end);
        output.fill(hole.take(), end)?;
        output.indexes.aborted = std::mem::take(&mut judge.aborted);
        if !has_changed {
            output.discard()?;
            return Ok(None);
        }
        let (length_bytes, indexes) = output.finish()?;
        Ok(Some(Group { sources, length_bytes, indexes }))
    }
}

/// A batch whose records cannot be decoded teaches no key; it stays.
fn learn_batch(map: &mut OffsetMap, batch: &RecordBatch) {
    let Ok(mut records) = batch.records() else { return };
    while let Some(Ok(view)) = records.next_view() {
        if let Some(key) = view.key {
            map.note(key, view.offset);
        }
    }
}

/// The `.cleaned` files of a new segment.
struct Output<'a> {
    folder: &'a Folder,
    base: Offset,
    file: Arc<dyn File>,
    buffer: Vec<u8>,
    /// Bytes in the file and in the buffer.
    length_bytes: u64,
    indexes: Indexes,
    interval_bytes: u64,
}

impl<'a> Output<'a> {
    fn create(folder: &'a Folder, base: Offset, interval_bytes: u64) -> Result<Output<'a>> {
        let name = staged_name(base, FileKind::Log, Stage::Cleaned);
        let file = folder.open(&name, OpenMode::OpenOrCreate)?;
        file.set_length(0).map_err(Error::io("write", folder.join(&name)))?;
        Ok(Output { folder, base, file, buffer: Vec::new(), length_bytes: 0, indexes: Indexes::new(base), interval_bytes })
    }

    fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        self.indexes.note(batch, self.length_bytes, self.interval_bytes);
        self.length_bytes += batch.size_bytes() as u64;
        self.buffer.extend_from_slice(batch.as_bytes());
        if self.buffer.len() >= WRITE_BYTES { self.flush() } else { Ok(()) }
    }

    fn fill(&mut self, hole: Option<(Offset, LeaderEpoch)>, to: Offset) -> Result<()> {
        let Some((from, epoch)) = hole else { return Ok(()) };
        filler::fill(from, to, epoch).try_for_each(|batch| self.push(&batch))
    }

    fn flush(&mut self) -> Result<()> {
        let position = self.length_bytes - self.buffer.len() as u64;
        self.file.write_at(&self.buffer, position).map_err(Error::io("write", self.log_path()))?;
        self.buffer.clear();
        Ok(())
    }

    fn log_path(&self) -> std::path::PathBuf {
        self.folder.join(&staged_name(self.base, FileKind::Log, Stage::Cleaned))
    }

    fn discard(self) -> Result<()> {
        self.folder.remove(&staged_name(self.base, FileKind::Log, Stage::Cleaned))
    }

    /// Writes and syncs all files of the new segment. Those of all indexes are written, empty ones too, so that none of the old survives.
    fn finish(mut self) -> Result<(u64, Indexes)> {
        self.flush()?;
        self.file.sync_data().map_err(Error::sync(self.log_path()))?;
        self.indexes.seal();
        let indexes = [
            (FileKind::OffsetIndex, self.indexes.offsets.encode_from(0)),
            (FileKind::TimeIndex, self.indexes.times.encode_from(0)),
            (FileKind::TransactionIndex, transaction_index::encode(&self.indexes.aborted)),
        ];
        for (kind, bytes) in indexes {
            self.folder.replace(&staged_name(self.base, kind, Stage::Cleaned), &bytes, Syncing::Each)?;
        }
        Ok((self.length_bytes, self.indexes))
    }
}
