//! `headwater bench`: measures a log from outside, through the interface of every other command or in Kafka's protocol itself.

mod command;
mod consume;
mod ends;
mod gauge;
mod latency;
mod load;
mod pace;
mod produce;
mod report;
mod through;
mod usage;
mod wire;

pub(super) use command::{BenchArguments, run};
