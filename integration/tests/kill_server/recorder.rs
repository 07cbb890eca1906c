//! The history in the making, shared by all clients.
//!
//! An operation is recorded when it begins, as one whose end nobody has seen, and so nothing that was sent is ever missing.

use crate::payload::Payload;
use crate::role::Role;
use headwater_integration::history::{Action, ClientId, Copied, History, Key, Operation, Outcome, Value, Work};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where in the history an operation is.
pub(crate) type OperationId = usize;

/// Everything that is recorded, with the numbers that must be unique.
#[derive(Default)]
pub(crate) struct Recorder {
    time: AtomicU64,
    values: AtomicU64,
    roles: Mutex<Vec<Role>>,
    history: Mutex<History>,
    copies: Mutex<BTreeSet<Copied>>,
    faults: Mutex<Vec<String>>,
    errors: Mutex<BTreeMap<String, u64>>,
    /// Producers of what is not a copy end.
    pub(crate) producers_end: AtomicBool,
    pub(crate) copiers_end: AtomicBool,
    pub(crate) readers_end: AtomicBool,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A client that panicked fails the test; what it recorded is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// A moment, later than every one before.
    pub(crate) fn now(&self) -> u64 {
        self.time.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn new_value(&self) -> Value {
        Value(self.values.fetch_add(1, Ordering::SeqCst))
    }

    pub(crate) fn new_client(&self, role: Role) -> ClientId {
        let mut roles = locked(&self.roles);
        roles.push(role);
        ClientId(roles.len() as u32 - 1)
    }

    pub(crate) fn role(&self, client: ClientId) -> Role {
        locked(&self.roles)[client.0 as usize]
    }

    /// An operation begins.
    pub(crate) fn begin(&self, client: ClientId, actions: Vec<Action>) -> OperationId {
        let work = Work::Actions { actions, rebalanced: BTreeSet::new() };
        let mut history = locked(&self.history);
        history.push(Operation { client, invoked: self.now(), completed: u64::MAX, outcome: Outcome::Info, work });
        history.len() - 1
    }

    /// It ends; the offsets are those of its sends, in their order, as far as the log said.
    pub(crate) fn end(&self, id: OperationId, outcome: Outcome, offsets: &BTreeMap<Value, i64>) {
        let mut history = locked(&self.history);
        let operation = &mut history[id];
        operation.outcome = outcome;
        if outcome != Outcome::Info {
            operation.completed = self.now();
        }
        if let Work::Actions { actions, .. } = &mut operation.work {
            for action in actions {
                if let Action::Send { value, offset, .. } = action {
                    *offset = offsets.get(value).copied();
                }
            }
        }
    }

    /// A single send was acknowledged or not.
    pub(crate) fn end_send(&self, id: OperationId, outcome: Outcome, offset: Option<i64>) {
        let value = locked(&self.history)[id].sends().next().map(|(_, value, _)| value);
        self.end(id, outcome, &value.into_iter().zip(offset).collect());
    }

    /// Records came to a client that asked at `invoked`.
    pub(crate) fn polled(&self, client: ClientId, invoked: u64, outcome: Outcome, actions: Vec<Action>) {
        let work = Work::Actions { actions, rebalanced: BTreeSet::new() };
        locked(&self.history).push(Operation { client, invoked, completed: self.now(), outcome, work });
    }

    /// From now on the client reads these.
    pub(crate) fn holds(&self, client: ClientId, keys: BTreeSet<Key>) {
        let (invoked, completed) = (self.now(), self.now());
        locked(&self.history).push(Operation { client, invoked, completed, outcome: Outcome::Ok, work: Work::Hold(keys) });
    }

    /// A record was read: it is one of ours, or a fault.
    pub(crate) fn read(&self, key: Key, bytes: &[u8]) -> Option<Payload> {
        let payload = Payload::of(key, bytes).map_err(|fault| self.fault(fault)).ok()?;
        if let Some(source) = payload.source {
            locked(&self.copies).insert(Copied { source, copy: payload.value });
        }
        Some(payload)
    }

    /// Something that must not be, and that no history shows.
    pub(crate) fn fault(&self, what: String) {
        locked(&self.faults).push(what);
    }

    pub(crate) fn faults(&self) -> Vec<String> {
        locked(&self.faults).clone()
    }

    /// An error that a client was told: it may happen while the server dies, and is counted.
    pub(crate) fn error(&self, role: Role, during: &str, error: &dyn std::fmt::Display) {
        *locked(&self.errors).entry(format!("{role:?} {during}: {error}")).or_default() += 1;
    }

    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        locked(&self.errors).clone()
    }

    pub(crate) fn copies(&self) -> BTreeSet<Copied> {
        locked(&self.copies).clone()
    }

    pub(crate) fn history(&self) -> History {
        locked(&self.history).clone()
    }
}
