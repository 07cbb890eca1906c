//! Who is woken when a partition grows.

use log_model::TopicPartition;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::sync::Notify;

/// One consumer's bell. It counts its rings, so that a consumer which remembers the count of its last look misses none.
#[derive(Clone, Debug, Default)]
pub struct Wakeup(Arc<Bell>);

#[derive(Debug, Default)]
struct Bell {
    rings: AtomicU64,
    rung: Notify,
}

impl Wakeup {
    /// Wakes everyone who waits.
    pub fn ring(&self) {
        self.0.rings.fetch_add(1, Ordering::SeqCst);
        self.0.rung.notify_waiters();
    }

    /// How often it was rung so far.
    pub fn rings(&self) -> u64 {
        self.0.rings.load(Ordering::SeqCst)
    }

    /// Resolves once it was rung more often than `known` times. Cancel safe.
    pub async fn beyond(&self, known: u64) {
        loop {
            // Made before the look at the count: it sees every ring from here on.
            let rung = self.0.rung.notified();
            if self.rings() != known {
                return;
            }
            rung.await;
        }
    }

    fn is(&self, other: &Wakeup) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The bells hung up at each partition.
#[derive(Debug, Default)]
pub struct Wakeups {
    bells: Mutex<BTreeMap<TopicPartition, Vec<Wakeup>>>,
    /// Lets a log without consumers skip the lock.
    count: AtomicUsize,
}

impl Wakeups {
    /// Rings `bell` whenever `partition` grows from now on.
    pub fn register(&self, partition: &TopicPartition, bell: &Wakeup) {
        let mut bells = self.bells.lock();
        bells.entry(partition.clone()).or_default().push(bell.clone());
        self.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes `bell` off `partition`.
    pub fn unregister(&self, partition: &TopicPartition, bell: &Wakeup) {
        let mut bells = self.bells.lock();
        let Some(hung) = bells.get_mut(partition) else { return };
        let before = hung.len();
        hung.retain(|other| !other.is(bell));
        let removed = before - hung.len();
        if hung.is_empty() {
            bells.remove(partition);
        }
        self.count.fetch_sub(removed, Ordering::SeqCst);
    }

    /// Whether nobody waits for anything.
    pub fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    /// Rings the bells of these partitions.
    pub fn ring<'a>(&self, partitions: impl IntoIterator<Item = &'a TopicPartition>) {
        if self.is_empty() {
            return;
        }
        let bells = self.bells.lock();
        for bell in partitions.into_iter().filter_map(|partition| bells.get(partition)).flatten() {
            bell.ring();
        }
    }

    /// Rings every bell: the log closes.
    pub fn ring_all(&self) {
        self.bells.lock().values().flatten().for_each(Wakeup::ring);
    }
}
