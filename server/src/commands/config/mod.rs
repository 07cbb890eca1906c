//! `headwater config`: shows and changes the configuration of topics, nodes and groups.

mod command;
mod resources;
mod topics;

pub(super) use command::{ConfigArguments, run};
