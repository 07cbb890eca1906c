//! Putting rewritten segments in the place of the old ones, so that a crash at any step leaves either the old or the new.
//!
//! ```text
//! 1  x.log.cleaned, x.index.cleaned ...   written and synced by the job; removed at the next start
//! 2  indexes → .swap, directory synced, x.log.cleaned → x.log.swap, directory synced: from here on the new segment counts
//! 3  the other old segments of the group removed, directory synced
//! 4  indexes .swap → in service, directory synced, x.log.swap → x.log, directory synced
//! ```
//! A start that finds an `x.log.swap` does steps 3 and 4 (again). Source: Kafka's `UnifiedLog.replaceSegments`.

use super::rewrite::{Compacted, Group};
use crate::error::Result;
use crate::partition::file_names::{FileKind, INDEX_KINDS, Stage, file_name, parse_name, staged_name};
use crate::partition::folder::Folder;
use crate::partition::log::PartitionLog;
use crate::partition::scan::{Scan, Stop};
use crate::partition::segment::{Segment, Synced};
use log_env::OpenMode;
use log_model::Offset;

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompactionReport {
    /// Segments before and after, of those that were rewritten.
    pub segments_before: usize,
    /// See `segments_before`.
    pub segments_after: usize,
    /// Their bytes before.
    pub bytes_before: u64,
    /// Their bytes after.
    pub bytes_after: u64,
    /// Records that were superseded, deleted or aborted.
    pub removed_records: u64,
    /// Whether keys were left for another pass because memory for them was short.
    pub is_partial: bool,
}

impl PartitionLog {
    /// Puts the result of a job in place. Make a checkpoint soon, or a restart compacts again.
    ///
    /// If the log was truncated in between, or old segments removed, what no longer fits is dropped.
    pub fn install_compaction(&mut self, compacted: Compacted) -> Result<CompactionReport> {
        let mut report = CompactionReport { is_partial: compacted.key_count_was_limited, ..CompactionReport::default() };
        if compacted.generation != self.generation {
            compacted.groups.iter().try_for_each(|group| discard(&self.folder, group.sources[0].base))?;
            return Ok(report);
        }
        report.removed_records = compacted.removed_records;
        for group in compacted.groups {
            let base = group.sources[0].base;
            let index = self.segment_of(base);
            if self.segments[index].base != base {
                discard(&self.folder, base)?;
                continue;
            }
            report.segments_before += group.sources.len();
            report.segments_after += 1;
            report.bytes_before += group.sources.iter().map(|source| source.length_bytes).sum::<u64>();
            report.bytes_after += group.length_bytes;
            self.install_group(index, group)?;
        }
        self.cleaned_to = self.cleaned_to.max(compacted.covered_to);
        self.check();
        Ok(report)
    }

    fn install_group(&mut self, index: usize, group: Group) -> Result<()> {
        let (first, last) = (group.sources[0], group.sources[group.sources.len() - 1]);
        move_stage(&self.folder, first.base, Stage::Cleaned, Stage::Swap)?;
        let others: Vec<Offset> = group.sources.iter().skip(1).map(|source| source.base).collect();
        complete_swap(&self.folder, first.base, &others)?;
        let mut segment = Segment::sealed(first.base, last.end, group.length_bytes);
        segment.synced = Synced {
            length_bytes: group.length_bytes,
            file_bytes: group.length_bytes,
            offset_entries: group.indexes.offsets.len(),
            time_entries: group.indexes.times.len(),
            aborted_entries: group.indexes.aborted.len(),
        };
        segment.set_indexes(group.indexes);
        self.segments.splice(index..index + group.sources.len(), [segment]);
        Ok(())
    }
}

/// Finishes replacements that a crash interrupted.
pub(crate) fn finish_swaps(folder: &Folder) -> Result<(), Stop> {
    let names: Vec<_> = folder.list()?.into_iter().filter_map(|entry| Some((parse_name(&entry.name)?, entry.length_bytes))).collect();
    for ((base, kind, stage), length_bytes) in &names {
        if (*kind, *stage) != (FileKind::Log, Stage::Swap) {
            continue;
        }
        let name = staged_name(*base, FileKind::Log, Stage::Swap);
        let mut scan = Scan::new(folder.open(&name, OpenMode::Read)?, &folder.join(&name), (0, *base), *length_bytes);
        while scan.next()?.is_some() {}
        let end = scan.next_offset();
        let is_replaced = |offset: &Offset| *base < *offset && *offset < end;
        let mut others: Vec<Offset> = names
            .iter()
            .filter(|name| name.0.2 == Stage::Plain && name.0.1 != FileKind::Snapshot)
            .map(|name| name.0.0)
            .filter(is_replaced)
            .collect();
        others.dedup();
        tracing::info!(segment = %folder.join(&name).display(), %end, "finishing an interrupted compaction");
        complete_swap(folder, *base, &others)?;
    }
    Ok(())
}

/// Steps 3 and 4. May be done again at any time.
fn complete_swap(folder: &Folder, base: Offset, others: &[Offset]) -> Result<()> {
    for other in others {
        folder.remove(&file_name(*other, FileKind::Log))?;
        INDEX_KINDS.iter().try_for_each(|kind| folder.remove(&file_name(*other, *kind)))?;
    }
    folder.sync()?;
    move_stage(folder, base, Stage::Swap, Stage::Plain)
}

/// Renames a segment's files from one stage to the next: the indexes first, the log last, each durably.
fn move_stage(folder: &Folder, base: Offset, from: Stage, to: Stage) -> Result<()> {
    for kind in INDEX_KINDS {
        let name = staged_name(base, kind, from);
        if folder.disk().exists(&folder.join(&name)).map_err(crate::error::Error::io("look up", folder.join(&name)))? {
            folder.rename(&name, &staged_name(base, kind, to))?;
        }
    }
    folder.sync()?;
    folder.rename(&staged_name(base, FileKind::Log, from), &staged_name(base, FileKind::Log, to))?;
    folder.sync()
}

/// Removes what a job wrote for the segment at `base`.
pub(super) fn discard(folder: &Folder, base: Offset) -> Result<()> {
    folder.remove(&staged_name(base, FileKind::Log, Stage::Cleaned))?;
    INDEX_KINDS.iter().try_for_each(|kind| folder.remove(&staged_name(base, *kind, Stage::Cleaned)))
}
