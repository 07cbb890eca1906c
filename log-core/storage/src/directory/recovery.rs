//! Opening: lock, version, checkpoint, partitions, and what the journal has beyond the checkpoint.
//!
//! The version file is the last thing made in a new directory: without it, and without topics, the directory counts as new.

use super::change::Change;
use super::checkpoint::{Checkpoint, CheckpointState, NEVER};
use super::data_directory::{DataDirectory, Staging};
use super::flush::Commit;
use super::health::Health;
use super::options::DirectoryOptions;
use super::sealed_file;
use super::slot::Slot;
use super::syncer::Syncer;
use super::topics::DELETED_ENDING;
use crate::journal::{Entry, JournalScan, PartitionRef, SectorBuffer};
use crate::partition::{PartitionLog, PartitionPlace, RecoveryPoint, Syncing};
use crate::{Error, Result};
use log_env::{Disk, Env, Lock, LockError, process_label, utc_text};
use log_model::{TopicConfig, TopicId, TopicPartition};
use log_record::RecordBatch;
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};

const LOCK_FILE: &str = "headwater.lock";
const VERSION_FILE: &str = "headwater.version";
const VERSION_KIND: &str = "directory";
/// The format written and the newest one read.
const VERSION: u32 = 1;
/// The ending of a directory of records that no topic claims: Kafka's.
const STRAY_ENDING: &str = ".stray";
/// How long silent producers are remembered unless another time is set: Kafka's default.
const PRODUCER_EXPIRATION_MS: i64 = 86_400_000;
/// More batches than this are not kept in memory while the journal is replayed.
const REPLAY_PIECE_BYTES: u64 = 32 << 20;

impl DataDirectory {
    /// Opens the data directory at `path`, or makes a new one. After a crash everything that was acknowledged is there.
    ///
    /// Segments are not read below the last checkpoint: the time depends on what was journaled since, not on the size of the directory.
    ///
    /// # Errors
    /// [`Error::Locked`] names who has it open. [`Error::UnsupportedVersion`]: written by a newer program. [`Error::Corrupt`], [`Error::Missing`]: the journal, the
    /// checkpoint, the version file or the name of a partition is damaged, with file and byte. A partition with damaged records does not keep the
    /// directory from opening: it alone refuses to serve. What the journal still has for it is kept beside its files, so that it is whole
    /// again once these are restored from a copy and the directory is opened anew.
    pub fn open(env: &Env, path: &Path, options: DirectoryOptions) -> Result<DataDirectory> {
        let disk = env.disk.clone();
        disk.create_dir_all(path).map_err(Error::io("create", path))?;
        let lock = take_lock(env, path)?;
        let checkpoint = read_or_make(disk.as_ref(), path)?;
        // A process that died may have left names that are in the cache only: what is seen now must not change with the next power cut.
        for names in [path.to_owned(), path.join("journal"), path.join("topics")] {
            disk.sync_dir(&names).map_err(Error::sync(names))?;
        }
        let syncer = Syncer::new(disk.as_ref(), path, options.sync_each_max)?;
        // The active segment and the names of each.
        let topics = path.join("topics");
        let syncing = syncer.choose(2 * disk.list(&topics).map_err(Error::io("list", &topics))?.len());
        let mut recovery = Recovery { disk: disk.clone(), path, syncing, partitions: BTreeMap::new(), gone: BTreeMap::new(), hot_bytes: 0 };
        remove_doomed(disk.as_ref(), path)?;
        for one in &checkpoint.partitions {
            recovery.open_partition(&one.partition, one.topic_id, &one.config, &one.recovery)?;
        }
        let scan = JournalScan::new(disk.clone(), &path.join("journal"), options.journal(), checkpoint.journal);
        let hot_bytes_max = options.hot_bytes_max.min(REPLAY_PIECE_BYTES);
        let journal = scan.run(|entry| recovery.apply(entry, hot_bytes_max))?;
        if let Some((_, error)) = recovery.gone.pop_first() {
            return Err(error);
        }
        recovery.partitions.values_mut().try_for_each(PartitionLog::finish_replay)?;
        recovery.set_strays_aside()?;
        syncer.finish(syncing)?;
        let slots: BTreeMap<_, _> =
            recovery.partitions.into_values().map(|log| (log.partition().clone(), Arc::new(Slot::new(log)))).collect();
        let hot_bytes: usize = slots.values().map(|slot| slot.read().map_or(0, |log| log.hot_bytes())).sum();
        let end_lsn = journal.durable_lsn();
        Ok(DataDirectory {
            disk,
            path: path.to_owned(),
            options,
            syncer,
            health: Health::default(),
            slots: RwLock::new(slots),
            topics: Mutex::new(()),
            maintenance: Mutex::new(()),
            checkpoint_state: Mutex::new(CheckpointState::new(checkpoint.journal)),
            commit: Mutex::new(Commit::default()),
            staging: Mutex::new(Staging { buffer: SectorBuffer::new(end_lsn), ends: Vec::new() }),
            journal,
            claimed_lsn: AtomicU64::new(end_lsn),
            durable_lsn: AtomicU64::new(end_lsn),
            checkpoint_lsn: AtomicU64::new(checkpoint.journal.lsn),
            os_bytes: AtomicU64::new(0),
            unvouched_since: AtomicU64::new(NEVER),
            // Whatever was replayed is better not replayed again.
            is_stale: AtomicBool::new(end_lsn > checkpoint.journal.lsn),
            hot_bytes: AtomicU64::new(hot_bytes as u64),
            producer_expiration_ms: AtomicI64::new(PRODUCER_EXPIRATION_MS),
            _lock: lock,
        })
    }
}

fn take_lock(env: &Env, path: &Path) -> Result<Box<dyn Lock>> {
    let owner = format!("{}, since {}", process_label(), utc_text(env.clock.wall_ms()));
    env.disk.lock(&path.join(LOCK_FILE), &owner).map_err(|error| match error {
        LockError::Held { owner } => Error::Locked { path: path.to_owned(), owner },
        LockError::Io(error) => Error::io("lock", path.join(LOCK_FILE))(error),
    })
}

/// The checkpoint of an existing directory, or that of a new one, which is then made.
fn read_or_make(disk: &dyn Disk, path: &Path) -> Result<Checkpoint> {
    let version_path = path.join(VERSION_FILE);
    let checkpoint = match sealed_file::read(disk, &version_path, VERSION_KIND)? {
        Some(sealed) if sealed.version > VERSION => {
            return Err(Error::UnsupportedVersion { path: path.to_owned(), found: sealed.version, supported: VERSION });
        }
        Some(_) => Checkpoint::read(disk, path)?,
        None => {
            let topics = path.join("topics");
            let has_topics =
                disk.exists(&topics).and_then(|there| Ok(there && !disk.list(&topics)?.is_empty())).map_err(Error::io("list", &topics))?;
            if has_topics {
                return Err(Error::Missing { path: version_path, reason: ", but there are topics" });
            }
            return make(disk, path, &version_path);
        }
    };
    let missing = || Error::Missing { path: path.join("checkpoint"), reason: "" };
    checkpoint.ok_or_else(missing)
}

fn make(disk: &dyn Disk, path: &Path, version_path: &Path) -> Result<Checkpoint> {
    for directory in [path.join("journal"), path.join("topics")] {
        disk.create_dir_all(&directory).map_err(Error::io("create", &directory))?;
    }
    let checkpoint = Checkpoint::default();
    checkpoint.write(disk, path)?;
    if let Some(parent) = path.parent() {
        disk.sync_dir(parent).map_err(Error::sync(parent))?;
    }
    sealed_file::replace(disk, version_path, VERSION_KIND, VERSION, b"")?;
    Ok(checkpoint)
}

/// Removes what deleted topics left.
fn remove_doomed(disk: &dyn Disk, path: &Path) -> Result<()> {
    let topics = path.join("topics");
    for entry in disk.list(&topics).map_err(Error::io("list", &topics))? {
        if entry.is_dir && entry.name.ends_with(DELETED_ENDING) {
            let doomed = topics.join(&entry.name);
            disk.remove_dir_all(&doomed).map_err(Error::io("remove", doomed))?;
        }
    }
    Ok(())
}

/// The partitions while the journal is replayed.
struct Recovery<'a> {
    disk: Arc<dyn Disk>,
    path: &'a Path,
    syncing: Syncing,
    partitions: BTreeMap<PartitionRef, PartitionLog>,
    /// Partitions without a directory of their own. That is in order if the journal goes on to say that the topic was deleted.
    gone: BTreeMap<PartitionRef, Error>,
    /// The memory of batches replayed since the last writing.
    hot_bytes: u64,
}

impl Recovery<'_> {
    fn folder(&self, partition: &TopicPartition) -> PathBuf {
        self.path.join("topics").join(partition.to_string())
    }

    fn open_partition(&mut self, partition: &TopicPartition, topic_id: TopicId, config: &TopicConfig, point: &RecoveryPoint) -> Result<()> {
        let (folder, at) = (self.folder(partition), PartitionRef { topic_id, partition: partition.partition });
        if !self.disk.exists(&folder).map_err(Error::io("look for", &folder))? {
            self.gone.insert(at, Error::Missing { path: folder, reason: ", but the checkpoint names the partition" });
            return Ok(());
        }
        let (disk, partition, syncing) = (self.disk.clone(), partition.clone(), self.syncing);
        match PartitionLog::open(PartitionPlace { disk, path: &folder, partition, topic_id, config, syncing }, point) {
            Ok(log) => _ = self.partitions.insert(at, log),
            // It may be that of a later topic of the same name.
            Err(error @ Error::Corrupt { .. }) => _ = self.gone.insert(at, error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn apply(&mut self, entry: Entry, hot_bytes_max: u64) -> Result<()> {
        match entry {
            Entry::Batches(batches) => {
                for (at, batch) in batches {
                    self.replay(at, batch)?;
                }
                if self.hot_bytes > hot_bytes_max {
                    self.write_behind()?;
                }
                Ok(())
            }
            Entry::Change(json) => {
                let damage = |error: serde_json::Error| Error::Corrupt {
                    path: self.path.join("journal"),
                    position: 0,
                    reason: format!("a change cannot be read: {error}"),
                };
                self.change(serde_json::from_slice(&json).map_err(damage)?)
            }
        }
    }

    fn replay(&mut self, at: PartitionRef, batch: RecordBatch) -> Result<()> {
        let Some(log) = self.partitions.get_mut(&at) else { return Ok(()) };
        self.hot_bytes += batch.size_bytes() as u64;
        log.replay(batch)
    }

    fn write_behind(&mut self) -> Result<()> {
        self.hot_bytes = 0;
        for log in self.partitions.values_mut().filter(|log| !log.is_closed_off()) {
            log.write_all()?;
            log.evict(usize::MAX);
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Result<()> {
        match change {
            Change::CreatePartitions { topic, topic_id, first, end, config } => {
                for index in first..end {
                    if !self.partitions.contains_key(&PartitionRef { topic_id, partition: index }) {
                        self.open_partition(&topic.partition(index), topic_id, &config, &RecoveryPoint::default())?;
                    }
                }
            }
            Change::DeleteTopic { topic_id } => {
                self.gone.retain(|at, _| at.topic_id != topic_id);
                let doomed: Vec<PartitionRef> = self.partitions.keys().filter(|at| at.topic_id == topic_id).copied().collect();
                for log in doomed.iter().filter_map(|at| self.partitions.remove(at)).collect::<Vec<_>>() {
                    remove_partition(self.disk.as_ref(), &self.path.join("topics"), log)?;
                }
            }
            Change::SetConfig { topic_id, config } => {
                for (_, log) in self.partitions.iter_mut().filter(|(at, _)| at.topic_id == topic_id) {
                    log.set_config(config.clone());
                }
            }
            Change::DeleteRecords { topic_id, partition, offset } => {
                if let Some(log) = self.partitions.get_mut(&PartitionRef { topic_id, partition }) {
                    log.replay_delete_records(offset)?;
                }
            }
        }
        Ok(())
    }

    /// Directories that no topic claims: those of a creation that was cut short hold no records and go, others are kept under another name.
    fn set_strays_aside(&self) -> Result<()> {
        let topics = self.path.join("topics");
        let known: Vec<String> = self.partitions.values().map(|log| log.partition().to_string()).collect();
        for entry in self.disk.list(&topics).map_err(Error::io("list", &topics))? {
            if !entry.is_dir || entry.name.ends_with(STRAY_ENDING) || known.contains(&entry.name) {
                continue;
            }
            let folder = topics.join(&entry.name);
            let files = self.disk.list(&folder).map_err(Error::io("list", &folder))?;
            if files.iter().all(|file| !file.name.ends_with(".log") || file.length_bytes == 0) {
                self.disk.remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
                continue;
            }
            let aside = topics.join(format!("{}{STRAY_ENDING}", entry.name));
            tracing::error!(directory = %folder.display(), aside = %aside.display(), "records of no known topic are set aside");
            self.disk.rename(&folder, &aside).map_err(Error::io("rename", &folder))?;
        }
        Ok(())
    }
}

/// Takes the directory of a deleted partition away: its name durably first, so that it never comes back half.
pub(super) fn remove_partition(disk: &dyn Disk, topics: &Path, log: PartitionLog) -> Result<()> {
    let path = log.path().to_owned();
    let doomed = topics.join(format!("{}.{}{DELETED_ENDING}", log.partition(), log.topic_id()));
    drop(log);
    disk.rename(&path, &doomed).map_err(Error::io("rename", &path))?;
    disk.sync_dir(topics).map_err(Error::sync(topics))?;
    disk.remove_dir_all(&doomed).map_err(Error::io("remove", &doomed))
}
