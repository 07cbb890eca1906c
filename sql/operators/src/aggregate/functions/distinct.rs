//! `count(distinct x)`. State: the count of values present; the values themselves are in the store with how often each occurs.
//!
//! Where rows are never taken back a value is stored once, and a bounded memory of values known to be stored spares most look-ups.

use super::registry::{Accumulator, Input};
use crate::Result;
use crate::aggregate::multiset::{Multiset, write_weight};
use crate::codec::{Interner, ValueReader, write_signed};
use crate::columns::Cell;
use streams_state::Store;

/// The memory of stored values is emptied when it outgrows this.
const KNOWN_BYTES_MAX: usize = 8 << 20;

pub(super) struct Distinct {
    values: Multiset,
    append_only: bool,
    known: Interner,
    counts: Vec<i64>,
}

impl Distinct {
    pub(super) fn new(values: Multiset, append_only: bool) -> Distinct {
        Distinct { values, append_only, known: Interner::new(), counts: Vec::new() }
    }

    fn add_only(&mut self, input: &Input<'_>, store: &mut dyn Store) -> Result<()> {
        let Distinct { values, known, counts, .. } = self;
        if known.size_bytes() > KNOWN_BYTES_MAX {
            known.clear();
        }
        let fresh: Vec<_> = values.entries(input.keys).filter(|(_, _, _, key)| known.intern(key).1).collect();
        let keys: Vec<&[u8]> = fresh.iter().map(|(_, _, _, key)| key.as_slice()).collect();
        let stored = store.multi_get(&keys)?;
        let mut present = Vec::new();
        write_weight(&mut present, 1);
        for ((group, _, _, key), stored) in fresh.iter().zip(stored) {
            if stored.is_none() {
                store.put(key, Some(&present))?;
                counts[*group] += 1;
            }
        }
        Ok(())
    }
}

impl Accumulator for Distinct {
    fn clear(&mut self) {
        self.counts.clear();
    }

    fn load(&mut self, state: Option<&mut ValueReader<'_>>) -> Result<()> {
        self.counts.push(state.map_or(Ok(0), ValueReader::signed)?);
        Ok(())
    }

    fn update(&mut self, input: &Input<'_>, store: &mut dyn Store) -> Result<()> {
        self.values.collect(input);
        if self.append_only {
            return self.add_only(input, store);
        }
        let counts = &mut self.counts;
        self.values.apply(input.keys, store, |changed| {
            counts[changed.group] += i64::from(changed.is_present) - i64::from(changed.was_present);
        })
    }

    fn save(&self, group: usize, out: &mut Vec<u8>) {
        write_signed(out, self.counts[group]);
    }

    fn result(&self, group: usize) -> Result<Cell<'_>> {
        Ok(Cell::Int(self.counts[group]))
    }
}
