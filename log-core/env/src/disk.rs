//! A file system reduced to what a log needs. Calls block; whoever must not block calls them from its own thread.
//!
//! Guarantees a caller may lean on, and no more: data is durable after [`File::sync_data`] returned; a created, renamed or removed name
//! is durable after [`Disk::sync_dir`] of its directory returned; both are after [`FileSystem::sync`]; a 512-byte aligned sector is written whole or not at all.
//! After a failed `sync_data` nothing is known about the unsynced data: the caller must give the file up, never retry.

use std::fmt;
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// It must exist; reads only.
    Read,
    /// It must exist; reads and writes.
    Write,
    /// It must not exist; reads and writes.
    CreateNew,
    /// Created if missing; reads and writes.
    OpenOrCreate,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The last component of the path.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// The file's length in bytes; 0 for a directory.
    pub length_bytes: u64,
}

/// The room on a file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What an ordinary user may still write.
    pub free_bytes: u64,
    /// The size of the whole.
    pub total_bytes: u64,
}

/// Why a lock was not taken.
#[derive(Debug)]
pub enum LockError {
    /// Another process (or another opening in this one) holds it; `owner` is what that one wrote into the file.
    Held {
        /// The holder's own words: process id, program, start time.
        owner: String,
    },
    /// The lock file cannot be used.
    Io(io::Error),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Held { owner } => write!(f, "held by {owner}"),
            LockError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LockError {}

/// A held lock; released when dropped or when the process dies.
pub trait Lock: Send + Sync + fmt::Debug {}

/// An open file. Reads and writes name their position, so one handle serves many threads.
pub trait File: Send + Sync + fmt::Debug {
    /// Reads up to `buffer.len()` bytes at `position`; fewer only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;

    /// The bytes from `position` on, `count` of them; fewer only at the end of the file. Into memory that nobody clears first, where that can be.
    fn read_vec_at(&self, count: usize, position: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        let read = self.read_at(&mut bytes, position)?;
        bytes.truncate(read);
        Ok(bytes)
    }

    /// Writes all of `bytes` at `position`, growing the file as needed. On an error any part may have been written.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;

    /// Writes all slices one after the other from `position` on.
    fn write_vectored_at(&self, slices: &[IoSlice<'_>], mut position: u64) -> io::Result<()> {
        for slice in slices {
            self.write_at(slice, position)?;
            position += slice.len() as u64;
        }
        Ok(())
    }

    /// As [`File::write_at`], of whole sectors of 512 bytes at the place of a sector, which were written or preallocated before.
    ///
    /// It may go around the page cache, and then the bytes are on stable storage when it returns and the next [`File::sync_data`] has nothing to do.
    /// That needs memory that begins at a multiple of 512; with any other, or on a file system that cannot do it, it is `write_at`.
    fn write_sectors_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.write_at(bytes, position)
    }

    /// The file's length in bytes.
    fn length_bytes(&self) -> io::Result<u64>;

    /// Cuts or grows (with zeros) the file.
    fn set_length(&self, length_bytes: u64) -> io::Result<()>;

    /// Makes the first `length_bytes` bytes exist on the device, zero where nothing was written, so that later writes there allocate nothing.
    fn preallocate(&self, length_bytes: u64) -> io::Result<()>;

    /// Returns once all data written so far (and the length) is on stable storage.
    fn sync_data(&self) -> io::Result<()>;
}

/// All files of one file system, to be synced together.
pub trait FileSystem: Send + Sync + fmt::Debug {
    /// Returns once everything written and named so far in any of its files is on stable storage: the cost of many
    /// [`File::sync_data`] and [`Disk::sync_dir`] in one. It pays for what other programs have unsynced there, too.
    ///
    /// Errors: something could not be written since the value was got or the last call, by anybody. What holds after a failed
    /// `sync_data` holds then for all files.
    fn sync(&self) -> io::Result<()>;
}

/// A file system.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens a file.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>>;

    /// The names in a directory, sorted.
    fn list(&self, directory: &Path) -> io::Result<Vec<DirEntry>>;

    /// Whether a file or directory of this name exists.
    fn exists(&self, path: &Path) -> io::Result<bool>;

    /// Creates a directory and its missing parents.
    fn create_dir_all(&self, directory: &Path) -> io::Result<()>;

    /// Renames a file or directory, replacing a file of the new name atomically.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory and everything in it.
    fn remove_dir_all(&self, directory: &Path) -> io::Result<()>;

    /// Returns once the names of this directory are on stable storage.
    fn sync_dir(&self, directory: &Path) -> io::Result<()>;

    /// The file system that holds `path`; `None` where the system cannot sync one as a whole and tell of failures.
    fn file_system(&self, path: &Path) -> io::Result<Option<Arc<dyn FileSystem>>>;

    /// How many files this process may have open at once, as things stand; `None` for any number.
    fn open_files_max(&self) -> Option<u64>;

    /// Takes the lock file at `path` or says who holds it. `owner` is written into the file for the next one to read.
    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn Lock>, LockError>;

    /// The room on the file system that holds `path`.
    fn space(&self, path: &Path) -> io::Result<Space>;
}
