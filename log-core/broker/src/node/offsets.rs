//! The committed positions of all groups: in memory for reading, in `__consumer_offsets` for good.
//!
//! Always holds: memory shows only what is durable, and in the order in which it was staged: whoever stages positions holds
//! [`OffsetStore::order`] until the waiter is queued, and the commit loop answers waiters in the order of the queue. When a topic is deleted, the
//! positions in it are forgotten with the order held, also those still on their way, and their tombstones follow them: a topic made anew under
//! the name inherits none.
//!
//! Positions that a Kafka client commits in a transaction are on disk at once, in batches of its producer, and count when the marker of that
//! producer says so (KIP-98); until then they are *undecided*.

use crate::node::offsets_codec::{decode_key, decode_value, encode_key, encode_value};
use crate::node::topics::offsets_partition;
use log_client::{Error, OffsetAndMetadata, Result};
use log_model::{CompressionType, GroupId, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicName, TopicPartition};
use log_record::control::ControlType;
use log_record::{BatchBuilder, RecordBatch};
use log_storage::{DataDirectory, Isolation};
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, BTreeSet};

/// How much is read at a time when a log opens.
const LOAD_BYTES: usize = 4 << 20;
/// Where a new batch is begun.
const BATCH_BYTES: usize = 256 << 10;

type Positions = BTreeMap<TopicPartition, OffsetAndMetadata>;

/// Positions of several groups.
pub(crate) type GroupPositions = Vec<(GroupId, Vec<(TopicPartition, OffsetAndMetadata)>)>;

/// A group and one of the partitions it has a position in.
pub(crate) type PositionKey = (GroupId, TopicPartition);

/// All groups' positions.
#[derive(Debug, Default)]
pub(crate) struct OffsetStore {
    state: RwLock<State>,
    /// Held from staging positions to queueing their waiter.
    pub(crate) order: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    groups: BTreeMap<GroupId, Positions>,
    /// Staged, but not yet durable.
    pending: BTreeMap<u64, GroupPositions>,
    next_pending: u64,
    /// Staged in a transaction of this producer whose end is not durable yet.
    undecided: BTreeMap<ProducerId, GroupPositions>,
    /// Forgotten here, while the disk still has them: their tombstones could not be staged.
    doomed: BTreeSet<PositionKey>,
}

impl State {
    fn decide(&mut self, producer: ProducerId, is_committed: bool) {
        for (group, positions) in self.undecided.remove(&producer).unwrap_or_default() {
            for (partition, position) in positions.into_iter().filter(|_| is_committed) {
                self.put(&group, partition, Some(position));
            }
        }
    }

    fn put(&mut self, group: &GroupId, partition: TopicPartition, position: Option<OffsetAndMetadata>) {
        match position {
            Some(position) => {
                self.groups.entry(group.clone()).or_default().insert(partition, position);
            }
            None => {
                if let Some(positions) = self.groups.get_mut(group) {
                    positions.remove(&partition);
                    if positions.is_empty() {
                        self.groups.remove(group);
                    }
                }
            }
        }
    }
}

impl OffsetStore {
    /// Reads `__consumer_offsets` from its beginning: later records win. Records that are no positions go to `see_other`.
    pub(crate) fn load(
        directory: &DataDirectory,
        mut see_other: impl FnMut(&[u8], Option<&[u8]>),
    ) -> Result<OffsetStore, log_storage::Error> {
        let store = OffsetStore::default();
        for_each_batch(directory, &offsets_partition(), |batch| {
            let mut state = store.state.write();
            let producer = batch.producer_id();
            let mut records = batch.records()?;
            while let Some(record) = records.next_view() {
                let record = record?;
                let Some(key) = record.key else { continue };
                if batch.is_control() {
                    // A marker of a kind that is not known decides nothing.
                    if let Ok(kind) = ControlType::from_key(key) {
                        state.decide(producer, kind == ControlType::Commit);
                    }
                    continue;
                }
                let Some((group, partition)) = decode_key(key) else {
                    see_other(key, record.value);
                    continue;
                };
                match record.value.and_then(decode_value) {
                    Some(position) if batch.is_transactional() => {
                        state.undecided.entry(producer).or_default().push((group, vec![(partition, position)]));
                    }
                    position => state.put(&group, partition, position),
                }
            }
            Ok(())
        })?;
        Ok(store)
    }

    /// Notes positions that are staged in a producer's transaction. Call it with the order held.
    pub(crate) fn add_undecided(&self, producer: ProducerId, group: GroupId, positions: Vec<(TopicPartition, OffsetAndMetadata)>) {
        self.state.write().undecided.entry(producer).or_default().push((group, positions));
    }

    /// The end of a producer's transaction is durable.
    pub(crate) fn decide(&self, producer: ProducerId, is_committed: bool) {
        self.state.write().decide(producer, is_committed);
    }

    /// Whether a transaction that is not decided yet has a position of the group in this partition.
    pub(crate) fn is_undecided(&self, group: &GroupId, partition: &TopicPartition) -> bool {
        let state = self.state.read();
        let of_group = state.undecided.values().flatten().filter(|(of, _)| of == group);
        of_group.flat_map(|(_, positions)| positions).any(|(at, _)| at == partition)
    }

    /// Notes positions that are staged. Call it with the order held, and [`finish`](OffsetStore::finish) when their waiter is answered.
    pub(crate) fn begin(&self, positions: GroupPositions) -> u64 {
        let mut state = self.state.write();
        state.next_pending += 1;
        let number = state.next_pending;
        state.pending.insert(number, positions);
        number
    }

    /// Shows positions if they are durable now, without those that were forgotten meanwhile.
    pub(crate) fn finish(&self, number: u64, is_durable: bool) {
        let mut state = self.state.write();
        let Some(positions) = state.pending.remove(&number).filter(|_| is_durable) else { return };
        for (group, offsets) in positions {
            for (partition, position) in offsets {
                state.put(&group, partition, Some(position));
            }
        }
    }

    pub(crate) fn get(&self, group: &GroupId, partition: &TopicPartition) -> Option<OffsetAndMetadata> {
        self.state.read().groups.get(group)?.get(partition).cloned()
    }

    pub(crate) fn of_group(&self, group: &GroupId) -> Positions {
        self.state.read().groups.get(group).cloned().unwrap_or_default()
    }

    pub(crate) fn groups(&self) -> Vec<GroupId> {
        self.state.read().groups.keys().cloned().collect()
    }

    /// Forgets positions in topics for which `is_gone`, those on their way to being durable too. Gives what needs a tombstone: call
    /// [`buried`](OffsetStore::buried) once they are staged. Call it with the order held.
    pub(crate) fn forget(&self, is_gone: impl Fn(&TopicName) -> bool) -> Vec<PositionKey> {
        let mut state = self.state.write();
        let State { groups, pending, undecided, doomed, .. } = &mut *state;
        let keeps = |doomed: &mut BTreeSet<PositionKey>, group: &GroupId, partition: &TopicPartition| {
            let keep = !is_gone(&partition.topic);
            if !keep {
                doomed.insert((group.clone(), partition.clone()));
            }
            keep
        };
        for (group, positions) in groups.iter_mut() {
            positions.retain(|partition, _| keeps(doomed, group, partition));
        }
        groups.retain(|_, positions| !positions.is_empty());
        for (group, offsets) in pending.values_mut().chain(undecided.values_mut()).flatten() {
            offsets.retain(|(partition, _)| keeps(doomed, group, partition));
        }
        doomed.iter().filter(|(_, partition)| is_gone(&partition.topic)).cloned().collect()
    }

    /// The tombstones of these positions of a group are durable.
    pub(crate) fn remove(&self, group: &GroupId, partitions: &[TopicPartition]) {
        let mut state = self.state.write();
        partitions.iter().for_each(|partition| state.put(group, partition.clone(), None));
    }

    /// The tombstones of these are staged.
    pub(crate) fn buried(&self, keys: &[PositionKey]) {
        let mut state = self.state.write();
        for key in keys {
            state.doomed.remove(key);
        }
    }
}

#[cfg(test)]
impl OffsetStore {
    pub(crate) fn has_pending(&self) -> bool {
        !self.state.read().pending.is_empty()
    }
}

/// Batches for `__consumer_offsets`; a position of `None` is a tombstone.
pub(crate) fn offset_batches<'a>(
    entries: impl IntoIterator<Item = (&'a GroupId, &'a TopicPartition, Option<&'a OffsetAndMetadata>)>,
    now_ms: i64,
) -> Result<Vec<RecordBatch>> {
    let too_long = || Error::Invalid { reason: "the group's name or the metadata is longer than 32767 bytes; shorten it".into() };
    let mut batches = Vec::new();
    let mut builder = BatchBuilder::new(CompressionType::None);
    for (group, partition, position) in entries {
        let key = encode_key(group, partition).ok_or_else(too_long)?;
        let value = position.map(|position| encode_value(position, now_ms).ok_or_else(too_long)).transpose()?;
        builder.append_parts(Timestamp(now_ms), Some(&key), value.as_deref(), &[])?;
        if builder.size_bytes() >= BATCH_BYTES {
            batches.push(builder.build());
        }
    }
    if !builder.is_empty() {
        batches.push(builder.build());
    }
    Ok(batches)
}

/// The same batches as part of a producer's transaction.
pub(crate) fn in_transaction(batches: Vec<RecordBatch>, producer: (ProducerId, ProducerEpoch)) -> Vec<RecordBatch> {
    batches.into_iter().map(|batch| batch.with_producer(producer.0, producer.1, Sequence::NONE, true)).collect()
}

/// Walks an internal partition from its beginning: key and value of every record.
pub(crate) fn for_each_record(
    directory: &DataDirectory,
    partition: &TopicPartition,
    mut see: impl FnMut(&[u8], Option<&[u8]>),
) -> Result<(), log_storage::Error> {
    for_each_batch(directory, partition, |batch| {
        let mut records = batch.records()?;
        while let Some(record) = records.next_view() {
            let record = record?;
            if let Some(key) = record.key.filter(|_| !batch.is_control()) {
                see(key, record.value);
            }
        }
        Ok(())
    })
}

/// Walks an internal partition from its beginning, batch by batch, those of undecided transactions included.
fn for_each_batch(
    directory: &DataDirectory,
    partition: &TopicPartition,
    mut see: impl FnMut(&RecordBatch) -> Result<(), log_storage::Error>,
) -> Result<(), log_storage::Error> {
    let mut position: Offset = directory.info(partition)?.log_start;
    loop {
        let fetched = directory.read(partition, position, LOAD_BYTES, Isolation::ReadUncommitted)?;
        let Some(last) = fetched.batches.last() else { return Ok(()) };
        let next = last.next_offset();
        for batch in &fetched.batches {
            see(batch)?;
        }
        position = next;
        if position >= fetched.high_watermark {
            return Ok(());
        }
    }
}
