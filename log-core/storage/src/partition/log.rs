//! The state of one partition, and what can be asked of it without I/O.

use super::append::Prepared;
use super::damage::Damage;
use super::epochs::LeaderEpochs;
use super::file_names::METADATA_FILE;
use super::folder::Folder;
use super::hot_tail::HotTail;
use super::place::PartitionPlace;
use super::producer_state::ProducerStates;
use super::recovery_point::RecoveryPoint;
use super::segment::Segment;
use super::syncing::Syncing;
use super::transaction_index::AbortedTransaction;
use super::unreplayed::Unreplayed;
use crate::error::{Error, Result};
use bytes::Bytes;
use log_model::{LeaderEpoch, Offset, TopicConfig, TopicId, TopicPartition};
use log_record::RecordBatch;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::OnceLock;

/// One partition: its segments, the hot tail in memory, and batches on their way to being durable.
///
/// A batch goes through four steps: [`prepare`](PartitionLog::prepare) gives it its offset, [`commit`](PartitionLog::commit) makes it visible
/// once it is durable elsewhere, [`write_behind`](PartitionLog::write_behind) puts it into a segment, and a sync
/// ([`begin_sync`](PartitionLog::begin_sync)) makes that durable.
///
/// ```
/// # use log_env::{Disk, SimDisk};
/// # use log_model::{CompressionType, Offset, Timestamp, TopicConfig, TopicName};
/// # use log_record::BatchBuilder;
/// # use log_storage::partition::{PartitionLog, PartitionPlace, Syncing};
/// # use std::{path::Path, sync::Arc};
/// # let topic_id = serde_json::from_str("\"00112233-4455-6677-8899-aabbccddeeff\"")?;
/// let disk: Arc<dyn Disk> = Arc::new(SimDisk::new());
/// let partition = TopicName::new("greetings")?.partition(0);
/// let (path, config) = (Path::new("topics/greetings-0"), &TopicConfig::default());
/// let mut log = PartitionLog::create(PartitionPlace { disk, path, partition, topic_id, config, syncing: Syncing::Each })?;
///
/// let mut builder = BatchBuilder::new(CompressionType::None);
/// builder.append_parts(Timestamp(0), None, Some(b"hello"), &[])?;
/// let prepared = log.prepare(vec![builder.build()], 0)?;
/// log.commit(prepared.next_offset());
/// assert_eq!(log.read(Offset(0), log.high_watermark(), 1 << 20)?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PartitionLog {
    pub(super) folder: Folder,
    pub(super) partition: TopicPartition,
    pub(super) topic_id: TopicId,
    pub(super) config: TopicConfig,
    pub(super) leader_epoch: LeaderEpoch,

    // log_start ≤ last stable ≤ high_watermark ≤ log_end, and written_end ≤ high_watermark.
    pub(super) log_start: Offset,
    pub(super) high_watermark: Offset,
    pub(super) log_end: Offset,
    pub(super) written_end: Offset,

    /// Numbered but not durable: from the high watermark to the log end.
    pub(super) staged: VecDeque<RecordBatch>,
    pub(super) hot: HotTail,
    /// By base offset, adjacent; the last one is active. Never empty.
    pub(super) segments: Vec<Segment>,
    pub(super) epochs: LeaderEpochs,
    /// As of the log end.
    pub(super) producers: ProducerStates,
    /// As of the end of what is written: what a snapshot holds.
    pub(super) written_producers: ProducerStates,
    /// Aborted transactions whose markers are in no segment yet.
    pub(super) unwritten_aborted: Vec<AbortedTransaction>,

    pub(super) recovery: RecoveryPoint,
    /// The recovery point before that: the last checkpoint may still name it.
    pub(super) previous_recovery: RecoveryPoint,
    pub(super) cleaned_to: Offset,
    /// Snapshots to write with the next sync, by offset.
    pub(super) unwritten_snapshots: Vec<(Offset, Bytes)>,
    /// Offsets of the snapshot files there are.
    pub(super) snapshots: Vec<Offset>,
    pub(super) epochs_changed: bool,
    /// How often a name was made in the directory, and how many of those are synced.
    pub(super) names_changed: u64,
    pub(super) names_synced: u64,
    /// Changes whenever bytes in segments go away or are replaced: work begun before is void.
    pub(super) generation: u64,
    pub(super) damage: OnceLock<Damage>,
    /// Whether the damage was found on opening, so that the state above is not to be trusted.
    pub(super) is_closed_off: bool,
    /// What the journal had for it while it was damaged.
    pub(super) unreplayed: Unreplayed,
}

impl PartitionLog {
    /// Makes the directory of a new partition.
    ///
    /// The directory may exist (a creation that was cut short) but must hold no segments.
    pub fn create(place: PartitionPlace<'_>) -> Result<Self> {
        let PartitionPlace { disk, path, partition, topic_id, config, syncing } = place;
        disk.create_dir_all(path).map_err(Error::io("create", path))?;
        let folder = Folder::new(disk, path);
        folder.replace(METADATA_FILE, metadata_text(topic_id).as_bytes(), syncing)?;
        if syncing == Syncing::Each {
            folder.sync()?;
            if let Some(parent) = path.parent() {
                folder.disk().sync_dir(parent).map_err(Error::sync(parent))?;
            }
        }
        Ok(PartitionLog::with_segments(folder, (partition, topic_id), config, vec![Segment::empty(Offset::ZERO)]))
    }

    /// A partition whose segments are known and nothing else.
    pub(super) fn with_segments(folder: Folder, id: (TopicPartition, TopicId), config: &TopicConfig, segments: Vec<Segment>) -> Self {
        let log_start = segments.first().map_or(Offset::ZERO, |segment| segment.base);
        let end = segments.last().map_or(Offset::ZERO, |segment| segment.end);
        PartitionLog {
            folder,
            partition: id.0,
            topic_id: id.1,
            config: config.clone(),
            leader_epoch: LeaderEpoch(0),
            log_start,
            high_watermark: end,
            log_end: end,
            written_end: end,
            staged: VecDeque::new(),
            hot: HotTail::default(),
            segments,
            epochs: LeaderEpochs::default(),
            producers: ProducerStates::default(),
            written_producers: ProducerStates::default(),
            unwritten_aborted: Vec::new(),
            recovery: RecoveryPoint::default(),
            previous_recovery: RecoveryPoint::default(),
            cleaned_to: Offset::ZERO,
            unwritten_snapshots: Vec::new(),
            snapshots: Vec::new(),
            epochs_changed: false,
            names_changed: 0,
            names_synced: 0,
            generation: 0,
            damage: OnceLock::new(),
            is_closed_off: false,
            unreplayed: Unreplayed::None,
        }
    }

    /// The name of the partition.
    pub fn partition(&self) -> &TopicPartition {
        &self.partition
    }

    /// The id of its topic.
    pub fn topic_id(&self) -> TopicId {
        self.topic_id
    }

    /// The directory it lies in.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Its configuration.
    pub fn config(&self) -> &TopicConfig {
        &self.config
    }

    /// Changes the configuration; it holds from the next append, roll, retention or compaction on.
    pub fn set_config(&mut self, config: TopicConfig) {
        self.config = config;
    }

    /// The epoch given to batches appended from now on.
    pub fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// Begins a new leader epoch. A lower one than before is ignored: epochs never go back.
    pub fn set_leader_epoch(&mut self, epoch: LeaderEpoch) {
        self.leader_epoch = self.leader_epoch.max(epoch);
    }

    /// The largest epoch not above `epoch` that wrote here, and the offset at which it ends (KIP-101).
    pub fn end_offset_for_epoch(&self, epoch: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        self.epochs.end_offset_for(epoch, self.log_end)
    }

    /// The epoch in which the record at `offset` was written.
    pub fn epoch_at(&self, offset: Offset) -> LeaderEpoch {
        self.epochs.epoch_at(offset)
    }

    /// The first offset that may be read.
    pub fn log_start(&self) -> Offset {
        self.log_start
    }

    /// Everything below is decided: durable and in no open transaction.
    pub fn last_stable_offset(&self) -> Offset {
        let unstable = self.producers.first_unstable().unwrap_or(self.high_watermark);
        unstable.clamp(self.log_start, self.high_watermark)
    }

    /// One past the last durable, readable offset.
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// One past the last offset given to a batch.
    pub fn log_end(&self) -> Offset {
        self.log_end
    }

    /// One past the last offset in a segment.
    pub fn written_end(&self) -> Offset {
        self.written_end
    }

    /// The bytes of all segments and of what is still to be written into them.
    pub fn size_bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.length_bytes).sum::<u64>() + self.hot.unwritten_bytes() as u64
    }

    /// How many segments there are, the active one included.
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// The bytes of batches kept in memory.
    pub fn hot_bytes(&self) -> usize {
        self.hot.bytes()
    }

    /// The bytes of committed batches that are in no segment yet.
    pub fn unwritten_bytes(&self) -> usize {
        self.hot.unwritten_bytes()
    }

    /// Forgets written batches, the oldest first, until `bytes` are freed or none is left. Gives the bytes freed.
    pub fn evict(&mut self, bytes: usize) -> usize {
        self.hot.evict(bytes)
    }

    /// Forgets idempotent producers that wrote nothing for so long. Gives their number.
    pub fn expire_producers(&mut self, now_ms: i64, expiration_ms: i64) -> usize {
        self.written_producers.expire(now_ms, expiration_ms);
        self.producers.expire(now_ms, expiration_ms)
    }

    /// The damage found in this partition's files, if any. It then refuses to read and to append.
    ///
    /// A restart lifts the fence of damage found while reading, until the damaged place is read again.
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.get()
    }

    /// Whether the damage was found on opening: the files are left alone then. Otherwise writing behind and syncing go on under the fence, so
    /// that nothing accepted before it is lost.
    pub fn is_closed_off(&self) -> bool {
        self.is_closed_off
    }

    /// Changes whenever bytes in segments go away or are replaced.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    /// Refuses to serve from now on.
    pub(super) fn fence(&self, damage: Damage) -> Error {
        tracing::error!(partition = %self.partition, path = %damage.path.display(), position = damage.position, reason = %damage.reason,
            "stored records are damaged; the partition refuses to serve");
        self.damage.get_or_init(|| damage).clone().into()
    }

    /// Turns an error that tells of damage into the fence.
    pub(crate) fn fence_on_damage(&self, error: Error) -> Error {
        match Damage::try_from(error) {
            Ok(damage) => self.fence(damage),
            Err(other) => other,
        }
    }

    pub(crate) fn refuse_if_damaged(&self) -> Result<()> {
        self.damage.get().map_or(Ok(()), |damage| Err(damage.clone().into()))
    }

    pub(super) fn interval_bytes(&self) -> u64 {
        u64::try_from(self.config.index_interval_bytes).unwrap_or(0)
    }

    pub(super) fn active(&self) -> &Segment {
        self.segments.last().expect("there is always an active segment")
    }

    pub(super) fn active_mut(&mut self) -> &mut Segment {
        self.segments.last_mut().expect("there is always an active segment")
    }

    /// The index of the segment that holds a written offset.
    pub(super) fn segment_of(&self, offset: Offset) -> usize {
        self.segments.partition_point(|segment| segment.base <= offset).saturating_sub(1)
    }

    /// The invariants that must hold after every change, in release builds too.
    pub(super) fn check(&self) {
        let stable = self.last_stable_offset();
        assert!(
            self.log_start <= stable && stable <= self.high_watermark && self.high_watermark <= self.log_end,
            "{}: log start {} ≤ last stable {stable} ≤ high watermark {} ≤ log end {}",
            self.partition,
            self.log_start,
            self.high_watermark,
            self.log_end
        );
        assert!(
            self.written_end <= self.high_watermark && self.written_end == self.active().end,
            "{}: written {} ≤ high watermark {}, and it ends the active segment ({})",
            self.partition,
            self.written_end,
            self.high_watermark,
            self.active().end
        );
    }

    /// How many handles that wrote segments are open: until the segments are synced.
    pub fn handle_count(&self) -> usize {
        self.segments.iter().filter(|segment| segment.writer.is_some()).count()
    }

    /// Closes the handles that wrote segments, for whoever has too many partitions to keep one open each. Only for those who sync whole file
    /// systems: else the handle that wrote must be the one that syncs.
    pub fn let_handles_go(&mut self) {
        for segment in &mut self.segments {
            segment.writer = None;
        }
    }

    /// The memory of indexes that could be let go.
    pub fn index_bytes(&self) -> usize {
        let clean = self.segments.iter().filter(|segment| !segment.is_dirty);
        clean.filter_map(Segment::known_indexes).map(|indexes| indexes.size_bytes()).sum()
    }

    /// Forgets the indexes of segments of which everything is synced; they are read again when they are needed.
    pub fn let_indexes_go(&mut self) {
        let count = self.segments.len() - 1;
        self.segments[..count].iter_mut().for_each(Segment::let_indexes_go);
        self.active_mut().rest();
    }

    /// Removes the partition's directory and everything in it.
    pub fn remove(self) -> Result<()> {
        let path = self.folder.path();
        self.folder.disk().remove_dir_all(path).map_err(Error::io("remove", path))
    }

    /// Prepares one batch and commits it at once, for logs that are durable elsewhere or not at all.
    pub fn append_now(&mut self, batches: Vec<RecordBatch>, now_ms: i64) -> Result<Prepared> {
        let prepared = self.prepare(batches, now_ms)?;
        self.commit(prepared.next_offset());
        Ok(prepared)
    }
}

/// The text of `partition.metadata`: Kafka's, with the id in base64 of the URL alphabet, without padding.
pub(super) fn metadata_text(topic_id: TopicId) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::from("version: 0\ntopic_id: ");
    for group in topic_id.0.as_bytes().chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for digit in 0..=group.len() {
            text.push(char::from(ALPHABET[(bits >> (18 - 6 * digit)) as usize & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partition::testing::topic_id;

    #[test]
    fn the_metadata_file_is_kafkas() {
        assert_eq!(metadata_text(topic_id()), "version: 0\ntopic_id: ABEiM0RVZneImaq7zN3u_w");
    }
}
