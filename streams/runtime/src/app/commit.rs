//! The end of an epoch: one transaction with its outputs, changelogs, repartition records and input offsets, then the stores.

use super::backoff::Backoff;
use super::epoch::EpochBatch;
use super::plan::Plan;
use super::running::RunningTask;
use crate::Result;
use crate::task::OutputTopicKind;
use log_client::{Delivery, GroupMetadata, OffsetAndMetadata, Producer};
use log_model::{ErrorKind, LeaderEpoch, Offset, TopicPartition};
use std::future::Future;
use std::time::Duration;

/// How often stores are made durable, if they are written: what a crash takes from them must be replayed before the changelog forgets tombstones.
pub(super) const SYNC_INTERVAL: Duration = Duration::from_secs(3600);

/// Commits what a task has done since its last commit.
///
/// Errors: the epoch is not (or not known to be) committed; the task must be built anew from what is. `Retry` and `Full` are waited out here.
pub(super) async fn commit(plan: &Plan, task: &mut RunningTask, idle: bool, flush: bool) -> Result<()> {
    task.core.finish_epoch(idle, &mut task.output)?;
    let batches = task.output.take();
    let positions = task.core.positions();
    let offsets: Vec<(TopicPartition, OffsetAndMetadata)> = positions
        .into_iter()
        .map(|(partition, offset, metadata)| (partition, OffsetAndMetadata { offset, leader_epoch: LeaderEpoch::NONE, metadata }))
        .collect();
    let changelogs = task.core.output_topics().iter().map(|topic| match topic.kind {
        OutputTopicKind::Changelog(store) => Some(store),
        _ => None,
    });
    let epoch = Epoch { batches, changelogs: changelogs.collect(), offsets };
    let ends = transact(plan, task.producer.as_ref(), &epoch).await?;
    let now = plan.env.clock.now();
    let sync = now.since(task.last_sync) >= SYNC_INTERVAL;
    let flush = flush || sync || now.since(task.last_flush) >= plan.options.flush_interval;
    task.core.committed(&ends, flush)?;
    if flush {
        task.last_flush = now;
    }
    if sync {
        task.core.sync(plan.env.clock.wall_ms())?;
        task.last_sync = now;
    }
    task.committed = epoch.offsets.into_iter().map(|(partition, position)| (partition, position.offset)).collect();
    task.committed_counters = task.core.counters();
    task.epoch_began = None;
    task.epochs += 1;
    Ok(())
}

/// What one transaction holds.
struct Epoch {
    batches: Vec<EpochBatch>,
    /// By topic number: the store it is the changelog of.
    changelogs: Vec<Option<usize>>,
    offsets: Vec<(TopicPartition, OffsetAndMetadata)>,
}

/// Commits the batches and offsets; gives for each store the end of its changelog, if it was written.
async fn transact(plan: &Plan, producer: &dyn Producer, epoch: &Epoch) -> Result<Vec<Option<Offset>>> {
    producer.begin().await?;
    let mut changelogs: Vec<(usize, i32, Delivery)> = Vec::new();
    for EpochBatch { topic, partition, batch } in &epoch.batches {
        let delivery = patiently(plan, || producer.send(partition, batch.clone())).await?;
        if let Some(store) = epoch.changelogs[*topic] {
            changelogs.push((store, batch.record_count(), delivery));
        }
    }
    let group = GroupMetadata::unmanaged(plan.group());
    patiently(plan, || producer.send_offsets(&group, epoch.offsets.clone())).await?;
    patiently(plan, || producer.commit()).await?;
    let mut ends = Vec::new();
    for (store, count, delivery) in changelogs {
        let first = delivery.await?;
        if ends.len() <= store {
            ends.resize(store + 1, None);
        }
        ends[store] = ends[store].max(Some(first + i64::from(count)));
    }
    Ok(ends)
}

/// Repeats a call of the log until it does something else than ask for patience, or the application is to stop.
pub(super) async fn patiently<T, F>(plan: &Plan, mut call: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = log_client::Result<T>>,
{
    let mut backoff = Backoff::new();
    loop {
        match call().await {
            Err(error) if is_passing(error.kind()) && !plan.signals.borrow().stop => {
                tracing::warn!(%error, application = plan.options.application_id, "waiting to repeat a call of the log");
                backoff.wait(plan).await;
            }
            answer => return Ok(answer?),
        }
    }
}

/// Whether the cause of an error may pass by itself.
pub(super) fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Retry | ErrorKind::Full)
}
