//! The background loop: batches into segments, checkpoints, retention and compaction, by the environment's clock.

use crate::committer::fail_all;
use crate::core::Core;
use futures::future::{Either, select};
use log_model::ErrorKind;
use log_storage::DataDirectory;
use std::pin::pin;
use std::sync::Arc;

/// Runs until the log closes or its directory dies.
pub(crate) async fn run(core: Arc<Core>) {
    let mut maintained = core.env.clock.now();
    loop {
        {
            let asked = pin!(core.background.notified());
            let period = core.env.clock.sleep(core.options.write_behind_interval);
            if let Either::Right(_) = select(asked, period).await {
                // Whoever waits for room on a full disk is tried again now.
                core.commits.signal();
            }
        }
        if core.is_closing() {
            return;
        }
        let Ok(directory) = core.directory() else { return };
        let now = core.env.clock.now();
        let maintain = now.since(maintained) >= core.options.maintenance_interval;
        if maintain {
            maintained = now;
        }
        if let Err(error) = round(&core, &directory, maintain) {
            match error.kind() {
                // The log refuses new batches itself and says so; the next round tries again.
                ErrorKind::Full | ErrorKind::Retry => tracing::debug!(%error, "the background work waits for room"),
                // Nothing works any more: whoever waits or reads is to learn it now, not with the next batch.
                ErrorKind::Closed => return fail_all(&core, &core.error(error)),
                _ => tracing::error!(%error, "the background work failed; it is tried again"),
            }
        }
    }
}

fn round(core: &Core, directory: &DataDirectory, maintain: bool) -> log_storage::Result<()> {
    let written = directory.write_behind().and_then(|_| checkpoint_if_due(core, directory));
    // On a full disk retention may be what makes room.
    if maintain && written.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Full) {
        let done = directory.maintain(core.now_ms())?;
        tracing::debug!(?done, "retention and compaction");
        return checkpoint_if_due(core, directory);
    }
    written
}

fn checkpoint_if_due(core: &Core, directory: &DataDirectory) -> log_storage::Result<()> {
    if directory.needs_checkpoint(core.env.clock.now()) { directory.checkpoint() } else { Ok(()) }
}
