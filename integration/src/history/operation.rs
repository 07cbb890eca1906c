//! What a history consists of.
//!
//! Always: `invoked <= completed`; a value is sent by one action of one operation; an operation whose end nobody saw is completed at [`u64::MAX`].

use std::collections::BTreeSet;
use std::fmt;

/// One partition of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The topic's name.
    pub topic: &'static str,
    /// The partition's index in the topic.
    pub partition: i32,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

/// What a record holds; no two sends share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(pub u64);

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// One life of one client: a producer or consumer started anew is another client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(pub u32);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "client {}", self.0)
    }
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It certainly happened.
    Ok,
    /// It certainly did not happen. What it polled was polled, but moved no position.
    Fail,
    /// It may have happened.
    Info,
}

/// A step of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// One record was sent.
    Send {
        /// To where.
        key: Key,
        /// What.
        value: Value,
        /// Where it lies, if the log said so.
        offset: Option<i64>,
    },
    /// Records of one partition came, in this order.
    Poll {
        /// From where.
        key: Key,
        /// Offsets and values.
        records: Vec<(i64, Value)>,
    },
}

/// What an operation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Sends and polls that stand and fall together: a transaction, or a single send or poll.
    Actions {
        /// In the order they were asked for.
        actions: Vec<Action>,
        /// Partitions that changed hands meanwhile.
        rebalanced: BTreeSet<Key>,
    },
    /// From now on the client reads these partitions: those it read before from where it was, the others from anywhere.
    Hold(BTreeSet<Key>),
}

/// One operation of one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Whose.
    pub client: ClientId,
    /// When it began; only the order of times counts.
    pub invoked: u64,
    /// When it ended.
    pub completed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What it did.
    pub work: Work,
}

impl Operation {
    /// Its steps.
    pub fn actions(&self) -> &[Action] {
        match &self.work {
            Work::Actions { actions, .. } => actions,
            Work::Hold(_) => &[],
        }
    }

    /// What it sent, and where that lies as far as the log said.
    pub fn sends(&self) -> impl Iterator<Item = (Key, Value, Option<i64>)> {
        self.actions().iter().filter_map(|action| match action {
            Action::Send { key, value, offset } => Some((*key, *value, *offset)),
            Action::Poll { .. } => None,
        })
    }

    /// What it polled: partition, offset, value.
    pub fn polls(&self) -> impl Iterator<Item = (Key, i64, Value)> {
        self.actions().iter().flat_map(|action| {
            let (key, records) = match action {
                Action::Poll { key, records } => (*key, records.as_slice()),
                Action::Send { key, .. } => (*key, &[][..]),
            };
            records.iter().map(move |(offset, value)| (key, *offset, *value))
        })
    }
}

impl fmt::Display for Operation {
    /// As a line of a report: long lists are cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} {:?} {}..{}", self.client, self.outcome, self.invoked, self.completed)?;
        for (key, value, offset) in self.sends().take(8) {
            write!(f, " send {key} {value}")?;
            offset.map_or(Ok(()), |offset| write!(f, "@{offset}"))?;
        }
        for (key, offset, value) in self.polls().take(8) {
            write!(f, " poll {key} {value}@{offset}")?;
        }
        write!(f, "{}]", if self.sends().count() > 8 || self.polls().count() > 8 { " …" } else { "" })
    }
}

/// What all clients did, in any order.
pub type History = Vec<Operation>;
