//! Making many files durable: each on its own while they are few, the file system as a whole when they are many.

use crate::partition::Syncing;
use crate::{Error, Result};
use log_env::{Disk, FileSystem};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Decides how files are synced, and syncs the file system when that was decided.
#[derive(Debug)]
pub(super) struct Syncer {
    file_system: Option<Arc<dyn FileSystem>>,
    path: PathBuf,
    each_max: usize,
}

impl Syncer {
    /// `path` lies on the file system; more than `each_max` files are synced together.
    pub(super) fn new(disk: &dyn Disk, path: &Path, each_max: usize) -> Result<Syncer> {
        let file_system = disk.file_system(path).map_err(Error::io("open", path))?;
        Ok(Syncer { file_system, path: path.to_owned(), each_max })
    }

    pub(super) fn choose(&self, file_count: usize) -> Syncing {
        if self.file_system.is_some() && file_count > self.each_max { Syncing::Whole } else { Syncing::Each }
    }

    /// Ends what was begun by [`choose`](Syncer::choose): everything is durable on return.
    pub(super) fn finish(&self, syncing: Syncing) -> Result<()> {
        match (&self.file_system, syncing) {
            (Some(file_system), Syncing::Whole) => file_system.sync().map_err(Error::sync(&self.path)),
            _ => Ok(()),
        }
    }

    /// Whether so many handles that have written may be kept open; the rest may go, since a sync of the whole reaches their bytes.
    pub(super) fn may_keep(&self, handle_count: usize) -> bool {
        self.choose(handle_count) == Syncing::Each
    }
}
