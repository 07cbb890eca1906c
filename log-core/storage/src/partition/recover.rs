//! Opening a partition: what the checkpoint vouches for is trusted, what lies above it is checked, and cut where it stops making sense.
//!
//! Opening reads the names and lengths of the files, the synced index entries of the last segment, the few bytes between the last of them
//! and the recovery point, the producer snapshot, and everything above the recovery point; never a whole segment below it.

use super::compaction::finish_swaps;
use super::damage::Damage;
use super::epochs::LeaderEpochs;
use super::file_names::{EPOCHS_FILE, FileKind, INDEX_KINDS, METADATA_FILE, Stage, file_name, parse_name};
use super::folder::Folder;
use super::indexes::Indexes;
use super::log::{PartitionLog, metadata_text};
use super::place::PartitionPlace;
use super::recovery_point::RecoveryPoint;
use super::room::is_room;
use super::scan::{CHUNK_BYTES, Scan, Stop};
use super::segment::{Segment, Synced, first_timestamp};
use super::syncing::Syncing;
use super::unreplayed::{UNREPLAYED_FILE, Unreplayed};
use crate::error::{Error, Result};
use log_env::OpenMode;
use log_model::{LeaderEpoch, Offset, TopicId};

/// A segment's log file as the directory lists it.
#[derive(Clone, Copy, Debug)]
struct LogFile {
    base: Offset,
    length_bytes: u64,
}

/// What the directory holds.
#[derive(Debug, Default)]
struct Listing {
    logs: Vec<LogFile>,
    snapshots: Vec<Offset>,
}

impl PartitionLog {
    /// Opens a partition as a crash or a clean stop left it. `recovery` is what the last checkpoint says of it, or the default.
    ///
    /// Guarantees: everything below the recovery point is there (or the partition is fenced, see [`PartitionLog::damage`]), followed by as
    /// many whole batches as can be made out above it, and by what an earlier opening that found damage kept of the journal. Opening twice
    /// gives the same.
    ///
    /// Synced each, what is seen is durable on return; else once the file system is synced.
    ///
    /// Errors: the files cannot be read, or the directory belongs to another topic.
    pub fn open(place: PartitionPlace<'_>, recovery: &RecoveryPoint) -> Result<PartitionLog> {
        let folder = Folder::new(place.disk.clone(), place.path);
        match check_metadata(&folder, place.topic_id) {
            Err(error @ Error::Corrupt { .. }) => Err(error),
            checked => match checked.and_then(|()| PartitionLog::open_checked(&folder, &place, recovery).map_err(Error::from)) {
                Ok(log) => Ok(log),
                Err(error) => Damage::try_from(error).and_then(|damage| closed_off(folder, place, recovery, damage)),
            },
        }
    }

    fn open_checked(folder: &Folder, place: &PartitionPlace<'_>, recovery: &RecoveryPoint) -> Result<PartitionLog, Stop> {
        finish_swaps(folder)?;
        let listing = tidy(folder)?;
        let start = trusted_part(&listing.logs, recovery, folder)?;
        let id = (place.partition.clone(), place.topic_id);
        let mut log = PartitionLog::with_segments(folder.clone(), id, place.config, vec![Segment::empty(start.segment)]);
        log.recover(&listing, &start, place.syncing)?;
        log.take_in_unreplayed()?;
        Ok(log)
    }

    fn recover(&mut self, listing: &Listing, start: &RecoveryPoint, syncing: Syncing) -> Result<(), Stop> {
        self.keep_snapshots(&listing.snapshots, start.offset)?;
        self.recovery = start.clone();
        self.previous_recovery = start.clone();
        self.cleaned_to = start.cleaned_to;
        self.epochs = LeaderEpochs::new(start.epochs.clone());
        self.segments = trusted_segments(&listing.logs, start);
        let trusted_end = self.restore_active(start)?;
        self.log_start = start.log_start.max(self.segments.first().map_or(Offset::ZERO, |segment| segment.base));
        self.written_producers = self.producers_at(start)?;
        self.recover_tail(&listing.logs, trusted_end)?;
        Ok(self.finish_recovery(syncing)?)
    }

    /// Removes the snapshots above the recovery point: the sync they belong to was cut short, and they may be torn.
    fn keep_snapshots(&mut self, listed: &[Offset], trusted: Offset) -> Result<()> {
        for offset in listed {
            if *offset <= trusted {
                self.snapshots.push(*offset);
            } else {
                self.folder.remove(&file_name(*offset, FileKind::Snapshot))?;
            }
        }
        Ok(())
    }

    /// Loads the indexes of the segment the recovery point lies in and checks the bytes between the last entry and that point.
    fn restore_active(&mut self, start: &RecoveryPoint) -> Result<u64, Stop> {
        let folder = self.folder.clone();
        let interval_bytes = self.interval_bytes();
        let active = self.active_mut();
        if start.position == 0 {
            active.set_indexes(Indexes::new(active.base));
            return Ok(0);
        }
        let facts = start.index_facts();
        let Some(aborted) = or_none(Indexes::load_synced_aborted(&folder, start.segment, &facts))? else {
            let path = folder.join(&file_name(start.segment, FileKind::TransactionIndex));
            let reason = format!(
                "it does not hold the {} aborted transactions that were synced, and nothing else tells them",
                facts.aborted_entries
            );
            return Err(Damage::new(path, 0, reason).into());
        };
        // What cannot be read of the other indexes can be built anew, as what makes no sense.
        let synced = or_none(Indexes::load_synced(&folder, start.span(), &facts, aborted.clone()))?;
        let is_sound = match &synced {
            Some(indexes) => leads_to_point(active, &folder, indexes, start)?,
            None => false,
        };
        let (length_bytes, aborted_entries) = (start.position, aborted.len());
        active.synced = Synced { length_bytes, file_bytes: length_bytes, aborted_entries, ..Synced::default() };
        if let (Some(indexes), true) = (synced, is_sound) {
            active.synced.offset_entries = indexes.offsets.len();
            active.synced.time_entries = indexes.times.len();
            active.set_indexes(indexes);
        } else {
            tracing::warn!(segment = %active.log_path(&folder).display(), "rebuilding the indexes of the active segment");
            let mut scan = active.scan(&folder)?;
            let indexes = Indexes::rebuild(active.base, &mut scan, interval_bytes, aborted)?;
            reaches(&scan, start, active, &folder)?;
            active.set_indexes(indexes);
            active.is_dirty = true;
        }
        active.first_timestamp = first_timestamp(active, &folder)?;
        active.cut_index_files(&folder)?;
        Ok(start.position)
    }

    /// Walks everything above the recovery point and cuts it where it stops making sense.
    fn recover_tail(&mut self, logs: &[LogFile], trusted_end: u64) -> Result<(), Stop> {
        let mut from = trusted_end;
        let first = self.active().base;
        let mut rest = logs.iter().filter(|log| log.base > first).peekable();
        let mut length_bytes = logs.iter().find(|log| log.base == first).map_or(0, |log| log.length_bytes);
        loop {
            let is_whole = self.recover_segment(from, length_bytes)?;
            let end = self.active().end;
            match rest.next_if(|log| is_whole && log.base == end && self.active().length_bytes > 0) {
                Some(log) => {
                    let active = self.active_mut();
                    active.indexes_mut().seal();
                    active.is_dirty = true;
                    self.segments.push(Segment::empty(log.base));
                    (from, length_bytes) = (0, log.length_bytes);
                }
                None => break,
            }
        }
        for log in rest {
            tracing::warn!(partition = %self.partition, base = %log.base, "removing a segment beyond the end of the log");
            self.remove_segment_files(log.base)?;
        }
        Ok(())
    }

    /// Takes in the batches of the last segment from a position on; says whether the file ends with a whole batch.
    fn recover_segment(&mut self, from: u64, length_bytes: u64) -> Result<bool, Stop> {
        if length_bytes <= from {
            return Ok(true);
        }
        let folder = self.folder.clone();
        let interval_bytes = self.interval_bytes();
        let path = self.active().log_path(&folder);
        let file = folder.open(&self.active().log_name(), OpenMode::Write)?;
        let mut scan = Scan::new(file.clone(), &path, (from, self.active().end), length_bytes);
        let cut = loop {
            match scan.next() {
                Ok(Some((_, batch))) if batch.last_offset() - self.active().base > i64::from(i32::MAX) => {
                    break Some("an offset is too far from the segment's base".to_string());
                }
                Ok(Some((position, batch))) => {
                    self.epochs.assign(batch.leader_epoch(), batch.base_offset());
                    let aborted = self.written_producers.apply(&batch, None);
                    let active = self.active_mut();
                    active.first_timestamp.get_or_insert(batch.max_timestamp());
                    active.indexes_mut().note(&batch, position, interval_bytes);
                    active.indexes_mut().aborted.extend(aborted);
                    active.length_bytes = position + batch.size_bytes() as u64;
                    active.end = batch.next_offset();
                    active.is_dirty = true;
                }
                Ok(None) => break None,
                Err(Stop::Damaged(damage)) => break Some(damage.reason),
                Err(failed) => return Err(failed),
            }
        };
        let Some(reason) = cut else { return Ok(true) };
        let kept_bytes = self.active().length_bytes;
        if is_room(&*file, kept_bytes, length_bytes).map_err(Error::unreadable(&path, kept_bytes))? {
            // It is synced with whatever else this partition has to sync. Should it come back before that, it is cut again.
            self.active_mut().is_dirty = true;
            file.set_length(kept_bytes).map_err(Error::io("cut", &path))?;
            return Ok(true);
        }
        tracing::warn!(path = %path.display(), position = kept_bytes, %reason, "cutting a torn tail");
        file.set_length(kept_bytes).map_err(Error::io("cut", &path))?;
        file.sync_data().map_err(Error::sync(&path))?;
        Ok(false)
    }

    fn finish_recovery(&mut self, syncing: Syncing) -> Result<()> {
        let end = self.active().end;
        self.written_end = end;
        self.high_watermark = end;
        self.log_end = end;
        self.written_producers.settle(end);
        self.producers = self.written_producers.clone();
        self.leader_epoch = self.epochs.latest().max(LeaderEpoch(0));
        let stored = or_none(self.folder.read(EPOCHS_FILE))?.and_then(|bytes| LeaderEpochs::decode(&bytes));
        self.epochs_changed = stored.is_none_or(|stored| stored != self.epochs);
        self.fill_up_to(self.log_start);
        self.check();
        // A process that died while it cut the log may have left a length that only the cache knows: it must not come undone later.
        if syncing == Syncing::Each {
            if let Some(file) = self.folder.open_existing(&self.active().log_name(), OpenMode::Write)? {
                file.sync_data().map_err(Error::sync(self.active().log_path(&self.folder)))?;
            }
            self.folder.sync()?;
        }
        Ok(())
    }

    /// Removes the files of one segment, the log first: what remains of it then is recognised as left over.
    pub(super) fn remove_segment_files(&self, base: Offset) -> Result<()> {
        self.folder.remove(&file_name(base, FileKind::Log))?;
        for kind in INDEX_KINDS {
            self.folder.remove(&file_name(base, kind))?;
        }
        Ok(())
    }
}

/// Nothing, for a file that is damaged or cannot be read but can be done without.
pub(super) fn or_none<T>(read: Result<Option<T>>) -> Result<Option<T>> {
    read.or_else(|error| match Damage::try_from(error) {
        Ok(damage) => {
            tracing::warn!(path = %damage.path.display(), reason = %damage.reason, "a file that can be made again cannot be read");
            Ok(None)
        }
        Err(error) => Err(error),
    })
}

/// Refuses a directory that belongs to another topic, and writes the file if a crash kept it from being made.
fn check_metadata(folder: &Folder, topic_id: TopicId) -> Result<()> {
    let expected = metadata_text(topic_id);
    match folder.read(METADATA_FILE)? {
        Some(found) if found.trim_ascii_end() == expected.as_bytes() => Ok(()),
        Some(_) => {
            let reason = format!("it names another topic than {topic_id}");
            Err(Damage::new(folder.join(METADATA_FILE), 0, reason).into())
        }
        None => {
            folder.replace(METADATA_FILE, expected.as_bytes(), Syncing::Each)?;
            folder.sync()
        }
    }
}

/// Lists the directory and removes what a crash left over: unfinished files, and indexes without a segment.
fn tidy(folder: &Folder) -> Result<Listing> {
    let mut listing = Listing::default();
    let mut indexes = Vec::new();
    for entry in folder.list()? {
        match parse_name(&entry.name) {
            Some((base, FileKind::Log, Stage::Plain)) => listing.logs.push(LogFile { base, length_bytes: entry.length_bytes }),
            Some((offset, FileKind::Snapshot, Stage::Plain)) => listing.snapshots.push(offset),
            Some((base, _, Stage::Plain)) => indexes.push((base, entry.name)),
            Some(_) => folder.remove(&entry.name)?,
            None if entry.name.ends_with(".tmp") => folder.remove(&entry.name)?,
            None => {}
        }
    }
    listing.logs.sort_by_key(|log| log.base);
    for (base, name) in indexes {
        if listing.logs.binary_search_by_key(&base, |log| log.base).is_err() {
            folder.remove(&name)?;
        }
    }
    Ok(listing)
}

/// The recovery point as the files bear it out, or what is missing below it.
fn trusted_part(logs: &[LogFile], recovery: &RecoveryPoint, folder: &Folder) -> Result<RecoveryPoint, Damage> {
    let damaged = |position, reason| Damage::new(folder.join(&file_name(recovery.segment, FileKind::Log)), position, reason);
    let named = logs.iter().find(|log| log.base == recovery.segment);
    match (named, logs.first()) {
        (Some(log), _) if log.length_bytes < recovery.position => {
            Err(damaged(log.length_bytes, format!("it is shorter than the {} bytes that were synced", recovery.position)))
        }
        (Some(_), _) => Ok(recovery.clone()),
        // Retention removed everything the recovery point vouched for. It removes nothing above: a later first segment is one whose
        // predecessors' names were never synced.
        (None, Some(first)) if first.base == recovery.offset => Ok(RecoveryPoint {
            offset: first.base,
            segment: first.base,
            position: 0,
            offset_entries: 0,
            time_entries: 0,
            aborted_entries: 0,
            ..recovery.clone()
        }),
        // An active segment gets its file with the first write.
        (None, Some(_)) if recovery.position == 0 => Ok(recovery.clone()),
        (None, None) if recovery.offset == Offset::ZERO => Ok(recovery.clone()),
        (None, _) => Err(damaged(0, "it is missing".into())),
    }
}

/// The segments up to the recovery point, the one it lies in last and cut to what was synced.
fn trusted_segments(logs: &[LogFile], start: &RecoveryPoint) -> Vec<Segment> {
    let below: Vec<&LogFile> = logs.iter().filter(|log| log.base < start.segment).collect();
    let mut segments = Vec::with_capacity(below.len() + 1);
    for (index, log) in below.iter().enumerate() {
        let end = below.get(index + 1).map_or(start.segment, |next| next.base);
        segments.push(Segment::sealed(log.base, end, log.length_bytes));
    }
    segments.push(Segment::sealed(start.segment, start.offset, start.position));
    segments
}

/// Whether the last index entry leads to a batch, and the batches from there exactly to the recovery point.
fn leads_to_point(active: &Segment, folder: &Folder, indexes: &Indexes, start: &RecoveryPoint) -> Result<bool, Stop> {
    let mut scan = match indexes.offsets.last() {
        Some(entry) => {
            let mut scan = active.scan_from(folder, entry, CHUNK_BYTES)?;
            if !scan.trust_last_offset(entry.offset)? {
                return Ok(false);
            }
            scan
        }
        None => active.scan(folder)?,
    };
    while scan.next()?.is_some() {}
    reaches(&scan, start, active, folder)?;
    Ok(true)
}

fn reaches(scan: &Scan, start: &RecoveryPoint, active: &Segment, folder: &Folder) -> Result<(), Stop> {
    if scan.next_offset() == start.offset {
        return Ok(());
    }
    let reason = format!("offset {} follows there, not {} as was synced", scan.next_offset(), start.offset);
    Err(Damage::new(active.log_path(folder), scan.position(), reason).into())
}

/// A partition that answers every call with its damage and leaves its files alone.
fn closed_off(folder: Folder, place: PartitionPlace<'_>, recovery: &RecoveryPoint, damage: Damage) -> Result<PartitionLog> {
    let indexes = Indexes::new(recovery.segment);
    let segment = Segment::with_indexes(recovery.segment, recovery.offset, recovery.position, indexes);
    let has_unreplayed = folder.open_existing(UNREPLAYED_FILE, OpenMode::Read)?.is_some();
    let mut log = PartitionLog::with_segments(folder, (place.partition, place.topic_id), place.config, vec![segment]);
    if has_unreplayed {
        log.unreplayed = Unreplayed::Kept;
    }
    log.log_start = recovery.log_start;
    log.recovery = recovery.clone();
    log.previous_recovery = recovery.clone();
    log.epochs = LeaderEpochs::new(recovery.epochs.clone());
    log.is_closed_off = true;
    log.fence(damage);
    Ok(log)
}
