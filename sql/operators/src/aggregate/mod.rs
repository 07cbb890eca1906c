//! Grouping, with and without windows of event time, on changes.
//!
//! Both operators have one store. Its entries, by the parts of their keys (`streams_state::key`; `window` only where there are windows):
//! ```text
//! null                                    closed: every window that ends at or before this many ms is closed
//! false [window] group…                   the group: version, count of rows, latest event time, the state of each aggregate
//! true  [window] group… number value      how often the value occurs, for the aggregate of that number (distinct, min, max)
//! ```
//! In entries of `max` the bytes of `value` are inverted, so that the greatest comes first. A group without rows has no entries; only the one
//! group of a grouping without keys and windows stays.

mod functions;
mod grouping;
mod in_time;
mod late;
mod multiset;
mod pending;
mod plain;
mod render;
mod spec;
mod tumble;
mod windows;

#[cfg(test)]
mod differential;

pub use in_time::only_in_time;
pub use plain::aggregate;
pub use spec::{AggregateCall, AggregateFunction, AggregateSpec, EmitMode, TumbleSpec, Window};
pub use tumble::tumble_aggregate;
