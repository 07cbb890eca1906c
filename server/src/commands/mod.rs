//! The subcommands, one file or folder each; `dispatch.rs` is the one list where they register.

mod acl;
mod bench;
mod cluster;
mod compression;
mod config;
mod consume;
mod datagen;
mod dispatch;
mod group;
mod produce;
mod run;
mod server;
mod sql;
mod topic;
mod transaction;
mod variables;

pub(crate) use compression::compression;
pub(crate) use dispatch::Command;
pub(crate) use sql::execute_text;
