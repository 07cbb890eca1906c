//! Opens the stores of a task and brings them up to date from their changelogs.

use super::commit::SYNC_INTERVAL;
use super::metrics::TaskPhase;
use super::plan::{Plan, TaskId};
use super::progress::Progress;
use crate::topology::{Store, StoreKind};
use crate::{Error, Result};
use log_client::{Consumer, ConsumerOptions, FetchLimit, PartitionInfo, Position};
use log_env::{Lock, LockError};
use log_model::{Offset, TopicConfig, TopicName, TopicPartition};
use std::sync::Arc;
use streams_state::{Backing, CachedStore, MemoryStore, RocksStore};

/// The locks of a task's store directories; held while the task is on this worker.
pub(super) type Locks = Vec<Box<dyn Lock>>;

/// Locks the store directories of a task.
///
/// Errors: [`Error::StateInUse`] if another instance has them.
pub(super) fn lock(plan: &Plan, task: TaskId) -> Result<Locks> {
    let mut locks = Locks::new();
    for store in stores_of(plan, task).filter(|store| store.kind == StoreKind::Rocks) {
        let path = plan.store_path(&store.name, task.partition);
        let failed = |error: &std::io::Error| Error::failed(format!("state directory {} cannot be used: {error}", path.display()));
        plan.env.disk.create_dir_all(&path).map_err(|error| failed(&error))?;
        let owner = format!("process {}, application {}", std::process::id(), plan.options.application_id);
        match plan.env.disk.lock(&path.join("headwater.lock"), &owner) {
            Ok(lock) => locks.push(lock),
            Err(LockError::Held { owner }) => return Err(Error::StateInUse { directory: path.display().to_string(), owner }),
            Err(LockError::Io(error)) => return Err(failed(&error)),
        }
    }
    Ok(locks)
}

fn stores_of(plan: &Plan, task: TaskId) -> impl Iterator<Item = &Store> {
    plan.topology.subtopologies()[task.subtopology].stores.iter().map(|store| &plan.topology.stores()[*store])
}

/// Opens and restores all stores of a task, from nothing if one of them turned out to be damaged. The task's older instances must have been fenced.
pub(super) async fn stores(plan: &Arc<Plan>, task: TaskId, damaged: bool, progress: &Progress) -> Result<Vec<CachedStore>> {
    let mut opened = Vec::new();
    let mut replayed = Replayed { progress, task, damaged, done: 0, total: 0 };
    for store in stores_of(plan, task) {
        let topic = store.changelog.is_some().then(|| store.changelog_topic(&plan.options.application_id));
        let topic = topic.map(TopicName::new).transpose().map_err(|error| Error::failed(error.to_string()))?;
        opened.push(open(plan, task, store, topic.as_ref(), &mut replayed).await?);
    }
    Ok(opened)
}

async fn open(plan: &Plan, task: TaskId, store: &Store, topic: Option<&TopicName>, replayed: &mut Replayed<'_>) -> Result<CachedStore> {
    // Whatever is appended from now on is younger than what is there.
    let now_ms = plan.env.clock.wall_ms();
    let described = match topic {
        Some(topic) => Some(plan.log.admin().describe_topic(topic).await?),
        None => None,
    };
    // A changelog that was deleted and created again is another one.
    let identity = described.as_ref().map(|described| described.id.to_string()).unwrap_or_default();
    let backing: Box<dyn Backing> = match store.kind {
        StoreKind::Memory => Box::new(MemoryStore::new()),
        StoreKind::Rocks => {
            let path = plan.store_path(&store.name, task.partition).join("rocksdb");
            Box::new(RocksStore::open(&path, identity.as_bytes(), &plan.options.state_memory)?)
        }
    };
    let mut opened = CachedStore::new(&store.name, backing, plan.options.cache_limit);
    if replayed.damaged {
        opened.clear()?;
    }
    let Some(described) = described else {
        opened.clear()?;
        return Ok(opened);
    };
    let missing = || Error::failed(format!("changelog {} has no partition {}", described.name, task.partition));
    let info = described.partitions.iter().find(|info| info.partition == task.partition).ok_or_else(missing)?;
    let from = match opened.changelog_offset() {
        Some(offset) if can_go_on(&opened, offset, info, &described.config, now_ms) => offset,
        Some(offset) => {
            tracing::info!(store = store.name, task = %task, offset = offset.0, "the changelog no longer has all that followed: the store is built anew");
            opened.clear()?;
            info.log_start
        }
        None => info.log_start,
    };
    replayed.expect(info.last_stable - from);
    if from < info.last_stable {
        replay(plan, &mut opened, described.name.partition(task.partition), from, info.last_stable, replayed).await?;
    }
    let recently = |complete_ms: i64| now_ms.saturating_sub(complete_ms) < SYNC_INTERVAL.as_millis() as i64;
    if from < info.last_stable || !opened.complete_ms().is_some_and(recently) {
        opened.sync(now_ms)?;
    }
    Ok(opened)
}

/// Whether the changelog has everything that followed the store's offset: its records, and the tombstones among them, which compaction removes once they are
/// older than `delete.retention.ms`. Half of that is left for the replay itself.
fn can_go_on(store: &CachedStore, offset: Offset, info: &PartitionInfo, config: &TopicConfig, now_ms: i64) -> bool {
    let keeps_tombstones = |complete_ms: i64| now_ms.saturating_sub(complete_ms) <= config.delete_retention_ms / 2;
    offset == info.last_stable
        || ((info.log_start..info.last_stable).contains(&offset) && store.complete_ms().is_some_and(keeps_tombstones))
}

async fn replay(
    plan: &Plan,
    store: &mut CachedStore,
    partition: TopicPartition,
    from: Offset,
    end: Offset,
    replayed: &mut Replayed<'_>,
) -> Result<()> {
    let client_id = format!("{}-restore", plan.options.application_id);
    let mut consumer = plan.log.consumer(ConsumerOptions { client_id, ..ConsumerOptions::default() }).await?;
    consumer.assign(&[(partition.clone(), Position::At(from))]).await?;
    let mut restore = store.restore();
    let position = |consumer: &dyn Consumer| consumer.position(&partition).unwrap_or(from);
    let mut reached = from;
    while position(consumer.as_ref()) < end {
        let poll = consumer.poll(FetchLimit::default()).await?;
        if poll.batches.is_empty() {
            if position(consumer.as_ref()) >= end {
                break;
            }
            consumer.ready().await;
        }
        for fetched in poll.batches {
            let mut count = 0;
            for record in fetched.batch.records()? {
                let record = record?;
                if record.offset < fetched.from || record.offset >= end {
                    continue;
                }
                let missing = || Error::corrupt(format!("changelog {partition}"), format!("the record at {} has no key", record.offset));
                let key = record.record.key.clone().ok_or_else(missing)?;
                restore.push(record.offset, key, record.record.value.clone())?;
                count += 1;
            }
            // Offsets, not records: compaction leaves gaps, and the total counts offsets too.
            let next = fetched.batch.next_offset().min(end).max(reached);
            replayed.advance(count, next - reached);
            reached = next;
        }
    }
    replayed.advance(0, end - reached);
    restore.finish(end)?;
    consumer.close().await?;
    Ok(())
}

/// Tells how far a restore is.
struct Replayed<'a> {
    progress: &'a Progress,
    task: TaskId,
    /// The stores on the disk cannot be trusted.
    damaged: bool,
    done: u64,
    total: u64,
}

impl Replayed<'_> {
    fn expect(&mut self, offsets: i64) {
        self.total += offsets.max(0) as u64;
        self.advance(0, 0);
    }

    fn advance(&mut self, records: u64, offsets: i64) {
        self.done += offsets.max(0) as u64;
        let phase = TaskPhase::Restoring { done: self.done, total: self.total };
        self.progress.update(self.task, |task| {
            task.phase = phase;
            task.restored += records;
        });
    }
}
