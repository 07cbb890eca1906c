//! The subcommands, one file each; this is the one list where they register.

mod consume;
mod data_dir;
mod datagen;
mod dispatch;
mod produce;
pub(crate) mod rows;
mod run;
mod sql;
mod topic;

pub(crate) use dispatch::Command;
pub(crate) use sql::execute;
