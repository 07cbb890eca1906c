//! `headwater group`: lists groups, shows who is in them and where they stand, moves and deletes them.

mod command;
mod delete;
mod describe;
mod facts;
mod list;
mod plan;
mod reset;
mod standing;

pub(super) use command::{GroupArguments, run};
pub(super) use facts::listed;
