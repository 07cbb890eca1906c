//! What an aggregate function is, and the list of them.

use super::count::Count;
use super::distinct::Distinct;
use super::exact::Exact;
use super::extreme::{End, Extreme};
use super::float::Float;
use crate::aggregate::AggregateFunction;
use crate::aggregate::multiset::Multiset;
use crate::codec::{Interner, ValueReader};
use crate::columns::{Cell, ColumnView, Kind};
use crate::{Error, Result};
use arrow::array::BooleanArray;
use arrow::datatypes::DataType;
use streams_state::Store;

/// The rows of a batch as one aggregate sees them.
pub(crate) struct Input<'a> {
    /// The group of each row, by its number in the batch.
    pub(crate) groups: &'a [u32],
    /// The weight of each row; `None`: 1.
    pub(crate) weights: Option<&'a [i64]>,
    /// The argument; none for `count(*)`.
    pub(crate) argument: Option<&'a ColumnView>,
    /// Only rows for which this is true count.
    pub(crate) filter: Option<&'a BooleanArray>,
    /// The keys of the groups.
    pub(crate) keys: &'a Interner,
}

impl Input<'_> {
    /// Calls `visit` with row, group and weight of each row that counts and whose argument is not null.
    #[inline]
    pub(crate) fn each(&self, mut visit: impl FnMut(usize, usize, i64)) {
        for (row, group) in self.groups.iter().enumerate() {
            let counts = self.filter.is_none_or(|filter| filter.value(row)) && !self.argument.is_some_and(|argument| argument.is_null(row));
            if counts {
                visit(row, *group as usize, self.weights.map_or(1, |weights| weights[row]));
            }
        }
    }

    /// The argument at `row`.
    #[inline]
    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        self.argument.map_or(Cell::Null, |argument| argument.cell(row))
    }
}

/// One aggregate over all groups of a batch, held in columns. Groups are loaded in the order of their numbers, then updated together.
pub(crate) trait Accumulator: Send {
    /// Forgets all groups.
    fn clear(&mut self);

    /// Adds the next group, with its stored state or, without one, empty.
    fn load(&mut self, state: Option<&mut ValueReader<'_>>) -> Result<()>;

    /// Adds rows to their groups.
    fn update(&mut self, input: &Input<'_>, store: &mut dyn Store) -> Result<()>;

    /// Appends a group's state.
    fn save(&self, group: usize, out: &mut Vec<u8>);

    /// A group's result.
    fn result(&self, group: usize) -> Result<Cell<'_>>;
}

/// An aggregate to be prepared.
pub(crate) struct Prepared<'a> {
    pub(crate) function: AggregateFunction,
    /// Its place among the aggregates of the grouping.
    pub(crate) number: usize,
    /// The column of its results.
    pub(crate) name: &'a str,
    pub(crate) argument: Option<&'a DataType>,
    pub(crate) output: &'a DataType,
    pub(crate) append_only: bool,
}

/// The accumulator of an aggregate.
///
/// Errors: an argument or result type the function does not take.
pub(crate) fn accumulator(call: &Prepared<'_>) -> Result<Box<dyn Accumulator>> {
    let argument = || call.argument.ok_or_else(|| Error::Format { reason: format!("aggregate {:?} needs an argument", call.name) });
    Ok(match call.function {
        AggregateFunction::CountStar | AggregateFunction::Count => Box::new(Count::default()),
        AggregateFunction::CountDistinct => {
            crate::codec::ensure_key_type(argument()?, "count(distinct)")?;
            Box::new(Distinct::new(Multiset::new(call.number, false), call.append_only))
        }
        AggregateFunction::Min => Box::new(extreme(End::Least, call, argument()?)?),
        AggregateFunction::Max => Box::new(extreme(End::Greatest, call, argument()?)?),
        AggregateFunction::Sum | AggregateFunction::Avg => {
            let argument = argument()?;
            match Kind::of(argument) {
                Some(Kind::Float) => Box::new(Float::new(call)?),
                Some(Kind::Uint | Kind::Decimal) => Box::new(Exact::new(call, argument)?),
                Some(Kind::Int) if argument.is_integer() => Box::new(Exact::new(call, argument)?),
                _ => return Err(Error::unsupported_type(argument, format!("the sum or mean of {:?}", call.name))),
            }
        }
    })
}

fn extreme(end: End, call: &Prepared<'_>, argument: &DataType) -> Result<Extreme> {
    crate::codec::ensure_key_type(argument, "min or max")?;
    let multiset = (!call.append_only).then(|| Multiset::new(call.number, end == End::Greatest));
    Ok(Extreme::new(end, argument.clone(), multiset))
}
