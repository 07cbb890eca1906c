//! How an engine is set up.

use std::path::PathBuf;

/// Where running queries keep their state beside its changelogs in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateStores {
    /// In RocksDB in the state directory: of any size, and there again at the next start.
    #[default]
    Disk,
    /// In memory: each start replays the changelogs. For state that is small, and for tests.
    Memory,
}

/// Settings of an [`Engine`](crate::Engine). The defaults suit one process with its own data directory.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Where running queries keep their state; derived from the log, it may be deleted.
    pub state_dir: PathBuf,
    /// How often running queries commit, in milliseconds.
    pub commit_interval_ms: u64,
    /// How many threads the queries of one relation may use.
    pub thread_count: usize,
    /// Whether opening starts the queries and connectors of the catalog. Otherwise [`Engine::resume`](crate::Engine::resume) does; until then they stand
    /// still, and SELECT sees what they have written so far.
    pub resume: bool,
    /// Where running queries keep their state.
    pub stores: StateStores,
    /// The memory that all batch SELECTs share for sorting, joining and grouping. What can goes to temporary files beyond it; what cannot is refused.
    pub select_memory_bytes: usize,
}

impl EngineOptions {
    /// The defaults with this state directory.
    pub fn new(state_dir: impl Into<PathBuf>) -> EngineOptions {
        EngineOptions {
            state_dir: state_dir.into(),
            commit_interval_ms: 100,
            thread_count: 1,
            resume: true,
            stores: StateStores::Disk,
            select_memory_bytes: 1 << 30,
        }
    }
}
