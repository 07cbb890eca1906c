//! `min` and `max`. State: the key of the extreme value, nothing while there is none.
//!
//! Where rows are never taken back that is all. Otherwise all values are kept in order in the store; the stored extreme makes it unnecessary to look
//! there unless the extreme itself went away.

use super::registry::{Accumulator, Input};
use crate::Result;
use crate::aggregate::multiset::Multiset;
use crate::codec::{ValueReader, value_key, value_of_key, write_bytes};
use crate::columns::Cell;
use arrow::datatypes::DataType;
use streams_state::Store;
use streams_state::key::KeyWriter;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Least,
    Greatest,
}

impl End {
    #[inline]
    fn beats(self, value: &[u8], current: &[u8]) -> bool {
        match self {
            // An empty key is no value: the first value always wins.
            _ if current.is_empty() => true,
            End::Least => value < current,
            End::Greatest => value > current,
        }
    }
}

pub(super) struct Extreme {
    end: End,
    data_type: DataType,
    values: Option<Multiset>,
    /// For each group the key of the extreme value; empty: none.
    extremes: Vec<Vec<u8>>,
    scratch: KeyWriter,
}

impl Extreme {
    pub(super) fn new(end: End, data_type: DataType, values: Option<Multiset>) -> Extreme {
        Extreme { end, data_type, values, extremes: Vec::new(), scratch: KeyWriter::new() }
    }

    fn update_stored(&mut self, input: &Input<'_>, store: &mut dyn Store) -> Result<()> {
        let Extreme { end, values, extremes, .. } = self;
        let Some(values) = values else { return Ok(()) };
        values.collect(input);
        let mut lost = Vec::new();
        values.apply(input.keys, store, |changed| {
            let extreme = &mut extremes[changed.group];
            if changed.is_present && end.beats(changed.value, extreme) {
                extreme.clear();
                extreme.extend_from_slice(changed.value);
            } else if changed.was_present && !changed.is_present && changed.value == extreme.as_slice() {
                lost.push(changed.group);
            }
        })?;
        for group in lost {
            extremes[group] = values.first(input.keys.key(group as u32), store)?.unwrap_or_default();
        }
        Ok(())
    }
}

impl Accumulator for Extreme {
    fn clear(&mut self) {
        self.extremes.clear();
    }

    fn load(&mut self, state: Option<&mut ValueReader<'_>>) -> Result<()> {
        self.extremes.push(state.map_or(Ok(&[][..]), ValueReader::bytes)?.to_vec());
        Ok(())
    }

    fn update(&mut self, input: &Input<'_>, store: &mut dyn Store) -> Result<()> {
        if self.values.is_some() {
            return self.update_stored(input, store);
        }
        input.each(|row, group, _| {
            let value = value_key(&mut self.scratch, &input.cell(row));
            let extreme = &mut self.extremes[group];
            if self.end.beats(value, extreme) {
                extreme.clear();
                extreme.extend_from_slice(value);
            }
        });
        Ok(())
    }

    fn save(&self, group: usize, out: &mut Vec<u8>) {
        write_bytes(out, &self.extremes[group]);
    }

    fn result(&self, group: usize) -> Result<Cell<'_>> {
        match self.extremes[group].as_slice() {
            [] => Ok(Cell::Null),
            key => value_of_key(key, &self.data_type),
        }
    }
}
