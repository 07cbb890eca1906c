//! The commit loop: one flush for everything staged, then all its waiters in one pass.
//!
//! Always holds: a waiter is answered once, after the flush that reached its lsn, in the order of the queue. A waiter is queued before the loop
//! is signalled, so none is left behind; once the loop has ended, however it did, waiters are told so instead of being queued.

use crate::node::core::{Core, closed};
use log_client::local::DeliverySender;
use log_client::{Error, Result};
use log_model::{ErrorKind, Offset, TopicPartition};
use parking_lot::Mutex;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// Bytes in flight are counted in these units.
const UNIT_BYTES: usize = 1024;

/// Who waits for an lsn.
pub(crate) struct Waiter {
    /// Durable once a flush gives this or more.
    pub(crate) lsn: u64,
    /// Units to give back to the queue.
    pub(crate) units: u32,
    /// What to do then.
    pub(crate) answer: Answer,
}

/// What a waiter wants.
pub(crate) enum Answer {
    /// One batch was sent: resolve its delivery and ring the partition.
    Batch {
        /// Who sent it.
        delivery: DeliverySender,
        /// Where it is.
        partition: TopicPartition,
        /// Its first offset.
        offset: Offset,
    },
    /// Anything else.
    Call(Box<dyn FnOnce(Result<()>) + Send>),
}

/// What is staged and waits for its flush.
pub(crate) struct CommitQueue {
    waiters: Mutex<Vec<Waiter>>,
    /// Why nobody answers waiters any more; set with the waiters locked.
    ended: OnceLock<Error>,
    signal: Notify,
    room: Semaphore,
    units_max: u32,
}

impl CommitQueue {
    pub(crate) fn new(in_flight_bytes_max: usize) -> Self {
        let units_max = u32::try_from(in_flight_bytes_max.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX / 8).max(1);
        let room = Semaphore::new(units_max as usize);
        CommitQueue { waiters: Mutex::default(), ended: OnceLock::new(), signal: Notify::new(), room, units_max }
    }

    /// Waits until `size_bytes` more may be in flight; a batch larger than the queue waits for an empty one. Cancel safe.
    pub(crate) async fn reserve(&self, size_bytes: usize) -> Result<(SemaphorePermit<'_>, u32)> {
        let units = u32::try_from(size_bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).min(self.units_max);
        let permit = self.room.acquire_many(units).await.map_err(|_| closed())?;
        Ok((permit, units))
    }

    /// Gives room back that was reserved.
    pub(crate) fn give_back(&self, units: u32) {
        self.room.add_permits(units as usize);
    }

    /// Queues a waiter and wakes the loop. Once the loop has ended the waiter is told at once.
    pub(crate) fn push(&self, waiter: Waiter) {
        let mut waiters = self.waiters.lock();
        if let Some(error) = self.ended.get() {
            drop(waiters);
            return self.fail(waiter, error);
        }
        waiters.push(waiter);
        drop(waiters);
        self.signal.notify_one();
    }

    fn fail(&self, waiter: Waiter, error: &Error) {
        self.room.add_permits(waiter.units as usize);
        match waiter.answer {
            Answer::Batch { delivery, .. } => {
                // Whoever dropped the delivery does not want to know.
                let _ = delivery.send(Err(error.clone()));
            }
            Answer::Call(call) => call(Err(error.clone())),
        }
    }

    /// Wakes the loop to look whether the log closes.
    pub(crate) fn signal(&self) {
        self.signal.notify_one();
    }

    /// Refuses whoever waits for room.
    pub(crate) fn close(&self) {
        self.room.close();
    }

    fn take_upto(&self, lsn: u64) -> (Vec<Waiter>, bool) {
        let mut waiters = self.waiters.lock();
        if waiters.iter().all(|waiter| waiter.lsn <= lsn) {
            return (std::mem::take(&mut *waiters), false);
        }
        let (done, rest) = waiters.drain(..).partition(|waiter| waiter.lsn <= lsn);
        *waiters = rest;
        (done, true)
    }
}

/// Runs until the log closes.
pub(crate) async fn run(core: Arc<Core>) {
    loop {
        core.commits.signal.notified().await;
        commit_all(&core);
        if core.is_closing() {
            return;
        }
    }
}

/// Flushes until nobody waits any more. On a full disk the waiters stay for the next signal.
fn commit_all(core: &Core) {
    let Ok(directory) = core.directory() else { return fail_all(core, &closed()) };
    loop {
        match directory.flush() {
            Ok(durable) => {
                let more = answer_upto(core, durable.lsn);
                if directory.needs_checkpoint(core.env.clock.now()) {
                    core.background.notify_one();
                }
                if !more {
                    return;
                }
            }
            Err(error) if error.kind() == ErrorKind::Full => {
                tracing::warn!(%error, "batches wait for room on the disk");
                return;
            }
            Err(error) => return fail_all(core, &core.error(error)),
        }
    }
}

/// Answers whoever waits for `lsn` or less; whether others wait for more.
pub(crate) fn answer_upto(core: &Core, lsn: u64) -> bool {
    let (done, more) = core.commits.take_upto(lsn);
    let mut units = 0;
    let mut grown = Vec::new();
    let ring = !core.wakeups.is_empty();
    for waiter in done {
        units += waiter.units as usize;
        match waiter.answer {
            Answer::Batch { delivery, partition, offset } => {
                // Whoever dropped the delivery does not want to know.
                let _ = delivery.send(Ok(offset));
                if ring && grown.last() != Some(&partition) {
                    grown.push(partition);
                }
            }
            Answer::Call(call) => call(Ok(())),
        }
    }
    core.commits.room.add_permits(units);
    core.wakeups.ring(&grown);
    more
}

/// Tells everyone that their batches will not be acknowledged, and everyone who reads to look.
pub(crate) fn fail_all(core: &Core, error: &Error) {
    let (failed, _) = core.commits.take_upto(u64::MAX);
    failed.into_iter().for_each(|waiter| core.commits.fail(waiter, error));
    core.wakeups.ring_all();
    core.groups.ring_all();
}

/// As [`fail_all`], for good: nobody will answer who waits from now on.
pub(crate) fn end(core: &Core, error: &Error) {
    {
        let _waiters = core.commits.waiters.lock();
        // Whoever was first knows the reason.
        let _ = core.commits.ended.set(error.clone());
    }
    core.commits.close();
    fail_all(core, error);
}
