//! How often each value occurs in a group, for one aggregate, in the grouping's store (layout: see the module above).

use super::grouping::{entry_key, values_tag};
use crate::codec::{Interner, ROW_VERSION, ValueReader, value_key, write_signed};
use crate::{Error, Result};
use std::ops::ControlFlow;
use streams_state::Store;
use streams_state::key::KeyWriter;

/// The values of one aggregate.
pub(super) struct Multiset {
    /// The aggregate's number, as a key part.
    number: Vec<u8>,
    /// Whether the greatest value comes first.
    descending: bool,
    /// Distinct (group, value) of the current batch, as the 4 bytes of the group's number and the value's key, with summed weights.
    pairs: Interner,
    weights: Vec<i64>,
    scratch: KeyWriter,
}

/// A (group, value) whose number of occurrences has changed.
pub(super) struct Changed<'a> {
    pub(super) group: usize,
    /// The value's key.
    pub(super) value: &'a [u8],
    pub(super) was_present: bool,
    pub(super) is_present: bool,
}

impl Multiset {
    pub(super) fn new(number: usize, descending: bool) -> Multiset {
        let number = KeyWriter::new().int(number as i64).as_slice()[1..].to_vec();
        Multiset { number, descending, pairs: Interner::new(), weights: Vec::new(), scratch: KeyWriter::new() }
    }

    /// Notes the values of a batch: one weight for each distinct (group, value).
    pub(super) fn collect(&mut self, input: &super::functions::Input<'_>) {
        self.pairs.clear();
        self.weights.clear();
        let mut pair = Vec::new();
        input.each(|row, group, weight| {
            pair.clear();
            pair.extend_from_slice(&(group as u32).to_be_bytes());
            pair.extend_from_slice(value_key(&mut self.scratch, &input.cell(row)));
            let (id, new) = self.pairs.intern(&pair);
            if new {
                self.weights.push(0);
            }
            self.weights[id as usize] += weight;
        });
    }

    /// The noted (group, value)s: group number, value key, weight and key in the store.
    pub(super) fn entries<'a>(&'a self, groups: &'a Interner) -> impl Iterator<Item = (usize, &'a [u8], i64, Vec<u8>)> + 'a {
        self.pairs.keys().zip(&self.weights).map(|(pair, weight)| {
            let (group, value) = pair.split_at(4);
            let group = u32::from_be_bytes([group[0], group[1], group[2], group[3]]);
            let mut key = self.prefix(groups.key(group));
            self.push_value(&mut key, value);
            (group as usize, value, *weight, key)
        })
    }

    fn prefix(&self, group_key: &[u8]) -> Vec<u8> {
        let mut key = entry_key(values_tag(), group_key);
        key.extend_from_slice(&self.number);
        key
    }

    /// Appends a value's key part, without the version before it.
    fn push_value(&self, key: &mut Vec<u8>, value: &[u8]) {
        let flip = if self.descending { 0xff } else { 0 };
        key.extend(value[1..].iter().map(|byte| byte ^ flip));
    }

    /// Adds the noted weights to the stored ones and tells of each (group, value) how it changed.
    pub(super) fn apply(&self, groups: &Interner, store: &mut dyn Store, mut visit: impl FnMut(Changed<'_>)) -> Result<()> {
        let entries: Vec<_> = self.entries(groups).filter(|(_, _, weight, _)| *weight != 0).collect();
        let keys: Vec<&[u8]> = entries.iter().map(|(_, _, _, key)| key.as_slice()).collect();
        let stored = store.multi_get(&keys)?;
        let mut bytes = Vec::new();
        for ((group, value, weight, key), stored) in entries.into_iter().zip(stored) {
            let before = stored.map_or(Ok(0), |bytes| read_weight(&bytes))?;
            let after = before + weight;
            if after == 0 {
                store.put(&key, None)?;
            } else {
                write_weight(&mut bytes, after);
                store.put(&key, Some(&bytes))?;
            }
            visit(Changed { group, value, was_present: before > 0, is_present: after > 0 });
        }
        Ok(())
    }

    /// The key of the first value of a group that is present: the least, or, descending, the greatest.
    pub(super) fn first(&self, group_key: &[u8], store: &mut dyn Store) -> Result<Option<Vec<u8>>> {
        let prefix = self.prefix(group_key);
        let mut end = prefix.clone();
        end.push(0xff);
        let mut found = None;
        let version = group_key.first().copied().ok_or_else(|| Error::bug("an empty group key"))?;
        let flip = if self.descending { 0xff } else { 0 };
        let mut damage = None;
        store.scan(&prefix, Some(&end), &mut |key, value| match read_weight(value) {
            Ok(weight) if weight > 0 => {
                found = Some([version].into_iter().chain(key[prefix.len()..].iter().map(|byte| byte ^ flip)).collect());
                Ok(ControlFlow::Break(()))
            }
            Ok(_) => Ok(ControlFlow::Continue(())),
            Err(error) => {
                damage = Some(error);
                Ok(ControlFlow::Break(()))
            }
        })?;
        damage.map_or(Ok(found), Err)
    }
}

/// The stored form of a weight.
pub(super) fn write_weight(out: &mut Vec<u8>, weight: i64) {
    out.clear();
    out.push(ROW_VERSION);
    write_signed(out, weight);
}

fn read_weight(bytes: &[u8]) -> Result<i64> {
    let mut reader = ValueReader::versioned(bytes, "value count")?;
    let weight = reader.signed()?;
    reader.finish()?;
    Ok(weight)
}
