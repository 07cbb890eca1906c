//! What all checks look up: who wrote, who read, and in which order the values of a partition lie.

use super::operation::{ClientId, History, Key, Operation, Outcome, Value};
use super::order::Order;
use std::collections::BTreeMap;

/// Derived from a history.
pub(super) struct Index<'a> {
    /// By invocation.
    pub(super) operations: Vec<&'a Operation>,
    /// Of each client its operations, by invocation; numbers are indexes in `operations`.
    pub(super) clients: BTreeMap<ClientId, Vec<usize>>,
    writers: BTreeMap<(Key, Value), usize>,
    readers: BTreeMap<(Key, Value), Vec<usize>>,
    pub(super) orders: BTreeMap<Key, Order>,
}

impl<'a> Index<'a> {
    pub(super) fn new(history: &'a History) -> Index<'a> {
        let mut operations: Vec<&Operation> = history.iter().collect();
        operations.sort_by_key(|operation| operation.invoked);
        let (clients, writers, readers, orders) = Default::default();
        let mut index = Index { operations, clients, writers, readers, orders };
        for (number, operation) in index.operations.iter().enumerate() {
            index.clients.entry(operation.client).or_default().push(number);
            for (key, value, offset) in operation.sends() {
                index.writers.insert((key, value), number);
                // Where a transaction that may have been aborted put something says nothing about what readers see.
                if let (Some(offset), Outcome::Ok) = (offset, operation.outcome) {
                    index.orders.entry(key).or_default().sent(offset, value);
                }
            }
            for (key, offset, value) in operation.polls() {
                index.readers.entry((key, value)).or_default().push(number);
                index.orders.entry(key).or_default().read(offset, value);
            }
        }
        index.orders.values_mut().for_each(Order::close);
        index
    }

    pub(super) fn writer(&self, key: Key, value: Value) -> Option<usize> {
        self.writers.get(&(key, value)).copied()
    }

    pub(super) fn readers(&self, key: Key, value: Value) -> &[usize] {
        self.readers.get(&(key, value)).map_or(&[], Vec::as_slice)
    }

    /// Each value that was read, once.
    pub(super) fn read_values(&self) -> impl Iterator<Item = (Key, Value)> {
        self.readers.keys().copied()
    }

    /// Where a value lies in the version order of its partition, if anybody knows.
    pub(super) fn place(&self, key: Key, value: Value) -> Option<usize> {
        self.orders.get(&key)?.index(value)
    }

    /// Whether it is certain that what the operation sent is committed.
    pub(super) fn has_committed(&self, operation: &Operation) -> bool {
        match operation.outcome {
            Outcome::Ok => true,
            Outcome::Info => operation.sends().any(|(key, value, _)| !self.readers(key, value).is_empty()),
            Outcome::Fail => false,
        }
    }
}
