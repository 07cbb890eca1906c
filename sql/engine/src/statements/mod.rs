//! Executing statements: one file each, chosen in `list.rs`.

mod assignment;
mod create_connector;
mod create_relation;
mod describe;
mod drop;
mod exists;
mod explain;
mod insert;
mod list;
mod select;
mod show;
mod table;

pub(crate) use list::execute;
