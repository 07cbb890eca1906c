//! `headwater bench`: measures a log from outside, through the same interface as every other command.

mod command;
mod consume;
mod gauge;
mod latency;
mod load;
mod pace;
mod produce;
mod report;
mod usage;

pub(super) use command::{BenchArguments, run};
