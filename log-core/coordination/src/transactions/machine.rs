//! The machine: takes events to their rules, and changes from decided to settled.
//!
//! Always holds: a settled state has been persisted, and nobody is told of a state that is not. A change that fails leaves no trace but
//! unused producer ids.

use super::command::{Command, Marker, PersistId, Response};
use super::entry::{Entry, Pending};
use super::event::{Event, Origin, Token};
use super::ids::Ids;
use super::options::Options;
use super::record::Record;
use super::state::{ProducerIdAndEpoch, Transaction};
use log_model::{KafkaCode, ProducerEpoch, ProducerId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the coordinator starts by itself is tried again so long after it failed.
const RETRY_MS: i64 = 1_000;

/// The transaction coordinator.
#[derive(Debug)]
pub struct Transactions {
    pub(super) options: Options,
    pub(super) ids: Ids,
    pub(super) entries: BTreeMap<Arc<str>, Entry>,
    /// Each entry's deadline, soonest first.
    pub(super) deadlines: BTreeSet<(i64, Arc<str>)>,
    in_flight: BTreeMap<PersistId, InFlight>,
    next_persist: u64,
}

/// A `Persist` command that is not yet reported on.
#[derive(Debug)]
struct InFlight {
    transactional_id: Option<Arc<str>>,
    ids_end: Option<i64>,
    answer: Option<(Token, Response)>,
}

/// A decided change of a transactional id.
pub(super) struct Change {
    pub(super) transactional_id: Arc<str>,
    pub(super) target: Option<Transaction>,
    pub(super) origin: Origin,
    pub(super) is_add: bool,
    pub(super) marker: Option<Marker>,
    /// The end of a block of producer ids to be set aside with it.
    pub(super) ids_end: Option<i64>,
    pub(super) answer: Option<(Token, Response)>,
}

impl Transactions {
    /// A coordinator that knows nothing yet; see [`Transactions::replay`].
    pub fn new(options: Options) -> Transactions {
        Transactions {
            ids: Ids::new(options.producer_ids_at_once),
            options,
            entries: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            in_flight: BTreeMap::new(),
            next_persist: 0,
        }
    }

    /// Takes one event and gives what follows from it. `now_ms` is the wall clock's; it may go back without harm.
    pub fn on(&mut self, event: Event, now_ms: i64) -> Vec<Command> {
        match event {
            Event::InitProducerId(request) => vec![self.init_producer_id(request, now_ms)],
            Event::AddPartitions(request) => vec![self.add_partitions(request, now_ms)],
            Event::EndTxn(request) => vec![self.end_txn(request, now_ms)],
            Event::Persisted(id) => {
                self.persisted(id);
                Vec::new()
            }
            Event::PersistFailed { id, code } => self.persist_failed(id, code, now_ms).into_iter().collect(),
            Event::Loaded => self.complete_prepared(now_ms),
            Event::Tick => self.tick(now_ms),
        }
    }

    /// When the next [`Event::Tick`] is wanted; asked again after each event.
    pub fn next_deadline_ms(&self) -> Option<i64> {
        self.deadlines.first().map(|(deadline_ms, _)| *deadline_ms)
    }

    /// Whether `producer` is the newest of its transactional id and will be so after all that is under way. Asked by producers within the
    /// process before they stage a commit, in the same critical section.
    pub fn is_newest(&self, transactional_id: &str, producer: ProducerIdAndEpoch) -> bool {
        self.entries.get(transactional_id).is_some_and(|entry| entry.is_newest(producer))
    }

    /// Puts a change under way.
    pub(super) fn propose(&mut self, change: Change) -> Command {
        let id = self.next_persist_id();
        let Change { transactional_id, target, origin, is_add, marker, ids_end, answer } = change;
        let block = ids_end.map(|end| Record::ProducerIds { end });
        let record = Record::Transaction { transactional_id: transactional_id.clone(), transaction: target.clone() };
        let entry = self.entries.entry(transactional_id.clone()).or_insert_with(Entry::new);
        entry.pending.push_back(Pending { persist: id, target, origin, is_add });
        self.index_deadline(&transactional_id);
        self.in_flight.insert(id, InFlight { transactional_id: Some(transactional_id), ids_end, answer });
        Command::Persist {
            id,
            records: block.into_iter().chain([record]).collect(),
            markers: marker.into_iter().filter(|marker| !marker.partitions.is_empty()).collect(),
            then: answer.into_iter().collect(),
        }
    }

    /// Gives out a producer id that belongs to no transactional id.
    pub(super) fn hand_out(&mut self, token: Token) -> Command {
        let (producer_id, ids_end) = self.ids.allocate();
        let response = Response::producer(ProducerIdAndEpoch::first(producer_id));
        let Some(end) = ids_end else { return Command::Respond { token, response } };
        let id = self.next_persist_id();
        self.in_flight.insert(id, InFlight { transactional_id: None, ids_end, answer: Some((token, response)) });
        Command::Persist { id, records: vec![Record::ProducerIds { end }], markers: Vec::new(), then: vec![(token, response)] }
    }

    /// Brings the index of deadlines up to date with an entry, and drops the entry if nothing is left of it.
    pub(super) fn index_deadline(&mut self, transactional_id: &Arc<str>) {
        let Some(entry) = self.entries.get_mut(transactional_id) else { return };
        let due_ms = entry.due_ms(&self.options);
        if due_ms != entry.deadline_ms {
            if let Some(old_ms) = entry.deadline_ms.take() {
                self.deadlines.remove(&(old_ms, transactional_id.clone()));
            }
            if let Some(due_ms) = due_ms {
                self.deadlines.insert((due_ms, transactional_id.clone()));
            }
            entry.deadline_ms = due_ms;
        }
        if entry.settled.is_none() && entry.pending.is_empty() {
            self.entries.remove(transactional_id);
        }
    }

    fn next_persist_id(&mut self) -> PersistId {
        self.next_persist += 1;
        PersistId(self.next_persist)
    }

    fn persisted(&mut self, id: PersistId) {
        let Some(InFlight { transactional_id, ids_end, .. }) = self.in_flight.remove(&id) else { return };
        if let Some(end) = ids_end {
            self.ids.persisted(end);
        }
        let Some(transactional_id) = transactional_id else { return };
        if let Some(entry) = self.entries.get_mut(&transactional_id) {
            entry.settle(id);
        }
        self.index_deadline(&transactional_id);
    }

    fn persist_failed(&mut self, id: PersistId, code: KafkaCode, now_ms: i64) -> Option<Command> {
        let InFlight { transactional_id, answer, .. } = self.in_flight.remove(&id)?;
        if let Some(transactional_id) = transactional_id {
            if let Some(entry) = self.entries.get_mut(&transactional_id) {
                entry.pending.retain(|pending| pending.persist != id);
                entry.not_before_ms = now_ms.saturating_add(RETRY_MS);
            }
            self.index_deadline(&transactional_id);
        }
        answer.map(|(token, response)| Command::Respond { token, response: response.refused(code) })
    }
}

impl Response {
    pub(super) fn producer(producer: ProducerIdAndEpoch) -> Response {
        Response::ProducerId { code: KafkaCode::None, producer_id: producer.id, producer_epoch: producer.epoch }
    }

    /// The answer to the same request when it is refused.
    pub(super) fn refused(self, code: KafkaCode) -> Response {
        let (producer_id, producer_epoch) = (ProducerId::NONE, ProducerEpoch::NONE);
        match self {
            Response::ProducerId { .. } => Response::ProducerId { code, producer_id, producer_epoch },
            Response::Added(_) => Response::Added(code),
            Response::Ended { .. } => Response::Ended { code, producer_id, producer_epoch },
        }
    }
}
