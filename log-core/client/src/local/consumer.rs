//! The consumer of a log in this process: positions, turns among partitions, group membership.
//!
//! Always holds: a position moves only past batches that a successful poll returned (or that nobody may see). An error of one partition surfaces
//! when no batch was read before it in the same poll, and the next poll begins behind it, so one bad partition does not silence the others.

use super::positions::{Slot, Stand, resolve};
use crate::local::{LocalStore, ReadRequest, Wakeup, check_offsets};
use crate::{
    Consumer, ConsumerOptions, Error, FetchLimit, FetchedBatch, GroupMetadata, OffsetAndMetadata, Poll, Position, Rebalance, Result,
};
use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use log_model::{GroupId, Offset, TopicName, TopicPartition};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

struct Membership {
    group: GroupId,
    member: String,
    generation: i32,
    /// Whether the last poll told what to give up: the next one says that this was done.
    gives_up: bool,
}

/// What a poll left behind in a partition.
enum Left {
    /// Nothing to read now.
    Nothing,
    /// More than one poll may take of one partition.
    More,
    /// Everything, because the poll is full.
    NoRoom,
}

/// Reads batches from a [`LocalStore`].
pub struct LocalConsumer<S: LocalStore> {
    store: Arc<S>,
    options: ConsumerOptions,
    bell: Wakeup,
    slots: Vec<Slot>,
    /// The slot whose turn it is.
    turn: usize,
    membership: Option<Membership>,
    /// Given by the group, to be told once what was taken is told and given up. Not read before.
    given: Vec<TopicPartition>,
    /// Partitions whose topic was deleted and created anew, not told yet.
    created_anew: Vec<TopicPartition>,
    /// How often the bell had been rung when the last poll began to look.
    heard: u64,
    /// Whether a poll may find something without a ring.
    more: bool,
    closed: bool,
}

impl<S: LocalStore> LocalConsumer<S> {
    /// A consumer not assigned to anything.
    pub fn new(store: Arc<S>, options: ConsumerOptions) -> Self {
        let bell = Wakeup::default();
        LocalConsumer {
            store,
            options,
            bell,
            slots: Vec::new(),
            turn: 0,
            membership: None,
            given: Vec::new(),
            created_anew: Vec::new(),
            heard: 0,
            more: false,
            closed: false,
        }
    }

    fn check_open(&self) -> Result<()> {
        if self.closed {
            return Err(Error::Closed { reason: "the consumer was closed".into() });
        }
        self.store.check_open()
    }

    fn set_slots(&mut self, slots: Vec<Slot>) {
        let old: BTreeSet<&TopicPartition> = self.slots.iter().map(|slot| &slot.partition).collect();
        let new: BTreeSet<&TopicPartition> = slots.iter().map(|slot| &slot.partition).collect();
        for gone in old.difference(&new) {
            self.store.wakeups().unregister(gone, &self.bell);
        }
        for come in new.difference(&old) {
            self.store.wakeups().register(come, &self.bell);
        }
        self.slots = slots;
        self.turn = 0;
        self.more = true;
    }

    fn partition_counts(&self, topics: &[TopicName]) -> Result<BTreeMap<TopicName, i32>> {
        topics.iter().map(|topic| Ok((topic.clone(), self.store.partition_count(topic)?))).collect()
    }

    fn leave(&mut self) {
        if let Some(membership) = self.membership.take() {
            self.store.groups().leave(&membership.group, &membership.member);
        }
        self.given.clear();
        self.created_anew.clear();
    }

    /// Gives up what the last poll told to give up, and takes notice of a new generation. What is taken is told before what is given: whoever waits for it
    /// does not wait for the work on the rest.
    fn follow_group(&mut self) -> Result<Rebalance> {
        let Some(membership) = &mut self.membership else { return Ok(Rebalance::default()) };
        if std::mem::take(&mut membership.gives_up) {
            self.store.groups().release(&membership.group, &membership.member);
        }
        let known = self.store.groups().look(&membership.group, &membership.member, membership.generation);
        let Some((generation, assigned)) = known else {
            return Err(Error::Fenced { who: format!("member {:?} of group {}", membership.member, membership.group) });
        };
        membership.generation = generation;
        let mut revoked = Vec::new();
        if let Some(assigned) = assigned {
            let before: Vec<Slot> = self.slots.iter().map(|slot| Slot::new(slot.partition.clone(), Position::Committed)).collect();
            let mut old: BTreeMap<TopicPartition, Slot> =
                std::mem::replace(&mut self.slots, before).into_iter().map(|slot| (slot.partition.clone(), slot)).collect();
            let mut slots = Vec::with_capacity(assigned.len());
            for partition in assigned {
                slots.push(old.remove(&partition).unwrap_or_else(|| {
                    self.given.push(partition.clone());
                    Slot::new(partition, Position::Committed)
                }));
            }
            membership.gives_up = !old.is_empty();
            revoked.extend(old.into_keys());
            self.set_slots(slots);
        }
        // Given and taken before it was told: nothing to tell.
        revoked.retain(|gone| {
            let told = self.given.len();
            self.given.retain(|given| given != gone);
            self.given.len() == told
        });
        let assigned = if revoked.is_empty() { std::mem::take(&mut self.given) } else { Vec::new() };
        Ok(Rebalance { revoked, assigned })
    }

    /// The offset to read a slot from; `None` while an older owner's commit is being stored.
    fn locate(&mut self, index: usize) -> Result<Option<(Offset, Offset)>> {
        let slot = &mut self.slots[index];
        let bounds = self.store.bounds(&slot.partition)?;
        let end = bounds.end(self.options.isolation);
        let wish = match slot.stand {
            Stand::At(offset, id) if id == bounds.topic_id && offset >= bounds.log_start => return Ok(Some((offset, end))),
            Stand::At(offset, id) if id == bounds.topic_id => Position::At(offset),
            Stand::At(..) if self.membership.is_none() => return Err(Error::UnknownTopic { topic: slot.partition.topic.clone() }),
            Stand::At(..) => {
                self.created_anew.push(slot.partition.clone());
                slot.stand = Stand::Wanted(Position::Committed);
                Position::Committed
            }
            Stand::Wanted(wish) => wish,
        };
        let mut committed = None;
        if let (Position::Committed, Some(group)) = (wish, &self.options.group) {
            if self.store.groups().is_committing(group, &slot.partition) {
                return Ok(None);
            }
            committed = self.store.committed_offset(group, &slot.partition).map(|position| position.offset);
        }
        let rules = (self.options.isolation, self.options.reset);
        let offset = resolve(&slot.partition, wish, committed, &bounds, rules)?;
        self.slots[index].stand = Stand::At(offset, bounds.topic_id);
        Ok(Some((offset, end)))
    }

    /// Reads one slot into `poll`.
    fn read_slot(&mut self, index: usize, limit: FetchLimit, spent: &mut usize, poll: &mut Poll) -> Result<Left> {
        let Some((from, end)) = self.locate(index)? else { return Ok(Left::Nothing) };
        if from >= end {
            poll.at_end.push(self.slots[index].partition.clone());
            return Ok(Left::Nothing);
        }
        if self.slots[index].paused {
            return Ok(Left::Nothing);
        }
        let room = limit.max_bytes.saturating_sub(*spent);
        let at_least_one = poll.batches.is_empty();
        if room == 0 && !at_least_one {
            return Ok(Left::NoRoom);
        }
        let request = ReadRequest { from, isolation: self.options.isolation, max_bytes: limit.max_partition_bytes.min(room), at_least_one };
        let slot = &mut self.slots[index];
        let fetched = self.store.read(&slot.partition, request)?;
        let mut position = from;
        for batch in fetched.batches {
            *spent += batch.size_bytes();
            let next = batch.next_offset();
            poll.batches.push(FetchedBatch { partition: slot.partition.clone(), batch, from: position, end });
            position = next;
        }
        let next = position.max(fetched.next);
        if let Stand::At(offset, _) = &mut slot.stand {
            *offset = next;
        }
        Ok(match next {
            next if next == from && !at_least_one => Left::NoRoom,
            next if next < end => Left::More,
            _ => {
                poll.at_end.push(slot.partition.clone());
                Left::Nothing
            }
        })
    }

    /// Takes turns from `self.turn` on. Whoever finds no room left is the first of the next poll.
    fn read_in_turns(&mut self, limit: FetchLimit) -> Result<Poll> {
        let (mut poll, mut spent) = (Poll::default(), 0);
        let count = self.slots.len();
        let first = self.turn;
        self.more = false;
        for step in 0..count {
            let index = (first + step) % count;
            match self.read_slot(index, limit, &mut spent, &mut poll) {
                Ok(Left::Nothing) => {}
                Ok(Left::More) => self.more = true,
                Ok(Left::NoRoom) => {
                    self.more = true;
                    self.turn = index;
                    return Ok(poll);
                }
                Err(error) => {
                    // What was read is returned; then the error comes first next time.
                    let is_first = poll.batches.is_empty();
                    self.more = true;
                    self.turn = if is_first { (index + 1) % count } else { index };
                    return if is_first { Err(error) } else { Ok(poll) };
                }
            }
        }
        self.turn = if count == 0 { 0 } else { (first + 1) % count };
        Ok(poll)
    }

    fn slot_mut(&mut self, partition: &TopicPartition) -> Result<&mut Slot> {
        self.slots
            .iter_mut()
            .find(|slot| slot.partition == *partition)
            .ok_or_else(|| Error::Invalid { reason: format!("{partition} is not assigned to this consumer") })
    }
}

#[async_trait]
impl<S: LocalStore> Consumer for LocalConsumer<S> {
    async fn subscribe(&mut self, topics: &[TopicName]) -> Result<()> {
        self.check_open()?;
        let Some(group) = self.options.group.clone() else {
            return Err(Error::Invalid { reason: "subscribe needs a group in the consumer's options".into() });
        };
        let mut counts = self.partition_counts(topics)?;
        match &self.membership {
            Some(membership) => self.store.groups().resubscribe(&group, &membership.member, counts.clone()),
            None => {
                self.set_slots(Vec::new());
                let member = self.store.groups().join(&group, &self.options.client_id, counts.clone(), &self.bell);
                self.membership = Some(Membership { group, member, generation: -1, gives_up: false });
            }
        }
        // A topic that grew before the group knew of the subscription told the group nothing.
        while let Some(membership) = &self.membership
            && let Ok(now) = self.partition_counts(topics)
            && now != counts
        {
            counts = now;
            self.store.groups().resubscribe(&membership.group, &membership.member, counts.clone());
        }
        self.more = true;
        Ok(())
    }

    async fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        self.check_open()?;
        let mut seen = BTreeSet::new();
        for (partition, _) in partitions {
            self.store.bounds(partition)?;
            if !seen.insert(partition) {
                return Err(Error::Invalid { reason: format!("{partition} is assigned twice") });
            }
        }
        self.leave();
        self.set_slots(partitions.iter().map(|(partition, position)| Slot::new(partition.clone(), *position)).collect());
        // Positions are taken now, so that `Latest` means the end at the time of this call.
        for index in 0..self.slots.len() {
            self.locate(index)?;
        }
        Ok(())
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.slots.iter().map(|slot| slot.partition.clone()).collect()
    }

    async fn poll(&mut self, limit: FetchLimit) -> Result<Poll> {
        self.heard = self.bell.rings();
        self.check_open()?;
        let mut rebalance = self.follow_group()?;
        let mut poll = Poll::default();
        if rebalance.revoked.is_empty() {
            match self.read_in_turns(limit) {
                Ok(read) => poll = read,
                // A rebalance is told even if the first read under it fails; the error comes next time.
                Err(_) if rebalance != Rebalance::default() => {}
                Err(error) => return Err(error),
            }
            let created_anew = std::mem::take(&mut self.created_anew);
            rebalance.revoked.extend(created_anew.iter().cloned());
            rebalance.assigned.extend(created_anew);
        } else {
            // Somebody waits for the next poll.
            self.more = true;
        }
        poll.rebalance = Some(rebalance).filter(|rebalance| *rebalance != Rebalance::default());
        Ok(poll)
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        if self.more || self.closed {
            return futures::future::ready(()).boxed();
        }
        let (bell, heard) = (self.bell.clone(), self.heard);
        async move { bell.beyond(heard).await }.boxed()
    }

    async fn seek(&mut self, partition: &TopicPartition, position: Position) -> Result<()> {
        self.check_open()?;
        self.more = true;
        let slot = self.slot_mut(partition)?;
        slot.stand = Stand::Wanted(position);
        let index = self.slots.iter().position(|slot| slot.partition == *partition).unwrap_or_default();
        self.locate(index).map(drop)
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.slots.iter().find(|slot| slot.partition == *partition).and_then(|slot| match slot.stand {
            Stand::At(offset, _) => Some(offset),
            Stand::Wanted(_) => None,
        })
    }

    fn pause(&mut self, partitions: &[TopicPartition], paused: bool) {
        for slot in self.slots.iter_mut().filter(|slot| partitions.contains(&slot.partition)) {
            slot.paused = paused;
        }
        self.more |= !paused;
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.check_open()?;
        let Some(by) = self.group_metadata() else {
            return Err(Error::Invalid { reason: "commit needs a group in the consumer's options".into() });
        };
        check_offsets(&offsets)?;
        self.store.commit_offsets(&by, offsets).await
    }

    fn group_metadata(&self) -> Option<GroupMetadata> {
        let group = self.options.group.clone()?;
        Some(match &self.membership {
            Some(membership) => GroupMetadata { group, generation: membership.generation, member: membership.member.clone() },
            None => GroupMetadata::unmanaged(group),
        })
    }

    async fn close(&mut self) -> Result<()> {
        self.leave();
        self.set_slots(Vec::new());
        self.closed = true;
        Ok(())
    }
}

impl<S: LocalStore> Drop for LocalConsumer<S> {
    fn drop(&mut self) {
        self.leave();
        self.set_slots(Vec::new());
    }
}
