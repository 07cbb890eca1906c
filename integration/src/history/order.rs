//! The version order of one partition: what lies where, without the offsets that nobody sees.

use super::operation::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Built from what was polled and from the offsets that certain sends were given.
#[derive(Default)]
pub(super) struct Order {
    offsets: BTreeMap<i64, BTreeSet<Value>>,
    indexes: BTreeMap<Value, usize>,
    values: Vec<Value>,
    /// The highest offset that was polled.
    pub(super) last_read: Option<i64>,
}

impl Order {
    pub(super) fn sent(&mut self, offset: i64, value: Value) {
        self.offsets.entry(offset).or_default().insert(value);
    }

    pub(super) fn read(&mut self, offset: i64, value: Value) {
        self.sent(offset, value);
        self.last_read = self.last_read.max(Some(offset));
    }

    /// To be called once everything has been told: numbers the values from 0. A value at several offsets counts at its first.
    pub(super) fn close(&mut self) {
        for value in self.offsets.values().flatten() {
            if !self.indexes.contains_key(value) {
                self.indexes.insert(*value, self.values.len());
                self.values.push(*value);
            }
        }
    }

    /// The values claimed for each offset.
    pub(super) fn offsets(&self) -> impl Iterator<Item = (i64, &BTreeSet<Value>)> {
        self.offsets.iter().map(|(offset, values)| (*offset, values))
    }

    pub(super) fn index(&self, value: Value) -> Option<usize> {
        self.indexes.get(&value).copied()
    }

    /// In version order.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }
}
