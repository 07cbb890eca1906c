//! One signal that everybody sees, also those who look late: the server stops.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub(crate) struct StopSignal {
    is_given: AtomicBool,
    given: Notify,
}

impl StopSignal {
    pub(crate) fn give(&self) {
        self.is_given.store(true, Ordering::SeqCst);
        self.given.notify_waiters();
    }

    pub(crate) fn is_given(&self) -> bool {
        self.is_given.load(Ordering::SeqCst)
    }

    /// Resolves once it was given. Cancel safe.
    pub(crate) async fn wait(&self) {
        let given = self.given.notified();
        if self.is_given() {
            return;
        }
        given.await;
    }
}
