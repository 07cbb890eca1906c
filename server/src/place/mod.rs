//! The log that a command talks to: a data directory that the program opens, or servers that it asks.

mod choice;
mod control;
mod data_dir;
#[cfg(feature = "kafka")]
mod kafka;
mod open_log;
mod servers;
#[cfg(feature = "kafka")]
mod sized_log;

pub(crate) use choice::{LogChoice, Place};
pub(crate) use control::Control;
pub(crate) use data_dir::DataDir;
pub(crate) use open_log::OpenLog;
pub(crate) use servers::Servers;
