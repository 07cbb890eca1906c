//! The committed positions of all groups: in memory for reading, in `__consumer_offsets` for good.
//!
//! Always holds: memory shows only what is durable, and in the order in which it was staged: whoever stages positions holds
//! [`OffsetStore::order`] until the waiter is queued, and the commit loop answers waiters in the order of the queue.

use crate::offsets_codec::{decode_key, decode_value, encode_key, encode_value};
use crate::topics::offsets_partition;
use log_client::{Error, OffsetAndMetadata, Result};
use log_model::{CompressionType, GroupId, Offset, Timestamp, TopicName, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};
use log_storage::{DataDirectory, Isolation};
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;

/// How much is read at a time when a log opens.
const LOAD_BYTES: usize = 4 << 20;
/// Where a new batch is begun.
const BATCH_BYTES: usize = 256 << 10;

type Positions = BTreeMap<TopicPartition, OffsetAndMetadata>;

/// All groups' positions.
#[derive(Debug, Default)]
pub(crate) struct OffsetStore {
    groups: RwLock<BTreeMap<GroupId, Positions>>,
    /// Held from staging positions to queueing their waiter.
    pub(crate) order: Mutex<()>,
}

impl OffsetStore {
    /// Reads `__consumer_offsets` from its beginning: later records win.
    pub(crate) fn load(directory: &DataDirectory) -> Result<OffsetStore, log_storage::Error> {
        let store = OffsetStore::default();
        for_each_record(directory, &offsets_partition(), |key, value| {
            let Some((group, partition)) = decode_key(key) else { return };
            store.put(&group, partition, value.and_then(decode_value));
        })?;
        Ok(store)
    }

    fn put(&self, group: &GroupId, partition: TopicPartition, position: Option<OffsetAndMetadata>) {
        let mut groups = self.groups.write();
        match position {
            Some(position) => {
                groups.entry(group.clone()).or_default().insert(partition, position);
            }
            None => {
                if let Some(positions) = groups.get_mut(group) {
                    positions.remove(&partition);
                    if positions.is_empty() {
                        groups.remove(group);
                    }
                }
            }
        }
    }

    /// Shows positions that are durable now.
    pub(crate) fn apply(&self, group: &GroupId, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) {
        self.groups.write().entry(group.clone()).or_default().extend(offsets);
    }

    pub(crate) fn get(&self, group: &GroupId, partition: &TopicPartition) -> Option<OffsetAndMetadata> {
        self.groups.read().get(group)?.get(partition).cloned()
    }

    pub(crate) fn of_group(&self, group: &GroupId) -> Positions {
        self.groups.read().get(group).cloned().unwrap_or_default()
    }

    pub(crate) fn groups(&self) -> Vec<GroupId> {
        self.groups.read().keys().cloned().collect()
    }

    /// Forgets positions in topics for which `is_gone`; gives them back for their tombstones.
    pub(crate) fn forget(&self, is_gone: impl Fn(&TopicName) -> bool) -> Vec<(GroupId, TopicPartition)> {
        let mut gone = Vec::new();
        let mut groups = self.groups.write();
        for (group, positions) in groups.iter_mut() {
            positions.retain(|partition, _| {
                let keep = !is_gone(&partition.topic);
                if !keep {
                    gone.push((group.clone(), partition.clone()));
                }
                keep
            });
        }
        groups.retain(|_, positions| !positions.is_empty());
        gone
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

/// Walks an internal partition from its beginning: key and value of every record.
pub(crate) fn for_each_record(
    directory: &DataDirectory,
    partition: &TopicPartition,
    mut see: impl FnMut(&[u8], Option<&[u8]>),
) -> Result<(), log_storage::Error> {
    let mut position: Offset = directory.info(partition)?.log_start;
    loop {
        let fetched = directory.read(partition, position, LOAD_BYTES, Isolation::ReadUncommitted)?;
        let Some(last) = fetched.batches.last() else { return Ok(()) };
        let next = last.next_offset();
        for batch in &fetched.batches {
            let mut records = batch.records()?;
            while let Some(record) = records.next_view() {
                let record = record?;
                if let Some(key) = record.key {
                    see(key, record.value);
                }
            }
        }
        position = next;
        if position >= fetched.high_watermark {
            return Ok(());
        }
    }
}
