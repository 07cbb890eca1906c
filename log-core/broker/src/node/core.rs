//! What all parts of an embedded log share.

use crate::coordinators::{GroupCoordinator, TransactionCoordinator};
use crate::node::committer::CommitQueue;
use crate::node::error::client_error;
use crate::node::offsets::OffsetStore;
use crate::node::options::EmbeddedOptions;
use crate::node::settings::Settings;
use crate::node::topics::Topics;
use futures::channel::oneshot;
use log_client::local::{GroupRegistry, Wakeups};
use log_client::{Error, Result};
use log_env::Env;
use log_model::TopicName;
use log_storage::DataDirectory;
use parking_lot::RwLock;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{Notify, Semaphore};

/// What coordinators stage at once hardly ever takes more.
pub(crate) const COORDINATOR_ENTRY_BYTES: usize = 64 << 10;
/// Work that waits for the disk is done so often at once.
pub(crate) const BLOCKING_MAX: usize = 16;

/// The shared heart of an embedded log. Producers, consumers and the loops hold it; it outlives a close, its directory does not.
pub(crate) struct Core {
    pub(crate) env: Env,
    pub(crate) path: PathBuf,
    pub(crate) options: EmbeddedOptions,
    /// Taken out when the log closes, so that handles left behind do not keep the directory locked.
    pub(crate) directory: RwLock<Option<Arc<DataDirectory>>>,
    pub(crate) topics: Topics,
    pub(crate) offsets: OffsetStore,
    pub(crate) settings: Settings,
    pub(crate) transactions: TransactionCoordinator,
    pub(crate) group_coordinator: GroupCoordinator,
    pub(crate) commits: CommitQueue,
    /// Groups whose members are in this process.
    pub(crate) groups: Arc<GroupRegistry>,
    pub(crate) wakeups: Wakeups,
    pub(crate) background: Notify,
    /// Staged since the last write-behind was asked for.
    pub(crate) staged_bytes: AtomicU64,
    pub(crate) is_closing: AtomicBool,
    /// For work that waits for the disk.
    pub(crate) blocking_places: Arc<Semaphore>,
    /// Held while room is made in the journal.
    pub(crate) room_making: tokio::sync::Mutex<()>,
}

impl Core {
    /// The data directory, unless the log was closed.
    pub(crate) fn directory(&self) -> Result<Arc<DataDirectory>> {
        self.directory.read().clone().ok_or_else(closed)
    }

    /// The client's view of a storage error.
    pub(crate) fn error(&self, error: log_storage::Error) -> Error {
        client_error(&self.path, error)
    }

    /// Tells all groups how a topic is now.
    pub(crate) fn topic_changed(self: &Arc<Self>, topic: &TopicName) {
        let partition_count = self.topics.topic(topic).map_or(0, |topic| topic.partition_count);
        self.groups.topic_changed(topic, partition_count);
        self.group_coordinator.topic_changed(self, topic);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.env.clock.wall_ms()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    /// Counts what was staged and asks for a write-behind when it is much.
    pub(crate) fn count_staged(&self, size_bytes: usize) {
        let size_bytes = size_bytes as u64;
        let before = self.staged_bytes.fetch_add(size_bytes, Ordering::Relaxed);
        if before + size_bytes >= self.options.write_behind_bytes {
            self.staged_bytes.store(0, Ordering::Relaxed);
            self.background.notify_one();
        }
    }

    /// Has room made in the journal where there is none: by a new file, or a checkpoint, which waits for the disk. Staging would do so itself, on a thread
    /// that all connections share and, for what coordinators stage, with their lock held, so that heartbeats of all groups wait too. Whoever is about
    /// to stage asks for this first. What goes wrong is for staging to tell.
    ///
    /// Not ruled out is that others take the room in between: then staging waits after all. It cannot be refused there, because whoever holds the
    /// lock has decided already, and everyone behind it rests on that; nor be done later, because the order of the entries is that of the decisions.
    pub(crate) async fn make_room(self: &Arc<Self>, batch_bytes: usize) {
        let batch_bytes = batch_bytes as u64;
        let is_missing = || self.directory().is_ok_and(|directory| !directory.has_room(batch_bytes));
        if !is_missing() {
            return;
        }
        // One checkpoint makes room for many, and the threads for such work are few.
        let _turn = self.room_making.lock().await;
        if is_missing() {
            let work = move |core: &Arc<Core>| core.directory()?.make_room(batch_bytes).map_err(|error| core.error(error));
            if let Err(error) = self.blocking("make-room", work).await {
                tracing::debug!(%error, "no room was made in the journal");
            }
        }
    }

    /// Runs work that waits for the disk on a thread kept for such work. A few are done at once; the others wait here, in their order, and whoever
    /// goes away meanwhile takes no thread. Errors: those of the work; `Retry` if the system gives no thread.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        work: impl FnOnce(&Arc<Core>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let place = self.blocking_places.clone().acquire_owned().await.map_err(|_| closed())?;
        let (sender, receiver) = oneshot::channel();
        let core = self.clone();
        let run = move || {
            let _place = place;
            // Whoever went away does not want the answer.
            let _ = sender.send(work(&core));
        };
        let offloaded = self.env.spawner.offload(Box::new(run));
        offloaded.map_err(|error| Error::Retry { reason: format!("the work {name:?} needs a thread: {error}") })?;
        receiver.await.unwrap_or_else(|_| Err(Error::Bug { reason: format!("the work {name:?} did not come to its end") }))
    }
}

/// The answer of a closed log.
pub(crate) fn closed() -> Error {
    Error::Closed { reason: "it was closed".into() }
}
