//! One directory on a disk: whole-file reads, atomic replacement and removal, with errors that name the file.
//!
//! Small files only; segments are read piece by piece elsewhere.

use super::syncing::Syncing;
use crate::error::{Error, Result};
use log_env::{DirEntry, Disk, File, OpenMode};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is opened only to be read is stored already: failing there says nothing about the disk taking more.
fn cannot_open(path: PathBuf, mode: OpenMode, error: io::Error) -> Error {
    match mode {
        OpenMode::Read => Error::unreadable(path, 0)(error),
        _ => Error::io("open", path)(error),
    }
}

/// A directory on a disk; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    disk: Arc<dyn Disk>,
    path: Arc<Path>,
}

impl Folder {
    pub(crate) fn new(disk: Arc<dyn Disk>, path: &Path) -> Folder {
        Folder { disk, path: path.into() }
    }

    pub(crate) fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn list(&self) -> Result<Vec<DirEntry>> {
        self.disk.list(&self.path).map_err(Error::unreadable(self.path(), 0))
    }

    pub(crate) fn open(&self, name: &str, mode: OpenMode) -> Result<Arc<dyn File>> {
        let path = self.join(name);
        self.disk.open(&path, mode).map_err(|error| cannot_open(path, mode, error))
    }

    /// Opens a file if it exists.
    pub(crate) fn open_existing(&self, name: &str, mode: OpenMode) -> Result<Option<Arc<dyn File>>> {
        match self.disk.open(&self.join(name), mode) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot_open(self.join(name), mode, error)),
        }
    }

    /// All bytes of a file; `None` if it does not exist.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(file) = self.open_existing(name, OpenMode::Read)? else { return Ok(None) };
        let failed = || Error::unreadable(self.join(name), 0);
        let length = file.length_bytes().map_err(failed())?;
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        let count = file.read_at(&mut bytes, 0).map_err(failed())?;
        bytes.truncate(count);
        Ok(Some(bytes))
    }

    /// Replaces a file whole. Synced each, it is the old one or the new one after a crash, and the name is durable after the next
    /// [`Folder::sync`]; else it may be a torn one too until the file system is synced.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8], syncing: Syncing) -> Result<()> {
        let temporary = format!("{name}.tmp");
        let file = self.open(&temporary, OpenMode::OpenOrCreate)?;
        let failed = || Error::io("write", self.join(&temporary));
        file.set_length(0).map_err(failed())?;
        file.write_at(bytes, 0).map_err(failed())?;
        if syncing == Syncing::Each {
            file.sync_data().map_err(Error::sync(self.join(&temporary)))?;
        }
        self.rename(&temporary, name)
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.disk.rename(&self.join(from), &self.join(to)).map_err(Error::io("rename", self.join(from)))
    }

    /// Removes a file; one that does not exist is already removed.
    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        match self.disk.remove_file(&self.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", self.join(name))(error)),
            _ => Ok(()),
        }
    }

    pub(crate) fn sync(&self) -> Result<()> {
        self.disk.sync_dir(&self.path).map_err(Error::sync(self.path()))
    }
}
