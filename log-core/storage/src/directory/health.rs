//! Whether the directory may go on: alive, full for now, or dead for good.

use crate::{Error, Result};
use log_model::ErrorKind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug, Default)]
pub(super) struct Health {
    dead: OnceLock<String>,
    is_full: AtomicBool,
}

/// See [`Health::guard`].
#[derive(Debug)]
pub(super) struct PanicGuard<'a> {
    health: &'a Health,
    was_panicking: bool,
}

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if !self.was_panicking && std::thread::panicking() {
            self.health.kill("a bug: a call on it panicked");
        }
    }
}

impl Health {
    /// Refuses if the directory is dead.
    pub(super) fn check(&self) -> Result<()> {
        match self.dead.get() {
            None => Ok(()),
            Some(reason) => Err(Error::Dead { reason: reason.clone() }),
        }
    }

    /// Ends the directory's life.
    pub(super) fn kill(&self, reason: impl Into<String>) {
        let reason = reason.into();
        if self.dead.set(reason.clone()).is_ok() {
            tracing::error!(%reason, "the data directory is given up");
        }
    }

    /// Kills the directory if the call that holds it panics: what a bug left half done must not be gone on with.
    pub(super) fn guard(&self) -> PanicGuard<'_> {
        PanicGuard { health: self, was_panicking: std::thread::panicking() }
    }

    /// Refuses everything from now on, after a clean end.
    pub(super) fn close(&self) {
        _ = self.dead.set("it was closed".to_owned());
    }

    /// Looks at the result of anything that changes files: a full disk is remembered, any other failure to write and every failure to sync
    /// kills. What cannot be read is a matter of its partition.
    pub(super) fn watch<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            match error {
                _ if error.kind() == ErrorKind::Full => self.note_full(error),
                Error::Io { source, .. } | Error::Sync { source, .. } => self.kill(format!("{error}: {source}")),
                _ => {}
            }
        }
        result
    }

    fn note_full(&self, error: &Error) {
        if !self.is_full.swap(true, Ordering::AcqRel) {
            tracing::warn!(%error, "the disk is full: appends are refused until there is room");
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead.get().is_some()
    }

    /// There is room again.
    pub(super) fn resume(&self) {
        if self.is_full.swap(false, Ordering::AcqRel) {
            tracing::info!("the disk has room again: appends are accepted");
        }
    }
}
