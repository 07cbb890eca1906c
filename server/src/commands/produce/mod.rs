//! `headwater produce`: appends records to a topic: lines, or what a format says, of standard input or files.

mod command;
mod input;
mod lines;
mod sender;

pub(super) use command::{ProduceArguments, run};
