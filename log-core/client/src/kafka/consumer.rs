//! The consumer: takes what has arrived, follows the group, moves positions.
//!
//! Always holds: what the group takes is told by one poll and given up by the next; a poll that was dropped half-way has lost nothing.

use super::assignment::{Assignment, Slot};
use super::cutter::Parts;
use super::error::{About, error, is_denied};
use super::hand::Hand;
use super::log::Cluster;
use super::native::{Arrival, Client, Fault, Fetched, PartitionEntry, PartitionList, Role};
use super::positions::{self, resolve};
use crate::local::check_offsets;
use crate::{Consumer, ConsumerOptions, Error, FetchLimit, GroupMetadata, Isolation, OffsetAndMetadata, Poll, Position, Rebalance, Result};
use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, Either};
use log_model::{LeaderEpoch, Offset, Timestamp, TimestampType, TopicName, TopicPartition};
use log_record::Header;
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;

/// How much one poll takes over at least, so that partitions behind a long run of one have their turn.
const TAKEN_BYTES_MIN: usize = 1 << 20;
/// How many pauses of 10 ms a commit may take: one that takes longer waits for a rebalance to end, which may need a poll of the same caller.
const COMMIT_PAUSES: usize = 300;
/// The largest batch that is cut.
const BATCH_BYTES_MAX: usize = 1 << 20;

pub(super) struct KafkaConsumer {
    cluster: Arc<Cluster>,
    options: ConsumerOptions,
    hand: Hand,
    assignment: Assignment,
    is_subscribed: bool,
    /// Given by the group, not read yet.
    given: BTreeSet<TopicPartition>,
    /// Taken by the group and told: the next poll gives them up.
    taken: Option<Vec<TopicPartition>>,
    /// Partitions whose position is gone.
    astray: BTreeSet<TopicPartition>,
    /// How often the bell had been rung when the last poll began to look.
    heard: u64,
    /// Whether a poll may find something without a ring.
    more: bool,
    closed: bool,
}

fn partition_of(entry: &PartitionEntry) -> Option<TopicPartition> {
    TopicName::new(&entry.topic).ok().map(|topic| topic.partition(entry.partition))
}

fn list_of<'a>(partitions: impl IntoIterator<Item = &'a TopicPartition>) -> PartitionList {
    let mut list = PartitionList::new();
    for partition in partitions {
        list.add(partition.topic.as_str(), partition.partition, 0);
    }
    list
}

/// Where librdkafka is to read; a slot that cannot be read is assigned all the same, so that the group's view and ours agree.
fn places<'a>(slots: impl IntoIterator<Item = &'a Slot>) -> PartitionList {
    let mut list = PartitionList::new();
    for slot in slots {
        let offset = slot.position.unwrap_or_default();
        list.add(slot.partition.topic.as_str(), slot.partition.partition, offset.0);
    }
    list
}

fn start(cluster: &Cluster, options: &ConsumerOptions) -> Result<Hand> {
    let read_committed = options.isolation == Isolation::ReadCommitted;
    let group = options.group.as_ref().map(|group| group.as_str());
    let properties = cluster.properties(&options.client_id).consumer(group, read_committed);
    Hand::start(Role::Consumer, &properties, Client::close_blocking)
}

impl KafkaConsumer {
    /// A consumer not assigned to anything.
    pub(super) fn start(cluster: Arc<Cluster>, options: ConsumerOptions) -> Result<KafkaConsumer> {
        let hand = start(&cluster, &options)?;
        Ok(KafkaConsumer {
            cluster,
            options,
            hand,
            assignment: Assignment::default(),
            is_subscribed: false,
            given: BTreeSet::new(),
            taken: None,
            astray: BTreeSet::new(),
            heard: 0,
            more: false,
            closed: false,
        })
    }

    fn check_open(&self) -> Result<()> {
        if self.closed { Err(Error::Closed { reason: "the consumer was closed".into() }) } else { Ok(()) }
    }

    /// Begins anew with another instance: the old one leaves its group by itself.
    fn start_over(&mut self) -> Result<()> {
        self.hand = start(&self.cluster, &self.options)?;
        self.assignment.set(Vec::new());
        self.is_subscribed = false;
        self.given.clear();
        self.taken = None;
        self.astray.clear();
        self.heard = 0;
        Ok(())
    }

    /// The slots for wishes: one question to the cluster for all of them.
    async fn slots(&self, wishes: &[(TopicPartition, Position)]) -> Result<Vec<Slot>> {
        let partitions: Vec<TopicPartition> = wishes.iter().map(|(partition, _)| partition.clone()).collect();
        let of_group = wishes.iter().any(|(_, wish)| *wish == Position::Committed);
        let topics = &self.cluster.topics;
        let committed = async {
            match &self.options.group {
                Some(group) if of_group => positions::committed(topics, group, Some(&partitions)).await,
                _ => Ok(Default::default()),
            }
        };
        let (bounds, committed) = futures::join!(positions::bounds(topics, &partitions, self.options.isolation), committed);
        let (bounds, committed) = (bounds?, committed?);
        let slot = |((partition, wish), bounds): (&(TopicPartition, Position), positions::Bounds)| {
            let committed = committed.get(partition).map(|position| position.offset);
            let position = resolve(partition, *wish, committed, bounds, self.options.reset);
            Slot::new(partition.clone(), position, bounds.end)
        };
        Ok(wishes.iter().zip(bounds).map(slot).collect())
    }

    /// Has librdkafka read these assigned partitions from their new positions.
    fn move_to(&mut self, slots: Vec<Slot>) -> Result<()> {
        let failed = |fault| error(&fault, About::Cluster);
        self.hand.client().give_up(&list_of(slots.iter().map(|slot| &slot.partition))).map_err(failed)?;
        self.hand.client().take_on(&places(&slots)).map_err(failed)?;
        for slot in slots {
            self.astray.remove(&slot.partition);
            self.assignment.reposition(slot);
        }
        self.pause_again();
        self.more = true;
        Ok(())
    }

    /// librdkafka forgets what was paused when a partition is assigned.
    fn pause_again(&self) {
        let paused = self.assignment.paused();
        if !paused.is_empty() {
            self.hand.client().pause(&list_of(&paused), true);
        }
    }

    /// Gives up what the last poll told.
    fn give_up_taken(&mut self) {
        let Some(taken) = self.taken.take() else { return };
        if let Err(fault) = self.hand.client().give_up(&list_of(&taken)) {
            tracing::debug!(target: "kafka", "partitions could not be given up: {}", fault.text);
        }
    }

    /// Finds positions for what the group gave, and begins to read it.
    async fn take_on_given(&mut self) -> Result<Vec<TopicPartition>> {
        let wishes: Vec<_> = self.given.iter().map(|partition| (partition.clone(), Position::Committed)).collect();
        let slots = self.slots(&wishes).await?;
        self.hand.client().take_on(&places(&slots)).map_err(|fault| error(&fault, About::Cluster))?;
        self.assignment.add(slots);
        Ok(std::mem::take(&mut self.given).into_iter().collect())
    }

    /// Moves partitions whose position is gone by the reset rule.
    async fn find_astray(&mut self) -> Result<()> {
        let find = |partition: &TopicPartition| {
            let position = self.assignment.find(partition)?.position?;
            Some((partition.clone(), Position::At(position)))
        };
        let wishes: Vec<_> = self.astray.iter().filter_map(find).collect();
        if wishes.is_empty() {
            self.astray.clear();
            return Ok(());
        }
        let slots = self.slots(&wishes).await?;
        self.move_to(slots)
    }

    /// Takes over what has arrived, until there is nothing more, enough, or something taken by the group.
    fn take_arrivals(&mut self, limit: FetchLimit) -> Result<Vec<TopicPartition>> {
        let enough = limit.max_bytes.clamp(TAKEN_BYTES_MIN, 64 << 20);
        let batch_bytes = limit.max_partition_bytes.min(limit.max_bytes).min(BATCH_BYTES_MAX);
        while self.assignment.held_bytes() < enough {
            match self.hand.client().next_arrival() {
                None => return Ok(Vec::new()),
                Some(Arrival::Record(record)) => arrive(&mut self.assignment, &record, batch_bytes)?,
                Some(Arrival::End(entry)) => self.assignment.reach_end(&entry.topic, entry.partition, Offset(entry.offset)),
                Some(Arrival::Given(entries)) => {
                    self.given.extend(entries.iter().filter_map(partition_of));
                    // The group waits for an answer even if it gives nothing.
                    if self.given.is_empty() {
                        self.hand.client().take_on(&PartitionList::new()).map_err(|fault| error(&fault, About::Cluster))?;
                    }
                }
                Some(Arrival::Taken(entries)) => {
                    let told = self.take(entries.iter().filter_map(partition_of).collect());
                    if !told.is_empty() {
                        return Ok(told);
                    }
                }
                Some(Arrival::Failed(fault, place)) => self.fail(&fault, place.as_ref())?,
                Some(Arrival::Other) => {}
            }
        }
        self.more = true;
        Ok(Vec::new())
    }

    /// The group takes partitions: they are read no more. Answers what the caller is to be told.
    fn take(&mut self, partitions: Vec<TopicPartition>) -> Vec<TopicPartition> {
        let (unread, mut told): (Vec<_>, Vec<_>) = partitions.iter().cloned().partition(|partition| self.given.remove(partition));
        told.sort();
        self.assignment.remove(&partitions);
        self.taken = Some(partitions);
        // Nobody holds what was never read or is lost: there is nothing to wait for.
        if told.is_empty() || self.hand.client().is_assignment_lost() {
            self.give_up_taken();
        }
        drop(unread);
        told
    }

    /// Something went wrong with a partition, or with everything.
    fn fail(&mut self, fault: &Fault, place: Option<&PartitionEntry>) -> Result<()> {
        let partition = place.and_then(partition_of);
        match (fault.code, partition) {
            (RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange, Some(partition)) => {
                self.astray.insert(partition);
            }
            (code, partition) if is_missing(code) => {
                // A member is told by its group.
                if !self.is_subscribed {
                    self.lose(partition);
                }
            }
            // Nobody is let in by waiting.
            (RDKafkaErrorCode::GroupAuthorizationFailed, None) if let Some(group) = &self.options.group => {
                return Err(error(fault, About::Member(group)));
            }
            (code, partition) if fault.is_fatal || is_denied(code) => {
                let about = partition.as_ref().map_or(About::Cluster, About::Partition);
                return Err(error(fault, about));
            }
            (_, partition) => {
                let about = partition.as_ref().map_or(About::Cluster, About::Partition);
                tracing::debug!(target: "kafka", "{}", error(fault, about));
            }
        }
        Ok(())
    }

    /// The topic of a partition is gone.
    fn lose(&mut self, partition: Option<TopicPartition>) {
        let Some(partition) = partition else { return };
        self.cluster.topics.forget(&partition.topic);
        if let Some(slot) = self.assignment.find_mut(partition.topic.as_str(), partition.partition) {
            slot.error = Some(Error::UnknownTopic { topic: partition.topic });
        }
    }

    /// Resolves after a number of pauses.
    async fn pauses(&self, count: usize) -> Result<()> {
        for _ in 0..count {
            self.hand.pause().await?;
        }
        Ok(())
    }

    /// Whether this member holds a partition, or has not given it up yet.
    fn holds(&self, partition: &TopicPartition) -> bool {
        self.assignment.find(partition).is_some() || self.taken.as_ref().is_some_and(|taken| taken.contains(partition))
    }
}

fn is_missing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{UnknownPartition, UnknownTopic, UnknownTopicId, UnknownTopicOrPartition};
    matches!(code, UnknownTopicOrPartition | UnknownTopic | UnknownTopicId | UnknownPartition)
}

fn arrive(assignment: &mut Assignment, record: &Fetched, batch_bytes: usize) -> Result<()> {
    let (timestamp, is_append_time) = record.timestamp();
    let header =
        |(name, value): (&[u8], Option<&[u8]>)| Header { key: Bytes::copy_from_slice(name), value: value.map(Bytes::copy_from_slice) };
    let headers: Vec<Header> = record.headers().into_iter().map(header).collect();
    let parts = Parts {
        offset: Offset(record.offset()),
        timestamp: Timestamp(timestamp),
        timestamp_type: if is_append_time { TimestampType::LogAppendTime } else { TimestampType::CreateTime },
        leader_epoch: LeaderEpoch(record.leader_epoch()),
        key: record.key(),
        value: record.value(),
        headers: &headers,
    };
    assignment.arrive(record.topic_address(), (record.topic(), record.partition()), &parts, batch_bytes)
}

#[async_trait]
impl Consumer for KafkaConsumer {
    async fn subscribe(&mut self, topics: &[TopicName]) -> Result<()> {
        self.check_open()?;
        if self.options.group.is_none() {
            return Err(Error::Invalid { reason: "subscribe needs a group in the consumer's options".into() });
        }
        let mut list = PartitionList::new();
        for topic in topics {
            self.cluster.topics.describe(topic).await?;
            list.add(topic.as_str(), -1, 0);
        }
        if !self.is_subscribed && !self.assignment.is_empty() {
            self.start_over()?;
        }
        self.hand.client().subscribe(&list).map_err(|fault| error(&fault, About::Cluster))?;
        self.is_subscribed = true;
        self.more = true;
        Ok(())
    }

    async fn assign(&mut self, partitions: &[(TopicPartition, Position)]) -> Result<()> {
        self.check_open()?;
        let mut seen = BTreeSet::new();
        for (partition, _) in partitions {
            self.cluster.topics.look_up_partition(partition).await?;
            if !seen.insert(partition) {
                return Err(Error::Invalid { reason: format!("{partition} is assigned twice") });
            }
        }
        // Positions are taken now, so that `Latest` means the end at the time of this call.
        let slots = self.slots(partitions).await?;
        if self.is_subscribed {
            self.start_over()?;
        }
        self.hand.client().assign(&places(&slots)).map_err(|fault| error(&fault, About::Cluster))?;
        self.assignment.set(slots);
        self.astray.clear();
        self.more = true;
        Ok(())
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.assignment.partitions()
    }

    async fn poll(&mut self, limit: FetchLimit) -> Result<Poll> {
        self.check_open()?;
        self.heard = self.hand.client().bell().rings();
        self.more = false;
        self.give_up_taken();
        let revoked = self.take_arrivals(limit).inspect_err(|_| self.more = true)?;
        if !revoked.is_empty() {
            // Somebody waits for the next poll.
            self.more = true;
            return Ok(Poll { rebalance: Some(Rebalance { revoked, assigned: Vec::new() }), ..Poll::default() });
        }
        // What is asked of the cluster below may fail: the next poll tries again.
        self.more |= !self.given.is_empty() || !self.astray.is_empty();
        let is_given = !self.given.is_empty();
        let assigned = if is_given { self.take_on_given().await? } else { Vec::new() };
        if !self.astray.is_empty() {
            self.find_astray().await?;
        }
        let client = self.hand.client();
        let known_end = |partition: &TopicPartition| client.known_end(partition.topic.as_str(), partition.partition).map(Offset);
        let handed = self.assignment.hand_out(limit, known_end);
        self.more |= self.assignment.has_more();
        let mut poll = match handed {
            Err(_) if !assigned.is_empty() => Poll::default(),
            handed => handed?,
        };
        poll.rebalance = (!assigned.is_empty()).then_some(Rebalance { revoked: Vec::new(), assigned });
        Ok(poll)
    }

    fn ready(&self) -> BoxFuture<'static, ()> {
        if self.more || self.closed {
            return futures::future::ready(()).boxed();
        }
        let (bell, heard) = (self.hand.client().bell().clone(), self.heard);
        async move { bell.beyond(heard).await }.boxed()
    }

    async fn seek(&mut self, partition: &TopicPartition, position: Position) -> Result<()> {
        self.check_open()?;
        if self.assignment.find(partition).is_none() {
            return Err(Error::Invalid { reason: format!("{partition} is not assigned to this consumer") });
        }
        let mut slots = self.slots(&[(partition.clone(), position)]).await?;
        match slots.first_mut().and_then(|slot| slot.error.take()) {
            Some(failed) => Err(failed),
            None => self.move_to(slots),
        }
    }

    fn position(&self, partition: &TopicPartition) -> Option<Offset> {
        self.assignment.find(partition).and_then(|slot| slot.position)
    }

    fn pause(&mut self, partitions: &[TopicPartition], paused: bool) {
        let found = self.assignment.pause(partitions, paused);
        if !found.is_empty() {
            self.hand.client().pause(&list_of(&found), paused);
        }
        self.more |= !paused;
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) -> Result<()> {
        self.check_open()?;
        let Some(group) = self.options.group.clone() else {
            return Err(Error::Invalid { reason: "commit needs a group in the consumer's options".into() });
        };
        check_offsets(&offsets)?;
        let mut list = PartitionList::new();
        for (partition, position) in &offsets {
            if self.is_subscribed && !self.holds(partition) {
                return Err(Error::Rebalancing { group });
            }
            self.cluster.topics.look_up_partition(partition).await?;
            let (topic, epoch) = (partition.topic.as_str(), position.leader_epoch.0);
            list.add_with(topic, partition.partition, position.offset.0, epoch, &position.metadata);
        }
        if offsets.is_empty() {
            return Ok(());
        }
        let failed = |fault| error(&fault, About::Member(&group));
        // The coordinator answers one request of a member after the other, and a member that joins again waits for all others.
        let too_long = pin!(self.pauses(COMMIT_PAUSES));
        let answer = match futures::future::select(pin!(self.hand.client().commit(&list)), too_long).await {
            Either::Left((answer, _)) => answer.map_err(failed)?,
            Either::Right((ended, _)) => return ended.and(Err(Error::Rebalancing { group })),
        };
        answer.into_iter().try_for_each(|entry| entry.outcome).map_err(failed)
    }

    fn group_metadata(&self) -> Option<GroupMetadata> {
        let group = self.options.group.clone()?;
        let unmanaged = GroupMetadata::unmanaged(group);
        if !self.is_subscribed {
            return Some(unmanaged);
        }
        Some(self.hand.client().group_metadata().unwrap_or(unmanaged))
    }

    async fn close(&mut self) -> Result<()> {
        if !self.closed {
            self.closed = true;
            self.assignment.set(Vec::new());
            self.hand.call(Client::close_blocking).await?;
        }
        Ok(())
    }
}
