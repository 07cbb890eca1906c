//! Requests that are delayed, repeated and reordered at will, appends that fail and processes that die.
//!
//! What is checked, after every step: a request of an earlier transaction changes nothing (in protocol 2 each transaction has an epoch of
//! its own); neither epochs nor ids go back; a transaction ends once and as its answer says; a batch that was let in belongs to the open
//! transaction or is followed by the marker of its own; replaying what was persisted gives the state.

use super::test_world::*;
use super::*;
use log_model::KafkaCode;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
    /// A producer starts anew.
    Init,
    /// The newest producer asks to go on; kept as a request that may come again.
    Continue,
    /// The newest producer adds a partition.
    Add(i32),
    /// A producer, the newest or an earlier one, writes to a partition.
    Write(i32, prop::sample::Index),
    /// The newest producer ends its transaction.
    End(bool),
    /// A request sent earlier comes (again).
    Again(prop::sample::Index),
    /// The oldest append is done, or fails.
    Settle(bool),
    /// Time passes.
    Wait(i64),
    /// The process dies and comes back.
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::Init),
        2 => Just(Step::Continue),
        8 => (0..3).prop_map(Step::Add),
        12 => (0..3, any::<prop::sample::Index>()).prop_map(|(index, who)| Step::Write(index, who)),
        8 => any::<bool>().prop_map(Step::End),
        12 => any::<prop::sample::Index>().prop_map(Step::Again),
        20 => prop::bool::weighted(0.9).prop_map(Step::Settle),
        2 => (0..90_000i64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..120)
}

/// The network and what its clients know.
struct Run {
    world: World,
    /// The newest producer that any answer told of, with the version of `EndTxn` it uses.
    producer: ProducerIdAndEpoch,
    end_version: i16,
    sent: Vec<Event>,
    ends: BTreeMap<Token, EndTxn>,
    /// What was let in: by whom, into which partition, and how many markers came before.
    batches: Vec<(ProducerIdAndEpoch, i32, usize)>,
    checked_records: usize,
    seen: BTreeSet<ProducerIdAndEpoch>,
}

impl Run {
    fn new(end_version: i16, start_epoch: i16) -> Run {
        let mut world = World::with(Options { producer_ids_at_once: 3, ..Options::default() });
        let producer = producer(0, start_epoch);
        let record = world.machine.seed(APP, producer, world.now_ms);
        world.records.push(record);
        let (sent, ends, batches, seen) = (Vec::new(), BTreeMap::new(), Vec::new(), BTreeSet::new());
        Run { world, producer, end_version, sent, ends, batches, checked_records: 0, seen }
    }

    fn step(&mut self, step: Step) {
        let may_move = matches!(step, Step::Settle(_) | Step::Restart);
        match step {
            Step::Init => self.deliver(Event::InitProducerId(init_request())),
            Step::Continue => {
                let holds = self.producer;
                let request = InitProducerId { producer_id: holds.id, producer_epoch: holds.epoch, ..init_request() };
                self.send(Event::InitProducerId(request));
            }
            Step::Add(index) => {
                let by = if self.end_version >= 5 { AddedBy::Produce(12) } else { AddedBy::AddPartitionsToTxn(3) };
                let (token, partitions) = (Token(0), vec![partition(index)]);
                let (transactional_id, producer) = (APP.to_string(), self.producer);
                self.send(Event::AddPartitions(AddPartitions { token, by, transactional_id, producer, partitions }));
            }
            Step::Write(index, who) => {
                let known: Vec<_> = self.seen.iter().copied().chain([self.producer; 2]).collect();
                let who = *who.get(&known);
                let version = if self.end_version >= 5 { 12 } else { 11 };
                if self.world.machine.check_produce(APP, who, &partition(index), version) == WriteCheck::Ready {
                    self.batches.push((who, index, self.world.markers.len()));
                }
            }
            Step::End(committed) => {
                let (token, version, producer) = (Token(0), self.end_version, self.producer);
                self.send(Event::EndTxn(EndTxn { token, version, transactional_id: APP.into(), producer, committed }));
            }
            Step::Again(index) => {
                if !self.sent.is_empty() {
                    self.deliver(index.get(&self.sent).clone());
                }
            }
            Step::Settle(succeeds) => self.world.settle_one(succeeds),
            Step::Wait(ms) => self.world.tick_at(self.world.now_ms + ms),
            Step::Restart => self.world.restart(),
        }
        self.learn();
        self.check_records();
        self.check_ends();
        self.check_batches();
        if may_move {
            self.check_replay();
        }
    }

    fn send(&mut self, event: Event) {
        self.sent.push(event.clone());
        self.deliver(event);
    }

    fn deliver(&mut self, mut event: Event) {
        let token = self.world.token();
        let holds = match &mut event {
            Event::InitProducerId(request) => {
                request.token = token;
                let holds = ProducerIdAndEpoch { id: request.producer_id, epoch: request.producer_epoch };
                (holds != producer(-1, -1)).then_some(holds)
            }
            Event::AddPartitions(request) => {
                request.token = token;
                Some(request.producer)
            }
            Event::EndTxn(request) => {
                request.token = token;
                self.ends.insert(token, request.clone());
                Some(request.producer)
            }
            _ => None,
        };
        let before = self.world.machine.describe(APP).ok();
        let waiting = self.world.waiting.len();
        self.world.tell(event);
        let has_effect = self.world.waiting.len() > waiting;
        if let (true, Some(holds), Some(before)) = (has_effect, holds, before) {
            assert_eq!(holds, before.producer, "a request of an earlier transaction or producer has an effect");
        }
    }

    fn check_replay(&self) {
        let replayed = self.world.replayed();
        let states = |machine: &Transactions| {
            let settled = machine.entries.iter().filter_map(|(name, entry)| Some((name.clone(), entry.settled.clone()?)));
            settled.collect::<Vec<_>>()
        };
        assert_eq!(states(&replayed), states(&self.world.machine), "replaying gives the state");
    }

    /// Clients go on with the newest incarnation that an answer named.
    fn learn(&mut self) {
        for response in self.world.answers.values() {
            let (Response::ProducerId { code, producer_id, producer_epoch } | Response::Ended { code, producer_id, producer_epoch }) =
                response
            else {
                continue;
            };
            if *code == KafkaCode::None && producer_id.0 >= 0 {
                self.producer = self.producer.max(ProducerIdAndEpoch { id: *producer_id, epoch: *producer_epoch });
            }
        }
    }

    fn check_records(&mut self) {
        let mut last = None;
        for record in &self.world.records {
            let Record::Transaction { transaction: Some(transaction), .. } = record else { continue };
            if let Some(last) = last {
                assert!(transaction.producer >= last, "from {last} back to {}", transaction.producer);
            }
            last = Some(transaction.producer);
        }
        for record in &self.world.records[self.checked_records..] {
            let Record::Transaction { transaction: Some(transaction), .. } = record else { continue };
            let is_new_id = self.seen.iter().all(|seen| seen.id != transaction.producer.id);
            assert!(!is_new_id || self.seen.is_empty() || transaction.producer.epoch.0 == 0, "a new id begins with epoch 0");
            self.seen.insert(transaction.producer);
        }
        self.checked_records = self.world.records.len();
    }

    /// No batch is left without the end of its transaction, nor ended by another one's.
    fn check_batches(&self) {
        let settled = self.world.machine.describe(APP).ok();
        for (who, index, before) in &self.batches {
            let mut after = self.world.markers[*before..].iter();
            match after.find(|marker| marker.partitions.contains(&partition(*index))) {
                Some(marker) => {
                    let stamp = producer(marker.producer_id.0, marker.producer_epoch.0);
                    assert_eq!(stamp, if marker.is_epoch_bumped { who.bumped() } else { *who });
                }
                None => {
                    let open = settled.as_ref().filter(|open| open.state == TransactionState::Ongoing && open.producer == *who);
                    assert!(open.is_some_and(|open| open.partitions.contains(&partition(*index))), "a batch of {who} is left hanging");
                }
            }
        }
    }

    /// In protocol 2 an epoch's transaction ends once, and a successful answer means its marker.
    fn check_ends(&self) {
        if self.end_version < 5 {
            return;
        }
        let mut ended = BTreeMap::new();
        for (kind, stamp, indexes) in self.world.written() {
            assert!(!indexes.is_empty());
            assert_eq!(ended.insert(stamp, kind), None, "{stamp} ended twice");
        }
        for (token, request) in &self.ends {
            let Some(Response::Ended { code: KafkaCode::None, .. }) = self.world.answers.get(token) else { continue };
            let kind = if request.committed { MarkerKind::Commit } else { MarkerKind::Abort };
            match ended.get(&request.producer.bumped()) {
                Some(written) => assert_eq!(*written, kind, "{request:?}"),
                None => assert!(!request.committed, "nothing was committed for {request:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn late_requests_never_touch_the_next_transaction(steps in steps(), start in prop_oneof![Just(0), (i16::MAX - 8)..(i16::MAX - 1)]) {
        let mut run = Run::new(5, start);
        steps.into_iter().for_each(|step| run.step(step));
    }

    #[test]
    fn in_protocol_1_neither_epochs_nor_states_go_astray(steps in steps(), start in prop_oneof![Just(0), (i16::MAX - 8)..(i16::MAX - 1)]) {
        let mut run = Run::new(3, start);
        steps.into_iter().for_each(|step| run.step(step));
    }
}
