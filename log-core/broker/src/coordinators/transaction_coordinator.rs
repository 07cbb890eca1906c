//! The transaction coordinator: one entry of the log for each step, the end of a transaction with all its markers included.

use crate::node::core::{Core, closed};
use crate::node::internal_log::for_each_record;
use crate::node::metadata_codec::Fact;
use crate::node::position_tombstones::decide_positions;
use crate::node::topics::{is_internal, metadata_partition, offsets_partition, transactions_partition};
use bytes::Bytes;
use futures::channel::oneshot;
use log_coordination::transactions::{
    AddPartitions, AddedBy, Command, Event, InitProducerId, Marker, MarkerKind, Options, Origin, ProducerIdAndEpoch, Record, Response,
    Token, Transactions, WriteCheck,
};
use log_model::{CompressionType, KafkaCode, ProducerEpoch, ProducerId, Timestamp, TopicPartition};
use log_record::control::{ControlType, end_marker};
use log_record::{BatchBuilder, RecordBatch};
use log_storage::partition::AppendOrigin;
use log_storage::{DataDirectory, Staged};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::Notify;

/// The batches of an entry, by partition.
type Parts = BTreeMap<TopicPartition, Vec<RecordBatch>>;

/// The machine of all transactional ids and producer ids, and who waits for its answers.
#[derive(Debug)]
pub(crate) struct TransactionCoordinator {
    state: Mutex<State>,
    /// Told when the next deadline may have changed.
    pub(crate) rescheduled: Notify,
}

#[derive(Debug)]
struct State {
    machine: Transactions,
    next_token: u64,
    waiting: BTreeMap<Token, oneshot::Sender<Response>>,
    /// The last record is durable once a flush gives this or more.
    staged_lsn: u64,
    /// Facts of an older program that wait to be written in today's form.
    seeded: Vec<Record>,
}

/// A write of a transaction: records, or a group's positions.
pub(crate) struct TransactionalWrite<'a> {
    /// `Produce` or `TxnOffsetCommit`, with the version of the request.
    pub(crate) by: AddedBy,
    pub(crate) transactional_id: &'a str,
    pub(crate) producer: ProducerIdAndEpoch,
    pub(crate) partition: &'a TopicPartition,
}

impl TransactionalWrite<'_> {
    fn check(&self, machine: &Transactions) -> WriteCheck {
        let TransactionalWrite { by, transactional_id, producer, partition } = self;
        match *by {
            AddedBy::TxnOffsetCommit(version) | AddedBy::AddOffsetsToTxn(version) => {
                machine.check_offset_commit(transactional_id, *producer, partition, version)
            }
            AddedBy::Produce(version) | AddedBy::AddPartitionsToTxn(version) => {
                machine.check_produce(transactional_id, *producer, partition, version)
            }
        }
    }
}

/// The coordinator, held: nothing is decided or ended meanwhile.
pub(crate) struct HeldTransactions<'a> {
    core: &'a Arc<Core>,
    state: MutexGuard<'a, State>,
}

impl TransactionCoordinator {
    /// Reads what the log knows of producers.
    pub(crate) fn load(directory: &DataDirectory, options: Options, now_ms: i64) -> Result<Self, log_storage::Error> {
        let mut machine = Transactions::new(options);
        let mut seeded = Vec::new();
        let mut older = BTreeMap::new();
        for_each_record(directory, &metadata_partition(), |key, value| match Fact::decode(key, value) {
            Some(Fact::NextProducerId(next)) => machine.replay(Record::ProducerIds { end: next }),
            Some(Fact::Transactional(name, producer)) => _ = older.insert(name, producer),
            Some(Fact::Setting { .. }) | None => {}
        })?;
        for (name, producer) in older.into_iter().filter_map(|(name, producer)| Some((name, producer?))) {
            seeded.push(machine.seed(&name, producer, now_ms));
        }
        for_each_record(directory, &transactions_partition(), |key, value| {
            match Record::decode(&Bytes::copy_from_slice(key), value.map(Bytes::copy_from_slice).as_ref()) {
                Ok(Some(record)) => machine.replay(record),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a record of __transaction_state is left out: it cannot be read"),
            }
        })?;
        let state = State { machine, next_token: 0, waiting: BTreeMap::new(), staged_lsn: 0, seeded };
        Ok(TransactionCoordinator { state: Mutex::new(state), rescheduled: Notify::new() })
    }

    /// Completes what was under way when the log was last closed. Call it once, before anything else.
    pub(crate) fn start(&self, core: &Arc<Core>) {
        let mut held = self.hold(core);
        let seeded = std::mem::take(&mut held.state.seeded);
        if !seeded.is_empty()
            && let Err(error) = held.persist_seeded(seeded)
        {
            tracing::warn!(%error, "transactional ids of an older program are written anew with the next start");
        }
        held.on(Event::Loaded);
    }

    pub(crate) fn hold<'a>(&'a self, core: &'a Arc<Core>) -> HeldTransactions<'a> {
        HeldTransactions { core, state: self.state.lock() }
    }

    /// Hands an event in; the receiver resolves with the answer once that may leave.
    pub(crate) fn call(&self, core: &Arc<Core>, event: impl FnOnce(Token) -> Event) -> oneshot::Receiver<Response> {
        self.hold(core).call(event)
    }

    /// A new producer; with a transactional id it fences all earlier ones of that id. Durable on return.
    pub(crate) async fn register(&self, core: &Arc<Core>, transactional_id: Option<&str>) -> log_client::Result<ProducerIdAndEpoch> {
        core.directory()?;
        let answer = self.call(core, |token| {
            Event::InitProducerId(InitProducerId {
                token,
                version: 5,
                transactional_id: transactional_id.map(str::to_owned),
                transaction_timeout_ms: i32::MAX,
                producer_id: ProducerId::NONE,
                producer_epoch: ProducerEpoch::NONE,
                origin: Origin::Embedded,
            })
        });
        match answer.await {
            Ok(Response::ProducerId { code: KafkaCode::None, producer_id, producer_epoch }) => {
                Ok(ProducerIdAndEpoch { id: producer_id, epoch: producer_epoch })
            }
            Ok(Response::ProducerId { code, .. }) => {
                core.directory()?;
                Err(log_client::Error::Retry { reason: format!("the producer was not registered: {}", code.message()) })
            }
            Ok(other) => Err(log_client::Error::Bug { reason: format!("a producer's registration was answered with {other:?}") }),
            Err(_) => Err(closed()),
        }
    }
}

impl HeldTransactions<'_> {
    pub(crate) fn machine(&self) -> &Transactions {
        &self.state.machine
    }

    /// Refuses all but the newest producer of a transactional id.
    pub(crate) fn check_newest(&self, transactional_id: &str, producer: ProducerIdAndEpoch) -> log_client::Result<()> {
        if self.state.machine.is_newest(transactional_id, producer) {
            return Ok(());
        }
        Err(log_client::Error::Fenced { who: format!("producer with transactional id {transactional_id:?}") })
    }

    /// Whether a write belongs to the open transaction of its producer. With protocol 2 it makes its partition part of it first: stage the write
    /// while the coordinator is still held, so that it comes right behind in the journal.
    pub(crate) fn admit_write(&mut self, write: &TransactionalWrite<'_>) -> Result<(), KafkaCode> {
        let mut verdict = write.check(&self.state.machine);
        if verdict == WriteCheck::AddFirst {
            let mut added = self.call(|token| {
                Event::AddPartitions(AddPartitions {
                    token,
                    by: write.by,
                    transactional_id: write.transactional_id.to_owned(),
                    producer: write.producer,
                    partitions: vec![write.partition.clone()],
                })
            });
            verdict = match added.try_recv() {
                Ok(Some(Response::Added(code))) if !code.is_none() => WriteCheck::Refused(code),
                // The answer leaves once it is durable; nobody waits for it here.
                _ => write.check(&self.state.machine),
            };
        }
        match verdict {
            WriteCheck::Ready => Ok(()),
            WriteCheck::AddFirst => Err(KafkaCode::ConcurrentTransactions),
            WriteCheck::Refused(code) => Err(code),
        }
    }

    /// As [`TransactionCoordinator::call`].
    pub(crate) fn call(&mut self, event: impl FnOnce(Token) -> Event) -> oneshot::Receiver<Response> {
        let (sender, receiver) = oneshot::channel();
        self.state.next_token += 1;
        let token = Token(self.state.next_token);
        self.state.waiting.insert(token, sender);
        self.on(event(token));
        receiver
    }

    /// Hands an event in and carries out what the machine asks for.
    pub(crate) fn on(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for command in self.state.machine.on(event, self.core.now_ms()) {
                match command {
                    Command::Respond { token, response } => self.respond(token, response),
                    Command::Persist { id, records, markers, then } => match self.persist(&records, &markers, then) {
                        // Whatever is staged from now on comes behind it in the journal and cannot survive without it.
                        Ok(()) => events.push_back(Event::Persisted(id)),
                        Err(error) => {
                            tracing::warn!(%error, "a step of a transaction was not stored; clients try again");
                            events.push_back(Event::PersistFailed { id, code: KafkaCode::CoordinatorNotAvailable });
                        }
                    },
                }
            }
        }
        self.core.transactions.rescheduled.notify_one();
    }

    /// Answers once everything that the answer may rest on is durable: the machine counts as done what is only staged.
    fn respond(&mut self, token: Token, response: Response) {
        let waiting = self.state.waiting.remove(&token);
        let is_durable = self.core.directory().is_ok_and(|directory| directory.durable().lsn >= self.state.staged_lsn);
        if is_durable {
            return answer(waiting, response);
        }
        let _durable = self.core.when_durable(self.state.staged_lsn, move |_, result| {
            if result.is_ok() {
                answer(waiting, response);
            }
        });
    }

    fn persist(&mut self, records: &[Record], markers: &[Marker], then: Vec<(Token, Response)>) -> log_client::Result<()> {
        let core = self.core;
        let directory = core.directory()?;
        let now_ms = core.now_ms();
        let mut parts = record_parts(records, now_ms)?;
        let mut ended = Vec::new();
        for marker in markers {
            for partition in marker.partitions.iter().filter(|partition| core.topics.of(partition).is_ok()) {
                parts.entry(partition.clone()).or_default().push(marker_batch(marker, now_ms));
                ended.push(partition.clone());
            }
        }
        let order = core.offsets.order.lock();
        let staged = match parts.is_empty() {
            true => None,
            false => Some(stage_what_is_taken(&directory, parts, now_ms).map_err(|error| core.error(error))?),
        };
        let decided: Vec<(ProducerId, bool)> = markers
            .iter()
            .filter(|marker| marker.partitions.contains(&offsets_partition()))
            .map(|marker| (marker.producer_id, marker.kind == MarkerKind::Commit))
            .collect();
        let answers: Vec<_> = then.into_iter().map(|(token, response)| (self.state.waiting.remove(&token), response)).collect();
        let finish = move |core: &Arc<Core>, result: &log_client::Result<()>| {
            if result.is_ok() {
                decided.iter().for_each(|(producer, is_committed)| decide_positions(core, *producer, *is_committed));
                core.wakeups.ring(&ended);
                answers.into_iter().for_each(|(waiting, response)| answer(waiting, response));
            }
            // Otherwise the senders are dropped, and whoever waits learns that the log is closed.
        };
        match staged {
            Some(staged) => {
                self.state.staged_lsn = self.state.staged_lsn.max(staged.lsn);
                // Whoever waits is among the answers.
                let _durable = core.when_durable(staged.lsn, finish);
            }
            None => finish(core, &Ok(())),
        }
        drop(order);
        Ok(())
    }

    /// Writes what an older program kept among its facts as records, and buries those facts with the same entry.
    fn persist_seeded(&mut self, seeded: Vec<Record>) -> log_client::Result<()> {
        let now_ms = self.core.now_ms();
        let mut parts = record_parts(&seeded, now_ms)?;
        let mut graves = BatchBuilder::new(CompressionType::None);
        for record in &seeded {
            if let Record::Transaction { transactional_id, .. } = record {
                let (key, _) = Fact::Transactional(transactional_id.to_string(), None).encode();
                graves.append_parts(Timestamp(now_ms), Some(&key), None, &[])?;
            }
        }
        parts.entry(metadata_partition()).or_default().push(graves.build());
        // Nobody waits for it.
        let _staged = self.core.stage(parts.into_iter().collect())?;
        self.core.commits.signal();
        Ok(())
    }
}

fn answer(waiting: Option<oneshot::Sender<Response>>, response: Response) {
    if let Some(waiting) = waiting {
        // Whoever gave up waiting does not want to know.
        let _ = waiting.send(response);
    }
}

/// Stages an entry without the markers of partitions that take none: damaged ones, and those where a newer epoch of the producer has ended the
/// transaction already. They must not keep the transaction open in all others.
fn stage_what_is_taken(directory: &DataDirectory, mut parts: Parts, now_ms: i64) -> log_storage::Result<Staged> {
    loop {
        let error = match directory.stage_as(AppendOrigin::Coordinator, parts.clone().into_iter().collect(), now_ms) {
            Ok(staged) => return Ok(staged),
            Err(error) => error,
        };
        let refuses = |partition: &TopicPartition| match &error {
            log_storage::Error::ProducerFenced { partition: fenced, .. } => partition == fenced,
            _ => directory.info(partition).is_ok_and(|info| info.damage.is_some()),
        };
        let before = parts.len();
        parts.retain(|partition, _| {
            let keep = is_internal(&partition.topic) || !refuses(partition);
            if !keep {
                tracing::warn!(%partition, %error, "the end of a transaction is not marked in a partition");
            }
            keep
        });
        if parts.len() == before {
            return Err(error);
        }
    }
}

/// The batches that hold the records.
fn record_parts(records: &[Record], now_ms: i64) -> log_client::Result<Parts> {
    let mut states = BatchBuilder::new(CompressionType::None);
    let mut facts = BatchBuilder::new(CompressionType::None);
    for record in records {
        match record {
            Record::ProducerIds { end } => {
                let (key, value) = Fact::NextProducerId(*end).encode();
                facts.append_parts(Timestamp(now_ms), Some(&key), value.as_deref(), &[])?;
            }
            Record::Transaction { .. } => {
                let encoded = record.encode().map_err(|error| log_client::Error::Invalid { reason: error.to_string() })?;
                if let Some((key, value)) = encoded {
                    states.append_parts(Timestamp(now_ms), Some(&key), value.as_deref(), &[])?;
                }
            }
        }
    }
    let parts = [(transactions_partition(), states), (metadata_partition(), facts)];
    let filled = parts.into_iter().filter(|(_, builder)| !builder.is_empty());
    Ok(filled.map(|(partition, mut builder)| (partition, vec![builder.build()])).collect())
}

fn marker_batch(marker: &Marker, now_ms: i64) -> RecordBatch {
    let kind = match marker.kind {
        MarkerKind::Commit => ControlType::Commit,
        MarkerKind::Abort => ControlType::Abort,
    };
    end_marker(kind, (marker.producer_id, marker.producer_epoch), Timestamp(now_ms), marker.coordinator_epoch)
}

impl TransactionCoordinator {
    /// When the machine wants to look at the clock.
    pub(crate) fn next_deadline_ms(&self) -> Option<i64> {
        self.state.lock().machine.next_deadline_ms()
    }
}
