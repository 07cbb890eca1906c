//! A transactional producer, and one transaction of it from its first record to a certain end where there is one.

use super::holdings::Piece;
use super::settings::transactional;
use crate::payload::Payload;
use crate::recorder::Recorder;
use crate::role::Role;
use headwater_integration::history::{Action, ClientId, Key, Outcome, Value};
use rdkafka::ClientContext;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One call of librdkafka; it is repeated while that says so.
const CALL_MAX: Duration = Duration::from_secs(5);
/// All calls for one purpose together.
const STEP_MAX: Duration = Duration::from_secs(60);

/// Collects where records were put.
#[derive(Clone, Default)]
struct Offsets(Arc<Mutex<BTreeMap<Value, i64>>>);

impl Offsets {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<Value, i64>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientContext for Offsets {}

impl ProducerContext for Offsets {
    type DeliveryOpaque = Box<Value>;

    fn delivery(&self, result: &DeliveryResult<'_>, value: Box<Value>) {
        // A failed record fails the commit.
        if let Ok(message) = result {
            self.with(|offsets| offsets.insert(*value, message.offset()));
        }
    }
}

/// How a transaction is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    Commit,
    Abort,
    /// The producer goes away and its successor aborts what it finds.
    Abandon,
}

/// Positions that a transaction commits with its records.
pub(super) struct Positions {
    pub(super) offsets: TopicPartitionList,
    pub(super) group: ConsumerGroupMetadata,
}

/// A producer that has fenced its predecessors.
pub(super) struct Transactions {
    recorder: Arc<Recorder>,
    role: Role,
    pub(super) client: ClientId,
    producer: ThreadedProducer<Offsets>,
    offsets: Offsets,
}

/// What librdkafka wants after an error.
enum Next {
    Again,
    Abort,
    GiveUp,
}

fn after(error: &KafkaError) -> Next {
    match error {
        KafkaError::Transaction(inner) if inner.txn_requires_abort() => Next::Abort,
        KafkaError::Transaction(inner) if inner.is_retriable() => Next::Again,
        KafkaError::Flush(_) => Next::Again,
        _ => Next::GiveUp,
    }
}

impl Transactions {
    /// A producer of this id, or none if the server cannot be reached for long; what the predecessor left open is aborted.
    pub(super) fn start(recorder: Arc<Recorder>, address: &str, role: Role, id: &str) -> Option<Transactions> {
        let (client, offsets) = (recorder.new_client(role), Offsets::default());
        let producer: ThreadedProducer<Offsets> =
            transactional(address, id).create_with_context(offsets.clone()).expect("librdkafka takes the settings");
        let transactions = Transactions { recorder, role, client, producer, offsets };
        match transactions.repeat("init", || transactions.producer.init_transactions(CALL_MAX)) {
            Ok(()) => Some(transactions),
            Err(error) => {
                transactions.recorder.fault(format!("{role:?} {id} cannot begin: {error}"));
                None
            }
        }
    }

    /// Runs a transaction that sends these records, each with what it is a copy of, because of what was polled; how it ended, and whether the producer
    /// can go on.
    pub(super) fn run(&self, sends: &[(Key, Option<Value>)], polled: &Piece, positions: Option<&Positions>, plan: Plan) -> (Outcome, bool) {
        let values: Vec<Value> = sends.iter().map(|_| self.recorder.new_value()).collect();
        let sent = sends.iter().zip(&values).map(|((key, _), value)| Action::Send { key: *key, value: *value, offset: None });
        let id = self.recorder.begin(self.client, polled.actions().into_iter().chain(sent).collect());
        let (outcome, goes_on) = match self.fill(sends, &values, positions) {
            Ok(()) => match plan {
                Plan::Commit => self.commit(),
                Plan::Abort => self.abort(Outcome::Fail),
                Plan::Abandon => (Outcome::Fail, false),
            },
            Err(error) => {
                self.recorder.error(self.role, "transaction", &error);
                // Nobody asked for a commit, so there is none.
                self.abort(Outcome::Fail)
            }
        };
        self.recorder.end(id, outcome, &self.offsets.with(std::mem::take));
        (outcome, goes_on)
    }

    fn fill(&self, sends: &[(Key, Option<Value>)], values: &[Value], positions: Option<&Positions>) -> Result<(), KafkaError> {
        self.producer.begin_transaction()?;
        for ((key, source), value) in sends.iter().zip(values) {
            let payload = Payload { key: *key, client: self.client, value: *value, source: *source }.bytes();
            let record = BaseRecord::<(), [u8], Box<Value>>::with_opaque_to(key.topic, Box::new(*value)).partition(key.partition);
            self.producer.send(record.payload(&payload)).map_err(|(error, _)| error)?;
        }
        if let Some(Positions { offsets, group }) = positions {
            self.repeat("positions", || self.producer.send_offsets_to_transaction(offsets, group, CALL_MAX))?;
        }
        self.await_deliveries();
        Ok(())
    }

    /// The commit waits for them too, but looks only every 100 ms, and transactions that mostly wait are seldom met by a kill.
    fn await_deliveries(&self) {
        let start = Instant::now();
        while self.producer.in_flight_count() > 0 && start.elapsed() < CALL_MAX {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn commit(&self) -> (Outcome, bool) {
        match self.repeat("commit", || self.producer.commit_transaction(CALL_MAX)) {
            Ok(()) => (Outcome::Ok, true),
            // The log refused to commit it.
            Err(error) if matches!(after(&error), Next::Abort) => self.abort(Outcome::Info),
            Err(error) => {
                self.fatal("commit", &error);
                (Outcome::Info, false)
            }
        }
    }

    /// Without certainty the outcome is `else_`.
    fn abort(&self, else_: Outcome) -> (Outcome, bool) {
        match self.repeat("abort", || self.producer.abort_transaction(CALL_MAX)) {
            Ok(()) => (Outcome::Fail, true),
            Err(error) => {
                self.fatal("abort", &error);
                (else_, false)
            }
        }
    }

    fn repeat(&self, during: &str, call: impl Fn() -> Result<(), KafkaError>) -> Result<(), KafkaError> {
        let start = Instant::now();
        loop {
            let Err(error) = call() else { return Ok(()) };
            self.recorder.error(self.role, during, &error);
            if !matches!(after(&error), Next::Again) || start.elapsed() > STEP_MAX {
                return Err(error);
            }
        }
    }

    /// Nobody else uses this producer's id while it lives, so nothing may ever stop it for good.
    fn fatal(&self, during: &str, error: &KafkaError) {
        self.recorder.fault(format!("{:?} {}: {during} cannot go on: {error}", self.role, self.client));
    }
}
