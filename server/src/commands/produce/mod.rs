//! `headwater produce`: appends lines from standard input to a topic, one record a line.

mod command;
mod lines;
mod sender;

pub(super) use command::{ProduceArguments, run};
