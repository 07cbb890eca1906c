//! The committed positions of all groups: in memory for reading, in `__consumer_offsets` for good.
//!
//! Always holds: memory shows only what is durable, and in the order in which it was staged: whoever stages positions holds
//! [`OffsetStore::order`] until the waiter is queued, and the commit loop answers waiters in the order of the queue. When a topic is deleted, the
//! positions in it are forgotten with the order held, also those still on their way, and their tombstones follow them: a topic made anew under
//! the name inherits none.
//!
//! Positions that a Kafka client commits in a transaction are on disk at once, in batches of its producer, and count when the marker of that
//! producer says so (KIP-98); until then they are *undecided*. A tombstone ends them too: what was undecided when it was written never counts.

use crate::node::internal_log::for_each_batch;
use crate::node::offsets_codec::{decode_key, decode_value};
use crate::node::topics::offsets_partition;
use log_client::OffsetAndMetadata;
use log_model::{GroupId, ProducerId, TopicName, TopicPartition};
use log_record::control::ControlType;
use log_storage::DataDirectory;
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, BTreeSet};

/// A position as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredPosition {
    pub(crate) position: OffsetAndMetadata,
    /// When it was committed.
    pub(crate) commit_ms: i64,
    /// When it ends, where the client said how long it shall stay; clients of old could (OffsetCommit before version 5).
    pub(crate) expire_ms: Option<i64>,
}

impl StoredPosition {
    /// A position committed now, which stays as long as the node keeps positions.
    pub(crate) fn new(position: OffsetAndMetadata, now_ms: i64) -> StoredPosition {
        StoredPosition { position, commit_ms: now_ms, expire_ms: None }
    }
}

/// Each with the number of its staging.
type Positions = BTreeMap<TopicPartition, (u64, StoredPosition)>;

/// Positions of several groups.
pub(crate) type GroupPositions = Vec<(GroupId, Vec<(TopicPartition, StoredPosition)>)>;

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
    /// Counts stagings.
    staged_ever: u64,
    /// Staged, but not yet durable, by the number of their staging.
    pending: BTreeMap<u64, GroupPositions>,
    /// Staged in a transaction of this producer whose end is not durable yet.
    undecided: BTreeMap<ProducerId, BTreeMap<u64, GroupPositions>>,
    /// Forgotten here, while the disk still has them: their tombstones could not be staged.
    doomed: BTreeSet<PositionKey>,
}

impl State {
    fn decide(&mut self, producer: ProducerId, is_committed: bool) -> BTreeSet<GroupId> {
        let mut groups = BTreeSet::new();
        for (number, decided) in self.undecided.remove(&producer).unwrap_or_default() {
            groups.extend(decided.iter().map(|(group, _)| group.clone()));
            if is_committed {
                self.put(number, decided);
            }
        }
        groups
    }

    fn add_undecided(&mut self, producer: ProducerId, group: GroupId, positions: Vec<(TopicPartition, StoredPosition)>) {
        let number = self.next_number();
        self.undecided.entry(producer).or_default().insert(number, vec![(group, positions)]);
    }

    fn next_number(&mut self) -> u64 {
        self.staged_ever += 1;
        self.staged_ever
    }

    /// What is not in memory yet: on its way, or undecided.
    fn unsettled(&self) -> impl Iterator<Item = &(GroupId, Vec<(TopicPartition, StoredPosition)>)> {
        self.pending.values().chain(self.undecided.values().flat_map(BTreeMap::values)).flatten()
    }

    fn drop_undecided(&mut self, group: &GroupId, is_meant: impl Fn(&TopicPartition) -> bool) {
        for (_, positions) in self.undecided.values_mut().flat_map(BTreeMap::values_mut).flatten().filter(|(of, _)| of == group) {
            positions.retain(|(partition, _)| !is_meant(partition));
        }
    }

    /// Shows positions, but for those in whose place something staged later stands: a transaction ends long after its positions were staged.
    fn put(&mut self, number: u64, positions: GroupPositions) {
        for (group, positions) in positions.into_iter().filter(|(_, positions)| !positions.is_empty()) {
            let shown = self.groups.entry(group).or_default();
            for (partition, position) in positions {
                if shown.get(&partition).is_none_or(|(other, _)| *other < number) {
                    shown.insert(partition, (number, position));
                }
            }
        }
    }

    fn remove(&mut self, group: &GroupId, partition: &TopicPartition) {
        if let Some(positions) = self.groups.get_mut(group) {
            positions.remove(partition);
            if positions.is_empty() {
                self.groups.remove(group);
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
                        let _groups = state.decide(producer, kind == ControlType::Commit);
                    }
                    continue;
                }
                let Some((group, partition)) = decode_key(key) else {
                    see_other(key, record.value);
                    continue;
                };
                let value = record.value.map(decode_value);
                if matches!(value, Some(None)) {
                    // Of a newer form, perhaps: what is known from before is better than nothing.
                    tracing::warn!(%group, %partition, offset = %record.offset, "a committed position cannot be read; an earlier one stays");
                    continue;
                }
                match value.flatten() {
                    Some(position) if batch.is_transactional() => {
                        state.add_undecided(producer, group, vec![(partition, position)]);
                    }
                    Some(position) => {
                        let number = state.next_number();
                        state.put(number, vec![(group, vec![(partition, position)])]);
                    }
                    None => {
                        state.drop_undecided(&group, |at| *at == partition);
                        state.remove(&group, &partition);
                    }
                }
            }
            Ok(())
        })?;
        Ok(store)
    }

    /// Notes positions that are staged in a producer's transaction. Call it with the order held.
    pub(crate) fn add_undecided(&self, producer: ProducerId, group: GroupId, positions: Vec<(TopicPartition, StoredPosition)>) {
        self.state.write().add_undecided(producer, group, positions);
    }

    /// The end of a producer's transaction is durable. Gives the groups it had positions of.
    pub(crate) fn decide(&self, producer: ProducerId, is_committed: bool) -> BTreeSet<GroupId> {
        self.state.write().decide(producer, is_committed)
    }

    /// Whether a transaction that is not decided yet has a position of the group in this partition.
    pub(crate) fn is_undecided(&self, group: &GroupId, partition: &TopicPartition) -> bool {
        let state = self.state.read();
        let of_group = state.undecided.values().flat_map(BTreeMap::values).flatten().filter(|(of, _)| of == group);
        of_group.flat_map(|(_, positions)| positions).any(|(at, _)| at == partition)
    }

    /// Notes positions that are staged. Call it with the order held, and [`finish`](OffsetStore::finish) when their waiter is answered.
    pub(crate) fn begin(&self, positions: GroupPositions) -> u64 {
        let mut state = self.state.write();
        let number = state.next_number();
        state.pending.insert(number, positions);
        number
    }

    /// Shows positions if they are durable now, without those that were forgotten meanwhile.
    pub(crate) fn finish(&self, number: u64, is_durable: bool) {
        let mut state = self.state.write();
        if let Some(positions) = state.pending.remove(&number).filter(|_| is_durable) {
            state.put(number, positions);
        }
    }

    pub(crate) fn get(&self, group: &GroupId, partition: &TopicPartition) -> Option<OffsetAndMetadata> {
        Some(self.state.read().groups.get(group)?.get(partition)?.1.position.clone())
    }

    pub(crate) fn of_group(&self, group: &GroupId) -> BTreeMap<TopicPartition, OffsetAndMetadata> {
        let state = self.state.read();
        let positions = state.groups.get(group).into_iter().flatten();
        positions.map(|(partition, (_, stored))| (partition.clone(), stored.position.clone())).collect()
    }

    /// Whether the group has a position, be it on its way or undecided.
    pub(crate) fn has_any(&self, group: &GroupId) -> bool {
        let state = self.state.read();
        state.groups.contains_key(group) || state.unsettled().any(|(of, positions)| of == group && !positions.is_empty())
    }

    /// The partitions in which the group has positions, those on their way and undecided ones included. Call it with the order held.
    pub(crate) fn partitions_of(&self, group: &GroupId) -> BTreeSet<TopicPartition> {
        let state = self.state.read();
        let unsettled = state.unsettled().filter(|(of, _)| of == group).flat_map(|(_, positions)| positions);
        let settled = state.groups.get(group).into_iter().flat_map(BTreeMap::keys);
        settled.chain(unsettled.map(|(partition, _)| partition)).cloned().collect()
    }

    /// The partitions whose positions are past their time by `is_expired`. One that is being committed anew, or in a transaction, stays. Call
    /// it with the order held.
    pub(crate) fn expired(
        &self,
        group: &GroupId,
        mut is_expired: impl FnMut(&TopicPartition, &StoredPosition) -> bool,
    ) -> BTreeSet<TopicPartition> {
        let state = self.state.read();
        let positions = state.groups.get(group).into_iter().flatten();
        let past = positions.filter(|(partition, (_, stored))| is_expired(partition, stored)).map(|(partition, _)| partition);
        let mut expired: BTreeSet<&TopicPartition> = past.collect();
        if !expired.is_empty() {
            for (_, unsettled) in state.unsettled().filter(|(of, _)| of == group) {
                unsettled.iter().for_each(|(partition, _)| _ = expired.remove(partition));
            }
        }
        expired.into_iter().cloned().collect()
    }

    /// The groups that have positions.
    pub(crate) fn groups(&self) -> Vec<GroupId> {
        self.state.read().groups.keys().cloned().collect()
    }

    /// The groups that have positions, be they on their way or undecided.
    pub(crate) fn groups_with_any(&self) -> BTreeSet<GroupId> {
        let state = self.state.read();
        let unsettled = state.unsettled().filter(|(_, positions)| !positions.is_empty());
        state.groups.keys().chain(unsettled.map(|(group, _)| group)).cloned().collect()
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
        for (group, offsets) in pending.values_mut().chain(undecided.values_mut().flat_map(BTreeMap::values_mut)).flatten() {
            offsets.retain(|(partition, _)| keeps(doomed, group, partition));
        }
        doomed.iter().filter(|(_, partition)| is_gone(&partition.topic)).cloned().collect()
    }

    /// The tombstones of these positions of a group are staged: those of open transactions will not count. Call it with the order held.
    pub(crate) fn end_undecided(&self, group: &GroupId, partitions: &BTreeSet<TopicPartition>) {
        self.state.write().drop_undecided(group, |partition| partitions.contains(partition));
    }

    /// The tombstones of these positions of a group are durable.
    pub(crate) fn remove(&self, group: &GroupId, partitions: &BTreeSet<TopicPartition>) {
        let mut state = self.state.write();
        partitions.iter().for_each(|partition| state.remove(group, partition));
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

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::Offset;

    fn at(offset: i64) -> Vec<(TopicPartition, StoredPosition)> {
        let partition = TopicName::new("t").unwrap().partition(0);
        vec![(partition, StoredPosition::new(OffsetAndMetadata::at(Offset(offset)), 0))]
    }

    #[test]
    fn the_position_staged_last_counts_whenever_its_transaction_ends() {
        let (group, transaction) = (GroupId::new("g"), ProducerId(7));
        let partition = &at(0)[0].0;
        let store = OffsetStore::default();
        store.add_undecided(transaction, group.clone(), at(1));
        let plain = store.begin(vec![(group.clone(), at(2))]);
        store.finish(plain, true);
        store.decide(transaction, true);
        assert_eq!(store.get(&group, partition).unwrap().offset, Offset(2));
        store.add_undecided(transaction, group.clone(), at(3));
        store.decide(transaction, true);
        assert_eq!(store.get(&group, partition).unwrap().offset, Offset(3));
    }

    #[test]
    fn what_a_tombstone_ended_does_not_come_back_with_its_transaction() {
        let (group, transaction) = (GroupId::new("g"), ProducerId(7));
        let partition = &at(0)[0].0;
        let store = OffsetStore::default();
        store.add_undecided(transaction, group.clone(), at(1));
        assert!(store.has_any(&group) && store.is_undecided(&group, partition));
        let meant = store.partitions_of(&group);
        store.end_undecided(&group, &meant);
        assert!(!store.has_any(&group) && store.groups_with_any().is_empty());
        store.add_undecided(transaction, group.clone(), at(2));
        store.remove(&group, &meant);
        assert_eq!(store.decide(transaction, true), [group.clone()].into());
        assert_eq!(store.get(&group, partition).unwrap().offset, Offset(2));
    }
}
