//! The partitions a consumer reads: where it stands in each, what has arrived of each, whose turn it is. A pure machine: the consumer feeds and empties it.
//!
//! Always holds: a position moves only past batches that were handed out, or to the end that the cluster told after them.

use super::cutter::{Cutter, Parts};
use crate::{Error, FetchLimit, FetchedBatch, Poll, Result};
use log_model::{Offset, TopicPartition};

/// One assigned partition.
pub(super) struct Slot {
    pub(super) partition: TopicPartition,
    /// The next offset to hand out; `None` if it could not be found.
    pub(super) position: Option<Offset>,
    pub(super) paused: bool,
    /// Why nothing can be read until it is moved.
    pub(super) error: Option<Error>,
    /// The next offset to take in: librdkafka may fetch a record again that was under way when it paused for a rebalance.
    next: Option<Offset>,
    /// The end that was told behind all that has arrived.
    end: Option<Offset>,
    arrived: Cutter,
}

impl Slot {
    /// A partition read from `position`; `end` is what is known of its end. An error says why it is not read.
    pub(super) fn new(partition: TopicPartition, position: Result<Offset>, end: Offset) -> Slot {
        let (position, error) = match position {
            Ok(offset) => (Some(offset), None),
            Err(error) => (None, Some(error)),
        };
        let end = position.filter(|offset| *offset >= end);
        Slot { partition, position, next: position, paused: false, error, end, arrived: Cutter::default() }
    }

    /// Whether everything readers may see was handed out, as far as is known.
    fn is_at_end(&self) -> bool {
        self.error.is_none() && self.end.is_some() && self.arrived.is_empty()
    }

    /// The position follows the end, past markers and records nobody may see.
    fn follow_end(&mut self) {
        if let (true, Some(end)) = (self.arrived.is_empty(), self.end) {
            self.position = self.position.max(Some(end));
        }
    }
}

/// All partitions of a consumer.
#[derive(Default)]
pub(super) struct Assignment {
    slots: Vec<Slot>,
    /// The slot whose turn it is.
    turn: usize,
    /// Bytes that have arrived and may be handed out.
    held_bytes: usize,
    /// The slot of the last record, by librdkafka's address of its topic and the partition.
    last: Option<(usize, i32, usize)>,
}

impl Assignment {
    /// Replaces all partitions.
    pub(super) fn set(&mut self, slots: Vec<Slot>) {
        *self = Assignment { slots, ..Assignment::default() };
    }

    /// Adds partitions.
    pub(super) fn add(&mut self, slots: Vec<Slot>) {
        self.slots.extend(slots);
        self.slots.sort_by(|left, right| left.partition.cmp(&right.partition));
        self.rearranged();
    }

    /// Takes partitions away, with all that arrived of them.
    pub(super) fn remove(&mut self, partitions: &[TopicPartition]) {
        self.slots.retain(|slot| !partitions.contains(&slot.partition));
        self.rearranged();
    }

    fn rearranged(&mut self) {
        self.turn = 0;
        self.last = None;
        self.count_held();
    }

    fn count_held(&mut self) {
        self.held_bytes = self.slots.iter().filter(|slot| !slot.paused).map(|slot| slot.arrived.size_bytes()).sum();
    }

    pub(super) fn partitions(&self) -> Vec<TopicPartition> {
        self.slots.iter().map(|slot| slot.partition.clone()).collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn index(&self, topic: &str, partition: i32) -> Option<usize> {
        self.slots.iter().position(|slot| slot.partition.partition == partition && slot.partition.topic.as_str() == topic)
    }

    pub(super) fn find(&self, partition: &TopicPartition) -> Option<&Slot> {
        self.index(partition.topic.as_str(), partition.partition).map(|index| &self.slots[index])
    }

    pub(super) fn find_mut(&mut self, topic: &str, partition: i32) -> Option<&mut Slot> {
        self.index(topic, partition).map(|index| &mut self.slots[index])
    }

    /// Moves a partition: what arrived of it is forgotten.
    pub(super) fn reposition(&mut self, slot: Slot) {
        let Some(index) = self.index(slot.partition.topic.as_str(), slot.partition.partition) else { return };
        let paused = self.slots[index].paused;
        self.slots[index] = Slot { paused, ..slot };
        self.count_held();
    }

    /// Stops or resumes; answers which of the partitions are assigned.
    pub(super) fn pause(&mut self, partitions: &[TopicPartition], paused: bool) -> Vec<TopicPartition> {
        let mut found = Vec::new();
        for slot in self.slots.iter_mut().filter(|slot| partitions.contains(&slot.partition)) {
            slot.paused = paused;
            found.push(slot.partition.clone());
        }
        self.count_held();
        found
    }

    /// The partitions that are paused.
    pub(super) fn paused(&self) -> Vec<TopicPartition> {
        self.slots.iter().filter(|slot| slot.paused).map(|slot| slot.partition.clone()).collect()
    }

    /// Takes a record in; those of partitions that are not assigned any more are dropped. `address` tells topics apart.
    pub(super) fn arrive(&mut self, address: usize, place: (&str, i32), record: &Parts<'_>, limit_bytes: usize) -> Result<()> {
        let index = match self.last {
            Some((topic, partition, index)) if topic == address && partition == place.1 => index,
            _ => {
                let Some(index) = self.index(place.0, place.1) else { return Ok(()) };
                self.last = Some((address, place.1, index));
                index
            }
        };
        let slot = &mut self.slots[index];
        if slot.error.is_some() || slot.next.is_none_or(|next| record.offset < next) {
            return Ok(());
        }
        slot.end = None;
        slot.next = Some(record.offset.next());
        let grown = slot.arrived.add(record, limit_bytes)?;
        if !slot.paused {
            self.held_bytes += grown;
        }
        Ok(())
    }

    /// The cluster has nothing behind what arrived: the next record will be at `end`.
    pub(super) fn reach_end(&mut self, topic: &str, partition: i32, end: Offset) {
        if let Some(slot) = self.find_mut(topic, partition) {
            slot.end = Some(end);
            slot.follow_end();
        }
    }

    /// Bytes that may be handed out.
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Whether a poll may hand out something that is here already.
    pub(super) fn has_more(&self) -> bool {
        self.slots.iter().any(|slot| slot.error.is_some() || (!slot.paused && !slot.arrived.is_empty()))
    }

    /// Hands out batches in turns. `known_end` tells the end of a partition as of the last fetch. An error of one partition surfaces when no batch
    /// came before it, and the next call begins behind it.
    pub(super) fn hand_out(&mut self, limit: FetchLimit, known_end: impl Fn(&TopicPartition) -> Option<Offset>) -> Result<Poll> {
        let (mut poll, mut spent) = (Poll::default(), 0);
        let (count, first) = (self.slots.len(), self.turn);
        for step in 0..count {
            let index = (first + step) % count;
            let slot = &mut self.slots[index];
            if let Some(error) = &slot.error {
                let is_first = poll.batches.is_empty();
                self.turn = if is_first { (index + 1) % count } else { index };
                let error = error.clone();
                self.count_held();
                return if is_first { Err(error) } else { Ok(poll) };
            }
            if !slot.paused && !slot.arrived.is_empty() {
                let taken = take(slot, limit, &mut spent, &mut poll, &known_end);
                if taken == 0 && spent >= limit.max_bytes {
                    // Whoever finds no room is the first of the next poll.
                    self.turn = index;
                    self.count_held();
                    return Ok(poll);
                }
            }
            if slot.is_at_end() {
                poll.at_end.push(slot.partition.clone());
            }
        }
        self.turn = if count == 0 { 0 } else { (first + 1) % count };
        self.count_held();
        Ok(poll)
    }
}

/// Takes batches of one slot within the limits; answers how many.
fn take(
    slot: &mut Slot,
    limit: FetchLimit,
    spent: &mut usize,
    poll: &mut Poll,
    known_end: impl Fn(&TopicPartition) -> Option<Offset>,
) -> usize {
    slot.arrived.cut();
    let (from_index, mut own) = (poll.batches.len(), 0);
    while let Some(size) = slot.arrived.next_bytes() {
        let fits = *spent + size <= limit.max_bytes && own + size <= limit.max_partition_bytes;
        if !fits && !poll.batches.is_empty() {
            // Full for whoever comes next, unless only this partition's share is used up.
            if *spent + size > limit.max_bytes {
                *spent = limit.max_bytes;
            }
            break;
        }
        let Some(batch) = slot.arrived.next() else { break };
        *spent += size;
        own += size;
        let next = batch.next_offset();
        let from = slot.position.unwrap_or(batch.base_offset());
        poll.batches.push(FetchedBatch { partition: slot.partition.clone(), batch, from, end: next });
        slot.position = Some(next);
    }
    let end = known_end(&slot.partition);
    if let (true, Some(end)) = (slot.arrived.is_empty(), end)
        && slot.position >= Some(end)
    {
        slot.end = slot.position;
    }
    slot.follow_end();
    for fetched in &mut poll.batches[from_index..] {
        fetched.end = fetched.end.max(end.unwrap_or(fetched.end)).max(slot.position.unwrap_or(fetched.end));
    }
    poll.batches.len() - from_index
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::{LeaderEpoch, Timestamp, TimestampType, TopicName};

    fn partition(index: i32) -> TopicPartition {
        TopicName::new("t").unwrap().partition(index)
    }

    fn assigned(count: i32) -> Assignment {
        let mut assignment = Assignment::default();
        assignment.set((0..count).map(|index| Slot::new(partition(index), Ok(Offset(0)), Offset(100))).collect());
        assignment
    }

    fn arrive(assignment: &mut Assignment, index: i32, offsets: std::ops::Range<i64>, limit_bytes: usize) {
        for offset in offsets {
            let record = Parts {
                offset: Offset(offset),
                timestamp: Timestamp(1),
                timestamp_type: TimestampType::CreateTime,
                leader_epoch: LeaderEpoch(0),
                key: None,
                value: Some(&[7; 100]),
                headers: &[],
            };
            assignment.arrive(1, ("t", index), &record, limit_bytes).unwrap();
        }
    }

    fn seen(poll: &Poll) -> Vec<(i32, i64, i64)> {
        let seen = |fetched: &FetchedBatch| (fetched.partition.partition, fetched.from.0, fetched.batch.next_offset().0);
        poll.batches.iter().map(seen).collect()
    }

    const ROOM: FetchLimit = FetchLimit { max_bytes: 1 << 20, max_partition_bytes: 1 << 20 };

    #[test]
    fn partitions_take_turns_when_there_is_room_for_one_batch() {
        let mut assignment = assigned(3);
        (0..3).for_each(|index| arrive(&mut assignment, index, 0..4, 1));
        let limit = FetchLimit { max_bytes: 1, max_partition_bytes: 1 };
        let first_of = |assignment: &mut Assignment| seen(&assignment.hand_out(limit, |_| None).unwrap());
        let turns: Vec<_> = (0..3).map(|_| first_of(&mut assignment)).collect();
        let order: Vec<i32> = turns.iter().map(|batches| batches[0].0).collect();
        assert!(turns.iter().all(|batches| batches.len() == 1));
        assert_eq!(order.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{order:?}");
        assert!(assignment.has_more());
    }

    #[test]
    fn the_position_follows_the_told_end_once_everything_was_handed_out() {
        let mut assignment = assigned(1);
        arrive(&mut assignment, 0, 0..2, 1 << 20);
        assignment.reach_end("t", 0, Offset(3));
        assert_eq!(assignment.find(&partition(0)).unwrap().position, Some(Offset(0)));
        let poll = assignment.hand_out(ROOM, |_| Some(Offset(3))).unwrap();
        assert_eq!((seen(&poll), poll.at_end), (vec![(0, 0, 2)], vec![partition(0)]));
        assert_eq!(assignment.find(&partition(0)).unwrap().position, Some(Offset(3)), "past the marker");
        arrive(&mut assignment, 0, 3..4, 1 << 20);
        let poll = assignment.hand_out(ROOM, |_| None).unwrap();
        assert_eq!((seen(&poll), poll.at_end), (vec![(0, 3, 4)], vec![]));
    }

    #[test]
    fn a_known_end_is_an_end_without_being_told() {
        let mut assignment = assigned(1);
        arrive(&mut assignment, 0, 0..2, 1 << 20);
        let poll = assignment.hand_out(ROOM, |_| Some(Offset(2))).unwrap();
        assert_eq!(poll.at_end, [partition(0)]);
        assert_eq!(poll.batches[0].end, Offset(2));
    }

    #[test]
    fn paused_partitions_keep_what_arrived() {
        let mut assignment = assigned(2);
        (0..2).for_each(|index| arrive(&mut assignment, index, 0..1, 1 << 20));
        assert_eq!(assignment.pause(&[partition(0), partition(7)], true), [partition(0)]);
        assert_eq!(seen(&assignment.hand_out(ROOM, |_| None).unwrap()), [(1, 0, 1)]);
        assert_eq!(assignment.held_bytes(), 0);
        assignment.pause(&[partition(0)], false);
        assert_eq!(seen(&assignment.hand_out(ROOM, |_| None).unwrap()), [(0, 0, 1)]);
    }

    #[test]
    fn an_error_waits_for_batches_before_it_and_does_not_silence_those_behind() {
        let mut assignment = assigned(3);
        assignment.find_mut("t", 1).unwrap().error = Some(Error::UnknownTopic { topic: TopicName::new("t").unwrap() });
        for index in [0, 2] {
            arrive(&mut assignment, index, 0..1, 1 << 20);
        }
        assert_eq!(seen(&assignment.hand_out(ROOM, |_| None).unwrap()), [(0, 0, 1)]);
        assert!(assignment.hand_out(ROOM, |_| None).is_err());
        assert_eq!(seen(&assignment.hand_out(ROOM, |_| None).unwrap()), [(2, 0, 1)]);
    }

    #[test]
    fn records_below_the_position_seen_before_or_of_strangers_are_dropped() {
        let mut assignment = assigned(1);
        assignment.reposition(Slot::new(partition(0), Ok(Offset(5)), Offset(9)));
        arrive(&mut assignment, 0, 3..7, 1 << 20);
        arrive(&mut assignment, 0, 5..7, 1 << 20);
        arrive(&mut assignment, 4, 0..2, 1 << 20);
        assert_eq!(seen(&assignment.hand_out(ROOM, |_| None).unwrap()), [(0, 5, 7)]);
    }
}
