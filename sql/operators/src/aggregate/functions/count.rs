//! `count(*)` and `count(x)`: the sum of weights. State: the count.

use super::registry::{Accumulator, Input};
use crate::Result;
use crate::codec::{ValueReader, write_signed};
use crate::columns::Cell;
use streams_state::Store;

#[derive(Default)]
pub(super) struct Count {
    counts: Vec<i64>,
}

impl Accumulator for Count {
    fn clear(&mut self) {
        self.counts.clear();
    }

    fn load(&mut self, state: Option<&mut ValueReader<'_>>) -> Result<()> {
        self.counts.push(state.map_or(Ok(0), ValueReader::signed)?);
        Ok(())
    }

    fn update(&mut self, input: &Input<'_>, _store: &mut dyn Store) -> Result<()> {
        input.each(|_, group, weight| self.counts[group] += weight);
        Ok(())
    }

    fn save(&self, group: usize, out: &mut Vec<u8>) {
        write_signed(out, self.counts[group]);
    }

    fn result(&self, group: usize) -> Result<Cell<'_>> {
        Ok(Cell::Int(self.counts[group]))
    }
}
