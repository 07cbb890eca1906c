//! Histories written by hand: operations one after another, keys named by their topic.

use super::anomaly::Kind;
use super::check::check;
use super::operation::{Action, ClientId, History, Key, Operation, Outcome, Value, Work};
use std::collections::BTreeSet;

/// A history in the making.
#[derive(Clone, Default)]
pub(super) struct Script {
    history: History,
}

/// Every kind that the checker finds, allowed or not.
pub(super) fn found(script: Script) -> Vec<Kind> {
    check(&script.history).counts().keys().copied().collect()
}

fn key(topic: &'static str) -> Key {
    Key { topic, partition: 0 }
}

fn polled((topic, records): (&'static str, &[(i64, u64)])) -> Action {
    Action::Poll { key: key(topic), records: records.iter().map(|(offset, value)| (*offset, Value(*value))).collect() }
}

fn sent((topic, value, offset): (&'static str, u64, Option<i64>)) -> Action {
    Action::Send { key: key(topic), value: Value(value), offset }
}

impl Script {
    pub(super) fn new() -> Script {
        Script::default()
    }

    pub(super) fn history(self) -> History {
        self.history
    }

    fn then(mut self, client: u32, outcome: Outcome, work: Work) -> Script {
        let invoked = self.history.len() as u64 * 2;
        self.history.push(Operation { client: ClientId(client), invoked, completed: invoked + 1, outcome, work });
        self
    }

    fn act(self, client: u32, outcome: Outcome, actions: Vec<Action>) -> Script {
        self.then(client, outcome, Work::Actions { actions, rebalanced: BTreeSet::new() })
    }

    /// Acknowledged sends of value and offset, an operation each.
    pub(super) fn send(self, client: u32, topic: &'static str, values: &[(u64, i64)]) -> Script {
        values.iter().fold(self, |script, (value, offset)| script.act(client, Outcome::Ok, vec![sent((topic, *value, Some(*offset)))]))
    }

    /// One poll of offsets and values.
    pub(super) fn poll(self, client: u32, topic: &'static str, records: &[(i64, u64)]) -> Script {
        self.act(client, Outcome::Ok, vec![polled((topic, records))])
    }

    /// The same while the partition changed hands.
    pub(super) fn poll_rebalanced(self, client: u32, topic: &'static str, records: &[(i64, u64)]) -> Script {
        let work = Work::Actions { actions: vec![polled((topic, records))], rebalanced: [key(topic)].into() };
        self.then(client, Outcome::Ok, work)
    }

    /// A transaction that sends.
    pub(super) fn transact(self, client: u32, outcome: Outcome, sends: &[(&'static str, u64, Option<i64>)]) -> Script {
        self.copy(client, outcome, &[], sends)
    }

    /// A transaction that polls, then sends.
    pub(super) fn copy(
        self,
        client: u32,
        outcome: Outcome,
        polls: &[(&'static str, &[(i64, u64)])],
        sends: &[(&'static str, u64, Option<i64>)],
    ) -> Script {
        let actions = polls.iter().copied().map(polled).chain(sends.iter().copied().map(sent)).collect();
        self.act(client, outcome, actions)
    }

    /// The client holds these from now on.
    pub(super) fn hold(self, client: u32, topics: &[&'static str]) -> Script {
        self.then(client, Outcome::Ok, Work::Hold(topics.iter().copied().map(key).collect()))
    }
}
