//! The background loop: batches into segments, checkpoints, retention and compaction, by the environment's clock.

use crate::node::committer::fail_all;
use crate::node::core::Core;
use futures::future::{Either, select};
use log_model::ErrorKind;
use log_storage::DataDirectory;
use std::pin::pin;
use std::sync::Arc;

/// Runs until the log closes or its directory dies.
pub(crate) async fn run(core: Arc<Core>) {
    let mut maintained = core.env.clock.now();
    let mut retained = maintained;
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
        let mut due = Due::WriteBehind;
        if now.since(maintained) >= core.options.maintenance_interval {
            maintained = now;
            due = Due::Compaction;
            if now.since(retained) >= core.options.retention_interval {
                retained = now;
                due = Due::Retention;
            }
        }
        if let Err(error) = round(&core, &directory, due) {
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

/// What a round does, each with all before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    WriteBehind,
    Compaction,
    Retention,
}

fn round(core: &Core, directory: &DataDirectory, due: Due) -> log_storage::Result<()> {
    let written = directory.write_behind().and_then(|_| checkpoint_if_due(core, directory));
    // On a full disk retention may be what makes room.
    if due != Due::WriteBehind && written.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Full) {
        let now_ms = core.now_ms();
        let done = if due == Due::Retention { directory.maintain(now_ms)? } else { directory.compact_due(now_ms)? };
        tracing::debug!(?done, "retention and compaction");
        return checkpoint_if_due(core, directory);
    }
    written
}

fn checkpoint_if_due(core: &Core, directory: &DataDirectory) -> log_storage::Result<()> {
    if directory.needs_checkpoint(core.env.clock.now()) { directory.checkpoint() } else { Ok(()) }
}
