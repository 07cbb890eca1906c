//! `headwater server`: serves a data directory to Kafka clients.

mod command;
mod config_file;
mod settings;

pub(super) use command::{ServerArguments, run};
