//! Making many files durable: each on its own while they are few, the file system as a whole when they are many.

use crate::partition::Syncing;
use crate::{Error, Result};
use log_env::{Disk, FileSystem};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One in so many of the files that the process may have open may be a segment that was written and is not synced.
const KEPT_SHARE: usize = 4;

/// Decides how files are synced and which stay open until then, and syncs the file system when that was decided.
#[derive(Debug)]
pub(super) struct Syncer {
    file_system: Option<Arc<dyn FileSystem>>,
    path: PathBuf,
    each_max: usize,
    /// At least `each_max`: a file that was closed with unsynced bytes needs a sync of the whole.
    kept_max: usize,
}

impl Syncer {
    /// `path` lies on the file system; more than `each_max` files are synced together.
    pub(super) fn new(disk: &dyn Disk, path: &Path, each_max: usize) -> Result<Syncer> {
        let file_system = disk.file_system(path).map_err(Error::io("open", path))?;
        let open_files_max = disk.open_files_max().and_then(|max| usize::try_from(max).ok()).unwrap_or(usize::MAX);
        let kept_max = if file_system.is_some() { each_max.max(open_files_max / KEPT_SHARE) } else { usize::MAX };
        Ok(Syncer { file_system, path: path.to_owned(), each_max, kept_max })
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
        handle_count <= self.kept_max
    }
}
