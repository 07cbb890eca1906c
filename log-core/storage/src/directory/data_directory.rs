//! The data directory: what it is made of, and what keeps it together.

use super::append::Purpose;
use super::change::Change;
use super::checkpoint::CheckpointState;
use super::flush::{Commit, Ends};
use super::health::Health;
use super::options::DirectoryOptions;
use super::slot::Slot;
use super::syncer::Syncer;
use crate::journal::{EntryEncoder, JournalWriter, SectorBuffer};
use crate::{Error, Result};
use log_env::{Disk, Lock};
use log_model::TopicPartition;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// One open data directory. Shared as `Arc<DataDirectory>`; all methods may be called from any thread and may block on the disk.
///
/// - Producers call [`stage`](DataDirectory::stage). It numbers the batches and copies them into the next journal group; that is memory
///   only, unless a limit is reached: then the caller itself flushes, writes behind or checkpoints first, which is the back-pressure.
/// - One thread calls [`flush`](DataDirectory::flush) whenever something is staged, and acknowledges what it covers. While it waits for the
///   disk, the next group is staged.
/// - One thread now and then calls [`write_behind`](DataDirectory::write_behind), [`maintain`](DataDirectory::maintain) and, when
///   [`needs_checkpoint`](DataDirectory::needs_checkpoint) says so, [`checkpoint`](DataDirectory::checkpoint).
///
/// # Errors
/// Every method answers [`Error::Dead`] after a failed sync or a failed write; open the directory again then. On a full disk appends answer
/// kind `Full` while reads go on, and appends are accepted again once there is room.
///
/// ```
/// use log_env::Env;
/// use log_model::{CompressionType, Offset, Timestamp, TopicConfig, TopicId, TopicName};
/// use log_record::BatchBuilder;
/// use log_storage::{DataDirectory, DirectoryOptions, Isolation};
/// use std::path::Path;
///
/// let (env, _sim) = Env::simulated(1);
/// let directory = DataDirectory::open(&env, Path::new("data"), DirectoryOptions::default())?;
/// let partition = TopicName::new("greetings")?.partition(0);
/// directory.create_partition(&partition, TopicId(uuid::Uuid::from_u128(7)), &TopicConfig::default())?;
///
/// let mut batch = BatchBuilder::new(CompressionType::None);
/// batch.append_parts(Timestamp(0), None, Some(b"hello"), &[])?;
/// let staged = directory.stage(vec![(partition.clone(), vec![batch.build()])], env.clock.wall_ms())?;
/// assert!(directory.flush()?.lsn >= staged.lsn);
/// let fetched = directory.read(&partition, Offset::ZERO, 1 << 20, Isolation::ReadCommitted)?;
/// assert_eq!(fetched.batches.len(), 1);
/// directory.close()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DataDirectory {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) path: PathBuf,
    pub(super) options: DirectoryOptions,
    pub(super) syncer: Syncer,
    pub(super) health: Health,
    pub(super) slots: RwLock<BTreeMap<TopicPartition, Arc<Slot>>>,
    /// Held while topics are created, deleted or configured.
    pub(super) topics: Mutex<()>,
    /// Held while partitions are cleaned: one at a time.
    pub(super) maintenance: Mutex<()>,
    /// Held while segments are synced, removed or replaced.
    pub(super) checkpoint_state: Mutex<CheckpointState>,
    /// Held while a group is written and made visible.
    pub(super) commit: Mutex<Commit>,
    pub(super) staging: Mutex<Staging>,
    pub(super) journal: JournalWriter,
    /// The end of the stream if everything is staged that has claimed a place; never beyond the journal's room.
    pub(super) claimed_lsn: AtomicU64,
    /// Everything below is durable and visible.
    pub(super) durable_lsn: AtomicU64,
    /// The journal position of the last checkpoint.
    pub(super) checkpoint_lsn: AtomicU64,
    /// What was appended without the journal since the last checkpoint.
    pub(super) os_bytes: AtomicU64,
    /// When `needs_checkpoint` first saw something that no checkpoint covers: nanoseconds of the monotonic clock, or `NEVER`.
    pub(super) unvouched_since: AtomicU64,
    /// Something that is not in the journal changed what the checkpoint should say.
    pub(super) is_stale: AtomicBool,
    /// The memory of staged and hot batches.
    pub(super) hot_bytes: AtomicU64,
    /// See [`DataDirectory::set_producer_expiration_ms`].
    pub(super) producer_expiration_ms: AtomicI64,
    pub(super) _lock: Box<dyn Lock>,
}

/// What the next flush takes.
#[derive(Debug)]
pub(super) struct Staging {
    pub(super) buffer: SectorBuffer,
    /// The ends to commit partitions up to once the buffer is durable.
    pub(super) ends: Ends,
}

impl DataDirectory {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a disk failure has ended its life: nothing works any more but opening it again.
    pub fn is_dead(&self) -> bool {
        self.health.is_dead()
    }

    /// Ends its life: whoever runs it has found a bug, and what it holds in memory may be half done. What was acknowledged is on disk.
    pub fn give_up(&self, reason: &str) {
        self.health.kill(reason);
    }

    /// How long a producer that writes nothing and has no open transaction is remembered, from the next retention on; a day until this is called.
    /// Kafka's `producer.id.expiration.ms`.
    pub fn set_producer_expiration_ms(&self, expiration_ms: i64) {
        self.producer_expiration_ms.store(expiration_ms, Ordering::Relaxed);
    }

    /// The memory that recent batches take.
    pub fn hot_bytes(&self) -> u64 {
        self.hot_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn topics_path(&self) -> PathBuf {
        self.path.join("topics")
    }

    pub(super) fn slot(&self, partition: &TopicPartition) -> Result<Arc<Slot>> {
        let found = self.slots.read().get(partition).cloned();
        found.ok_or_else(|| Error::UnknownPartition { partition: partition.clone() })
    }

    /// All partitions, at this moment.
    pub(super) fn all_slots(&self) -> Vec<Arc<Slot>> {
        self.slots.read().values().cloned().collect()
    }

    /// Claims a place for a change of the directory in the journal. It may make a checkpoint, so nothing is locked yet. A full disk is no
    /// reason to refuse: a change may be what makes room.
    pub(super) fn claim_change(&self, change: &Change) -> Result<Vec<u8>> {
        self.health.check()?;
        let bytes = change.encode();
        self.claim(EntryEncoder::change_bytes(&bytes), Purpose::Change)?;
        Ok(bytes)
    }

    /// Puts a change that has its place into the journal; it is durable on return.
    pub(super) fn journal_claimed(&self, change: &[u8]) -> Result<()> {
        EntryEncoder::push_change(&mut self.staging.lock().buffer, change);
        self.flush().map(|_| ())
    }

    /// Adds to the hot bytes, or takes away.
    pub(super) fn count_hot(&self, before: usize, after: usize) {
        if after >= before {
            self.hot_bytes.fetch_add((after - before) as u64, Ordering::Relaxed);
        } else {
            self.hot_bytes.fetch_sub((before - after) as u64, Ordering::Relaxed);
        }
    }

    /// Flushes, writes everything behind and leaves a checkpoint, so that the next opening has nothing to replay. Then every call is refused.
    ///
    /// Dropping the directory instead loses nothing that was acknowledged.
    pub fn close(&self) -> Result<()> {
        self.flush()?;
        self.cut_room()?;
        self.checkpoint()?;
        self.health.close();
        Ok(())
    }
}
