//! Staging: batches get their places in the log, and whoever needs them durable learns when they are.
//!
//! Always holds: what waits for an entry runs once, in the order in which it was asked for; whoever needs that to be the order of the entries
//! themselves holds a lock from staging to [`Core::when_durable`].

use crate::node::committer::{Answer, Waiter};
use crate::node::core::{Core, closed};
use futures::FutureExt;
use futures::channel::oneshot;
use log_client::local::delivery;
use log_client::{Delivery, Error, Result};
use log_model::{FlushMode, Offset, TopicPartition};
use log_record::RecordBatch;
use log_storage::Staged;
use log_storage::partition::AppendOrigin;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Resolves once something is durable, or will never be. Nobody has to wait for it.
pub(crate) struct Durable(oneshot::Receiver<Result<()>>);

impl Durable {
    /// There is nothing to wait for.
    pub(crate) fn already() -> Durable {
        let (sender, receiver) = oneshot::channel();
        // The receiver is in our hands.
        let _ = sender.send(Ok(()));
        Durable(receiver)
    }
}

impl Future for Durable {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.0.poll_unpin(context).map(|outcome| outcome.unwrap_or_else(|_| Err(closed())))
    }
}

impl Core {
    /// Stages the parts as one entry of the log itself: all or none.
    pub(crate) fn stage(&self, parts: Vec<(TopicPartition, Vec<RecordBatch>)>) -> Result<Staged> {
        self.directory()?.stage_as(AppendOrigin::Coordinator, parts, self.now_ms()).map_err(|error| self.error(error))
    }

    /// Runs `then` once everything up to `lsn` is durable, or will never be; the answer resolves behind it. A log that is gone by then runs
    /// nothing.
    pub(crate) fn when_durable(self: &Arc<Self>, lsn: u64, then: impl FnOnce(&Arc<Core>, &Result<()>) + Send + 'static) -> Durable {
        let (sender, receiver) = oneshot::channel();
        // The queue that holds this is part of the core: a strong reference would keep both alive.
        let weak = Arc::downgrade(self);
        let answer = Answer::Call(Box::new(move |result: Result<()>| {
            if let Some(core) = weak.upgrade() {
                then(&core, &result);
            }
            // Whoever gave up waiting does not want to know.
            let _ = sender.send(result);
        }));
        self.commits.push(Waiter { lsn, units: 0, answer });
        Durable(receiver)
    }
}

/// A batch that has its offset and is on its way to stable storage.
pub(crate) struct StagedBatch {
    /// The offset of its first record; of the original, if it was sent before.
    pub(crate) base_offset: Offset,
    /// Resolves once it may be acknowledged.
    pub(crate) delivery: Delivery,
    /// A flush that gives this or more has made it durable; 0 if none is needed.
    pub(crate) lsn: u64,
}

/// Stages a batch, or appends it to the page cache if its topic is content with that. `units` of the queue's room are given back when it is durable,
/// or at once; nothing is staged if there is an error, and then they stay with the caller. `now_ms` is its append time.
pub(crate) fn stage_batch(
    core: &Core,
    (partition, flush): (&TopicPartition, FlushMode),
    (batch, units): (RecordBatch, u32),
    now_ms: i64,
) -> Result<StagedBatch> {
    let directory = core.directory()?;
    let size_bytes = batch.size_bytes();
    if flush == FlushMode::Os {
        let outcome = directory.append_os(partition, batch, now_ms).map_err(|error| core.error(error))?;
        core.commits.give_back(units);
        core.wakeups.ring([partition]);
        let delivery = futures::future::ready(Ok(outcome.base_offset)).boxed();
        return Ok(StagedBatch { base_offset: outcome.base_offset, delivery, lsn: 0 });
    }
    let (sender, delivery) = delivery();
    let parts = vec![(partition.clone(), vec![batch])];
    let staged = directory.stage(parts, now_ms).map_err(|error| core.error(error))?;
    let outcome = staged.results.first().ok_or_else(|| Error::Bug { reason: "a staged batch has no offset".into() })?;
    let base_offset = outcome.1.base_offset;
    let answer = Answer::Batch { delivery: sender, partition: partition.clone(), offset: base_offset };
    core.commits.push(Waiter { lsn: staged.lsn, units, answer });
    core.count_staged(size_bytes);
    Ok(StagedBatch { base_offset, delivery, lsn: staged.lsn })
}
