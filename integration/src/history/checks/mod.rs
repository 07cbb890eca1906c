//! One file per question that is asked of a history.

mod aborted;
mod cycles;
mod list;
mod lost;
mod offsets;
mod polls;
mod precommitted;
mod sends;

pub(super) use list::CHECKS;
