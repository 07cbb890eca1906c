//! Notices when a loop of the log ends that was not asked to: a panic, which is a bug.
//!
//! Nobody would answer those who wait for it, and what it left half done must not be gone on with.

use crate::node::committer::end;
use crate::node::core::Core;
use crate::node::latch::Opener;
use log_client::Error;
use std::sync::Arc;

/// Held by a loop for as long as it runs.
pub(crate) struct LoopWatch {
    pub(crate) core: Arc<Core>,
    pub(crate) name: &'static str,
    /// Opens after everybody was told.
    pub(crate) _opener: Opener,
}

impl Drop for LoopWatch {
    fn drop(&mut self) {
        if self.core.is_closing() {
            return;
        }
        // After a disk failure the directory is dead already and keeps its reason.
        let reason = format!("a bug: its loop {:?} ended", self.name);
        if let Ok(directory) = self.core.directory() {
            directory.give_up(&reason);
        }
        end(&self.core, &Error::Closed { reason });
    }
}
