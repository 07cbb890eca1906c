//! A consumer, the partitions it holds, and its records in pieces between which nothing changes hands.

use super::settings::{Topics, consumer};
use crate::recorder::Recorder;
use crate::role::Role;
use headwater_integration::history::{Action, ClientId, Key, Outcome, Value};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long records are gathered into one poll.
const GATHER: Duration = Duration::from_millis(30);

/// What the group has given and taken, in order.
#[derive(Default)]
struct Changes {
    held: BTreeSet<Key>,
    /// What was held after each change that has not been recorded.
    untold: Vec<BTreeSet<Key>>,
}

/// Listens to the group.
#[derive(Clone, Default)]
pub(super) struct Listener(Arc<Mutex<Changes>>);

impl Listener {
    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Listener {}

impl ConsumerContext for Listener {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let mut changes = self.changes();
        let keys = |list: &TopicPartitionList| -> BTreeSet<Key> {
            list.elements().iter().filter_map(|element| Topics::key(element.topic(), element.partition())).collect()
        };
        match rebalance {
            Rebalance::Assign(given) => changes.held.extend(keys(given)),
            Rebalance::Revoke(taken) => {
                let taken = keys(taken);
                changes.held.retain(|key| !taken.contains(key));
            }
            Rebalance::Error(_) => return,
        }
        let held = changes.held.clone();
        changes.untold.push(held);
    }
}

/// Records that came one after another.
#[derive(Default)]
pub(super) struct Piece {
    pub(super) invoked: u64,
    pub(super) records: Vec<(Key, i64, Value)>,
}

impl Piece {
    /// A poll per run of records of one partition.
    pub(super) fn actions(&self) -> Vec<Action> {
        let runs = self.records.chunk_by(|(before, ..), (next, ..)| before == next);
        runs.map(|run| Action::Poll { key: run[0].0, records: run.iter().map(|(_, offset, value)| (*offset, *value)).collect() }).collect()
    }

    /// Where each partition is read on after it.
    pub(super) fn positions(&self) -> TopicPartitionList {
        list(self.records.iter().map(|(key, offset, _)| (*key, offset + 1)).collect())
    }

    /// Where each partition was before it.
    pub(super) fn starts(&self) -> TopicPartitionList {
        list(self.records.iter().rev().map(|(key, offset, _)| (*key, *offset)).collect())
    }
}

fn list(offsets: BTreeMap<Key, i64>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (key, offset) in offsets {
        list.add_partition_offset(key.topic, key.partition, Offset::Offset(offset)).expect("an offset of the log is one of librdkafka");
    }
    list
}

/// One life of a consumer.
pub(super) struct Holdings {
    recorder: Arc<Recorder>,
    pub(super) client: ClientId,
    role: Role,
    pub(super) consumer: BaseConsumer<Listener>,
    listener: Listener,
    /// Partitions whose end was reached, of a consumer of one topic with [`Role::Auditing`].
    pub(super) at_end: BTreeSet<i32>,
    /// Came first after a change.
    begun: Option<(Key, i64, Value)>,
}

impl Holdings {
    pub(super) fn start(recorder: Arc<Recorder>, address: &str, role: Role) -> Holdings {
        let (client, listener) = (recorder.new_client(role), Listener::default());
        let consumer = consumer(address, role).create_with_context(listener.clone()).expect("librdkafka takes the settings");
        Holdings { recorder, client, role, consumer, listener, at_end: BTreeSet::new(), begun: None }
    }

    /// As a member of the role's group.
    pub(super) fn subscribe(&self, topics: &[&str]) {
        self.consumer.subscribe(topics).expect("the topics' names are valid");
    }

    /// All partitions of these topics from the start, without a group.
    pub(super) fn assign(&self, topics: &[&str]) {
        let keys: BTreeSet<Key> = Topics::keys().filter(|key| topics.contains(&key.topic)).collect();
        self.consumer.assign(&list(keys.iter().map(|key| (*key, 0)).collect())).expect("the partitions are valid");
        self.recorder.holds(self.client, keys);
    }

    /// The next records, and whether the group has changed what is held since they came; the next poll begins after the change.
    pub(super) fn poll(&mut self, count: usize) -> (Piece, bool) {
        let untold = std::mem::take(&mut self.listener.changes().untold);
        untold.into_iter().for_each(|held| self.recorder.holds(self.client, held));
        let mut piece = Piece { invoked: self.recorder.now(), records: self.begun.take().into_iter().collect() };
        let start = Instant::now();
        while piece.records.len() < count && start.elapsed() < GATHER {
            let next = self.next();
            if !self.listener.changes().untold.is_empty() {
                // What came with the change came after it.
                self.begun = next;
                return (piece, true);
            }
            piece.records.extend(next);
        }
        (piece, false)
    }

    /// Records the poll.
    pub(super) fn record(&self, piece: &Piece, outcome: Outcome) {
        if !piece.records.is_empty() {
            self.recorder.polled(self.client, piece.invoked, outcome, piece.actions());
        }
    }

    fn next(&mut self) -> Option<(Key, i64, Value)> {
        match self.consumer.poll(Duration::from_millis(10))? {
            Ok(message) => {
                let Some(key) = Topics::key(message.topic(), message.partition()) else {
                    self.recorder.fault(format!("{:?} was given {}-{}", self.role, message.topic(), message.partition()));
                    return None;
                };
                self.at_end.remove(&key.partition);
                let payload = self.recorder.read(key, message.payload().unwrap_or_default())?;
                Some((key, message.offset(), payload.value))
            }
            Err(KafkaError::PartitionEOF(partition)) => {
                self.at_end.insert(partition);
                None
            }
            Err(error) => {
                self.recorder.error(self.role, "poll", &error);
                None
            }
        }
    }
}
