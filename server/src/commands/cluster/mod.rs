//! `headwater cluster`: where a log is, who keeps it, and what it holds in all.

mod command;
mod log_dirs;
mod nodes;
mod overview;

pub(super) use command::{ClusterArguments, run};
