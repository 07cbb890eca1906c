//! The subcommands, one file each; `dispatch.rs` is the one list where they register.

mod consume;
mod data_dir;
mod datagen;
mod dispatch;
mod produce;
mod run;
mod sql;
mod topic;
mod variables;

pub(crate) use dispatch::Command;
pub(crate) use sql::execute_text;
