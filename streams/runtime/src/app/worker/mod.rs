//! A worker: polls for all its tasks with one consumer, lets them process, commits them when it is time, and waits when there is nothing to do.
//!
//! It blocks only in RocksDB; no lock is held across an await.

mod commits;
mod turn;
mod waiting;

pub(super) use turn::{Assignment, Command, run};
