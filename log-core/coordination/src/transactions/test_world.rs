//! A log for tests: carries out the machine's commands, at once or when told, and keeps what was written.

use super::*;
use log_model::{KafkaCode, ProducerEpoch, ProducerId, TopicName, TopicPartition};
use std::collections::{BTreeMap, VecDeque};

/// The transactional id of most tests.
pub(super) const APP: &str = "app";

pub(super) struct World {
    pub(super) machine: Transactions,
    pub(super) now_ms: i64,
    pub(super) records: Vec<Record>,
    pub(super) markers: Vec<Marker>,
    pub(super) answers: BTreeMap<Token, Response>,
    /// `Persist` commands that are not carried out yet.
    pub(super) waiting: VecDeque<Command>,
    next_token: u64,
}

pub(super) fn producer(id: i64, epoch: i16) -> ProducerIdAndEpoch {
    ProducerIdAndEpoch { id: ProducerId(id), epoch: ProducerEpoch(epoch) }
}

pub(super) fn partition(index: i32) -> TopicPartition {
    TopicName::new("orders").unwrap().partition(index)
}

pub(super) fn is(producer: ProducerIdAndEpoch) -> Response {
    Response::ProducerId { code: KafkaCode::None, producer_id: producer.id, producer_epoch: producer.epoch }
}

pub(super) fn is_not(code: KafkaCode) -> Response {
    is(producer(-1, -1)).refused(code)
}

pub(super) fn ended(producer: ProducerIdAndEpoch) -> Response {
    Response::Ended { code: KafkaCode::None, producer_id: producer.id, producer_epoch: producer.epoch }
}

pub(super) fn not_ended(code: KafkaCode) -> Response {
    ended(producer(-1, -1)).refused(code)
}

/// A request without a producer, in the newest version.
pub(super) fn init_request() -> InitProducerId {
    InitProducerId {
        token: Token(0),
        version: 5,
        transactional_id: Some(APP.into()),
        transaction_timeout_ms: 60_000,
        producer_id: ProducerId::NONE,
        producer_epoch: ProducerEpoch::NONE,
        origin: Origin::Client,
    }
}

impl World {
    pub(super) fn new() -> World {
        World::with(Options::default())
    }

    pub(super) fn with(options: Options) -> World {
        World {
            machine: Transactions::new(options),
            now_ms: 1_000,
            records: Vec::new(),
            markers: Vec::new(),
            answers: BTreeMap::new(),
            waiting: VecDeque::new(),
            next_token: 0,
        }
    }

    pub(super) fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    /// Gives the event to the machine; what is to be persisted waits.
    pub(super) fn tell(&mut self, event: Event) {
        for command in self.machine.on(event, self.now_ms) {
            match command {
                Command::Respond { token, response } => self.answer(token, response),
                persist @ Command::Persist { .. } => self.waiting.push_back(persist),
            }
        }
    }

    /// Carries out the oldest waiting command, or refuses it.
    pub(super) fn settle_one(&mut self, succeeds: bool) {
        let Some(Command::Persist { id, records, markers, then }) = self.waiting.pop_front() else { return };
        if !succeeds {
            return self.tell(Event::PersistFailed { id, code: KafkaCode::CoordinatorNotAvailable });
        }
        self.records.extend(records);
        self.markers.extend(markers);
        self.tell(Event::Persisted(id));
        for (token, response) in then {
            self.answer(token, response);
        }
    }

    pub(super) fn settle(&mut self) {
        while !self.waiting.is_empty() {
            self.settle_one(true);
        }
    }

    /// A machine that has read the log, from bytes.
    pub(super) fn replayed(&self) -> Transactions {
        let mut machine = Transactions::new(self.machine.options.clone());
        for record in &self.records {
            let read = match record.encode().unwrap() {
                Some((key, value)) => Record::decode(&key, value.as_ref()).unwrap().unwrap(),
                None => record.clone(),
            };
            machine.replay(read);
        }
        machine
    }

    /// The process ends: what waits is lost.
    pub(super) fn restart(&mut self) {
        self.machine = self.replayed();
        self.waiting.clear();
        self.tell(Event::Loaded);
    }

    pub(super) fn init(&mut self, request: InitProducerId) -> Response {
        let token = self.token();
        self.tell(Event::InitProducerId(InitProducerId { token, ..request }));
        self.finish(token)
    }

    /// Who the producer is that fences all others.
    pub(super) fn new_producer(&mut self) -> ProducerIdAndEpoch {
        match self.init(init_request()) {
            Response::ProducerId { code: KafkaCode::None, producer_id, producer_epoch } => producer(producer_id.0, producer_epoch.0),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn continue_as(&mut self, holds: ProducerIdAndEpoch) -> Response {
        self.init(InitProducerId { producer_id: holds.id, producer_epoch: holds.epoch, ..init_request() })
    }

    pub(super) fn add_by(&mut self, by: AddedBy, producer: ProducerIdAndEpoch, indexes: &[i32]) -> KafkaCode {
        let token = self.token();
        let partitions = indexes.iter().copied().map(partition).collect();
        self.tell(Event::AddPartitions(AddPartitions { token, by, transactional_id: APP.into(), producer, partitions }));
        match self.finish(token) {
            Response::Added(code) => code,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn add(&mut self, producer: ProducerIdAndEpoch, indexes: &[i32]) -> KafkaCode {
        self.add_by(AddedBy::Produce(12), producer, indexes)
    }

    pub(super) fn end(&mut self, version: i16, producer: ProducerIdAndEpoch, committed: bool) -> Response {
        let token = self.token();
        self.tell(Event::EndTxn(EndTxn { token, version, transactional_id: APP.into(), producer, committed }));
        self.finish(token)
    }

    pub(super) fn tick_at(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
        self.tell(Event::Tick);
    }

    pub(super) fn state(&self) -> TransactionState {
        self.machine.describe(APP).unwrap().state
    }

    /// All that was written for partitions: kind, producer and indexes.
    pub(super) fn written(&self) -> Vec<(MarkerKind, ProducerIdAndEpoch, Vec<i32>)> {
        let indexes = |marker: &Marker| marker.partitions.iter().map(|partition| partition.partition).collect();
        self.markers.iter().map(|marker| (marker.kind, producer(marker.producer_id.0, marker.producer_epoch.0), indexes(marker))).collect()
    }

    fn finish(&mut self, token: Token) -> Response {
        self.settle();
        self.answers[&token]
    }

    fn answer(&mut self, token: Token, response: Response) {
        assert_eq!(self.answers.insert(token, response), None, "{token:?} is answered twice");
    }
}
