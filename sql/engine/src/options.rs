//! How an engine is set up.

use std::path::PathBuf;

/// Settings of an [`Engine`](crate::Engine). The defaults suit one process with its own data directory.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Where running queries keep their state; derived from the log, it may be deleted.
    pub state_dir: PathBuf,
    /// How often running queries commit, in milliseconds.
    pub commit_interval_ms: u64,
    /// How many threads the queries of one relation may use.
    pub thread_count: usize,
}

impl EngineOptions {
    /// The defaults with this state directory.
    pub fn new(state_dir: impl Into<PathBuf>) -> EngineOptions {
        EngineOptions { state_dir: state_dir.into(), commit_interval_ms: 100, thread_count: 1 }
    }
}
