//! A door that opens once, for threads that must wait for a loop to end without an executor.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;

/// Waits for the end of something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latch(Arc<(Mutex<bool>, Condvar)>);

impl Latch {
    /// Opens the latch when dropped, however the work ends.
    pub(crate) fn opener(&self) -> Opener {
        Opener(self.clone())
    }

    /// Blocks until it is open.
    pub(crate) fn wait(&self) {
        let (open, changed) = &*self.0;
        let mut open = open.lock();
        while !*open {
            changed.wait(&mut open);
        }
    }
}

/// See [`Latch::opener`].
#[derive(Debug)]
pub(crate) struct Opener(Latch);

impl Drop for Opener {
    fn drop(&mut self) {
        let (open, changed) = &*self.0.0;
        *open.lock() = true;
        changed.notify_all();
    }
}
