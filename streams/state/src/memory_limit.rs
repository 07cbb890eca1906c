//! The memory that all RocksDB stores of a process share: one block cache, out of which the write buffers are paid too.

use rocksdb::{Cache, WriteBufferManager};
use std::fmt;
use std::sync::OnceLock;

/// What [`MemoryLimit::process`] allows: 256 MiB.
const PROCESS_BYTES: usize = 256 << 20;

/// Memory shared by RocksDB stores; cheap to clone. Blocks, indexes, filters and write buffers together stay below its limit: write buffers
/// are flushed early when they take half of it, and blocks are evicted to make room.
#[derive(Clone)]
pub struct MemoryLimit {
    pub(crate) cache: Cache,
    pub(crate) write_buffers: WriteBufferManager,
    limit_bytes: usize,
}

impl MemoryLimit {
    /// Memory for a group of stores.
    pub fn new(limit_bytes: usize) -> Self {
        let cache = Cache::new_lru_cache(limit_bytes);
        // Stalling writers at the limit could stop a commit half way through a round of tasks; flushing early is enough.
        let write_buffers = WriteBufferManager::new_write_buffer_manager_with_cache(limit_bytes / 2, false, cache.clone());
        MemoryLimit { cache, write_buffers, limit_bytes }
    }

    /// The memory that all stores of this process share unless told otherwise.
    pub fn process() -> Self {
        static PROCESS: OnceLock<MemoryLimit> = OnceLock::new();
        PROCESS.get_or_init(|| MemoryLimit::new(PROCESS_BYTES)).clone()
    }

    /// The limit.
    pub fn limit_bytes(&self) -> usize {
        self.limit_bytes
    }

    /// What is in use now.
    pub fn used_bytes(&self) -> usize {
        self.cache.get_usage()
    }
}

impl fmt::Debug for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryLimit({} of {} bytes)", self.used_bytes(), self.limit_bytes)
    }
}
