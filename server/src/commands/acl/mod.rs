//! `headwater acl`: lists, creates and deletes access control lists, in the words of Kafka's tools.

mod arguments;
mod command;
mod filter;
mod wishes;

pub(super) use command::{AclArguments, run};
