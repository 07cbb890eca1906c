//! `headwater consume`: prints the records of topics, from a place to another, to the end, or on and on.

mod arguments;
mod command;
mod group;
mod print;
mod span;

pub(super) use arguments::ConsumeArguments;
pub(super) use command::run;
