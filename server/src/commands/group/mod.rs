//! `headwater group`: lists groups, shows where they stand, and moves them.

mod command;
mod describe;
mod plan;
mod reset;
mod standing;

pub(super) use command::{GroupArguments, run};
