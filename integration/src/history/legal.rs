//! A log that keeps its promises, on which drawn steps act: what its clients see is a legal history.

use super::operation::{Action, ClientId, History, Key, Operation, Outcome, Value, Work};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What one of the clients does next. Numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A send that is acknowledged, or whose end nobody learns.
    Send { client: u32, key: usize, outcome: Outcome },
    /// A send within the client's transaction, which it opens if there is none.
    SendInTransaction { client: u32, key: usize },
    /// A read within the client's transaction.
    PollInTransaction { client: u32, key: usize, count: usize },
    /// The end of the client's transaction: committed or aborted, and what the client learns of it.
    End { client: u32, committed: bool, is_known: bool },
    /// A read of a consumer.
    Poll { client: u32, key: usize, count: usize },
    /// A consumer is given one partition anew, at this distance from the start.
    Rebalance { client: u32, key: usize, back_to: usize },
}

const KEYS: [Key; 3] = [Key { topic: "a", partition: 0 }, Key { topic: "a", partition: 1 }, Key { topic: "b", partition: 0 }];

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![4 => Just(Outcome::Ok), 1 => Just(Outcome::Info)];
    let step = prop_oneof![
        3 => (0..2_u32, 0..3_usize, outcome).prop_map(|(client, key, outcome)| Step::Send { client, key, outcome }),
        4 => (2..5_u32, 0..3_usize).prop_map(|(client, key)| Step::SendInTransaction { client, key }),
        2 => (2..5_u32, 0..3_usize, 1..6_usize).prop_map(|(client, key, count)| Step::PollInTransaction { client, key, count }),
        3 => (2..5_u32, any::<bool>(), prop::bool::weighted(0.8))
            .prop_map(|(client, committed, is_known)| Step::End { client, committed, is_known }),
        4 => (5..8_u32, 0..3_usize, 1..6_usize).prop_map(|(client, key, count)| Step::Poll { client, key, count }),
        1 => (5..8_u32, 0..3_usize, 0..4_usize).prop_map(|(client, key, back_to)| Step::Rebalance { client, key, back_to }),
    ];
    prop::collection::vec(step, 0..120)
}

/// What lies at an offset.
#[derive(Clone, Copy, PartialEq)]
enum Slot {
    Open(Value, ClientId),
    Committed(Value),
    /// An aborted record or a marker.
    Nothing,
}

/// An unfinished transaction.
struct Open {
    invoked: u64,
    actions: Vec<Action>,
    /// Where its client read before it began.
    positions: BTreeMap<Key, usize>,
}

/// The log and its clients.
#[derive(Default)]
pub(super) struct Model {
    logs: BTreeMap<Key, Vec<Slot>>,
    positions: BTreeMap<ClientId, BTreeMap<Key, usize>>,
    open: BTreeMap<ClientId, Open>,
    now: u64,
    values: u64,
    history: History,
}

impl Model {
    /// Runs the steps, ends what is open, and lets one client read everything.
    pub(super) fn run(steps: &[Step]) -> History {
        let mut model = Model::default();
        steps.iter().for_each(|step| model.step(*step));
        for client in model.open.keys().copied().collect::<Vec<_>>() {
            model.end(client, true, true);
        }
        for key in KEYS {
            model.poll(ClientId(9), key, usize::MAX);
        }
        model.history
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Send { client, key, outcome } => self.send(ClientId(client), KEYS[key], outcome),
            Step::SendInTransaction { client, key } => {
                let (key, value, client) = (KEYS[key], self.value(), ClientId(client));
                let offset = self.append(key, Slot::Open(value, client));
                self.transaction(client).actions.push(Action::Send { key, value, offset: Some(offset) });
            }
            Step::PollInTransaction { client, key, count } => {
                self.transaction(ClientId(client));
                let records = self.read(ClientId(client), KEYS[key], count);
                self.transaction(ClientId(client)).actions.push(Action::Poll { key: KEYS[key], records });
            }
            Step::End { client, committed, is_known } => self.end(ClientId(client), committed, is_known),
            Step::Poll { client, key, count } => self.poll(ClientId(client), KEYS[key], count),
            Step::Rebalance { client, key, back_to } => {
                let client = ClientId(client);
                let mut held: BTreeSet<Key> = KEYS.into();
                held.remove(&KEYS[key]);
                self.record(client, Outcome::Ok, Work::Hold(held));
                self.record(client, Outcome::Ok, Work::Hold(KEYS.into()));
                let position = back_to.min(self.logs.get(&KEYS[key]).map_or(0, Vec::len));
                self.positions.entry(client).or_default().insert(KEYS[key], position);
            }
        }
    }

    fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now
    }

    fn value(&mut self) -> Value {
        self.values += 1;
        Value(self.values)
    }

    fn append(&mut self, key: Key, slot: Slot) -> i64 {
        let log = self.logs.entry(key).or_default();
        log.push(slot);
        log.len() as i64 - 1
    }

    fn record(&mut self, client: ClientId, outcome: Outcome, work: Work) {
        let (invoked, completed) = (self.tick(), self.tick());
        self.history.push(Operation { client, invoked, completed, outcome, work });
    }

    fn send(&mut self, client: ClientId, key: Key, outcome: Outcome) {
        let value = self.value();
        // Of those whose end nobody learns every other one happened.
        let happened = outcome == Outcome::Ok || value.0.is_multiple_of(2);
        let offset = happened.then(|| self.append(key, Slot::Committed(value))).filter(|_| outcome == Outcome::Ok);
        let actions = vec![Action::Send { key, value, offset }];
        self.record(client, outcome, Work::Actions { actions, rebalanced: BTreeSet::new() });
    }

    fn transaction(&mut self, client: ClientId) -> &mut Open {
        let invoked = self.tick();
        let positions = self.positions.get(&client).cloned().unwrap_or_default();
        self.open.entry(client).or_insert_with(|| Open { invoked, actions: Vec::new(), positions })
    }

    fn end(&mut self, client: ClientId, committed: bool, is_known: bool) {
        let Some(Open { invoked, actions, positions }) = self.open.remove(&client) else { return };
        for log in self.logs.values_mut() {
            let mut took_part = false;
            for slot in log.iter_mut() {
                if let Slot::Open(value, writer) = *slot
                    && writer == client
                {
                    took_part = true;
                    *slot = if committed { Slot::Committed(value) } else { Slot::Nothing };
                }
            }
            log.extend(took_part.then_some(Slot::Nothing));
        }
        let outcome = match (is_known, committed) {
            (false, _) => Outcome::Info,
            (true, true) => Outcome::Ok,
            (true, false) => Outcome::Fail,
        };
        if outcome != Outcome::Ok {
            self.positions.insert(client, positions);
        }
        let completed = self.tick();
        self.history.push(Operation { client, invoked, completed, outcome, work: Work::Actions { actions, rebalanced: BTreeSet::new() } });
    }

    fn poll(&mut self, client: ClientId, key: Key, count: usize) {
        let records = self.read(client, key, count);
        let actions = vec![Action::Poll { key, records }];
        self.record(client, Outcome::Ok, Work::Actions { actions, rebalanced: BTreeSet::new() });
    }

    /// Committed records from the client's position up to the first open transaction.
    fn read(&mut self, client: ClientId, key: Key, count: usize) -> Vec<(i64, Value)> {
        let log = self.logs.entry(key).or_default();
        let position = self.positions.entry(client).or_default().entry(key).or_default();
        let mut records = Vec::new();
        while records.len() < count {
            match log.get(*position) {
                None | Some(Slot::Open(..)) => break,
                Some(Slot::Committed(value)) => records.push((*position as i64, *value)),
                Some(Slot::Nothing) => {}
            }
            *position += 1;
        }
        records
    }
}
