//! The machine's file system.
//!
//! Names are durable by `fsync` of their directory; locks are `flock`, which the kernel releases when the process dies. What is in a file: [`RealFile`].
#![allow(clippy::disallowed_methods, reason = "this file is the door to the machine's files")]

use super::file::RealFile;
use super::limits::open_file_limit;
use crate::{DirEntry, Disk, File, FileSystem, Lock, LockError, OpenMode, Space};
use rustix::fs::FlockOperation;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// The machine's file system.
///
/// ```
/// use log_env::{Disk, OpenMode, RealDisk};
/// let directory = std::env::temp_dir().join(format!("real-disk-doc-{}", std::process::id()));
/// let disk = RealDisk::new();
/// disk.create_dir_all(&directory)?;
/// let file = disk.open(&directory.join("a"), OpenMode::OpenOrCreate)?;
/// file.write_at(b"hello", 0)?;
/// file.sync_data()?;
/// assert_eq!(file.length_bytes()?, 5);
/// disk.remove_dir_all(&directory)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct RealDisk {}

impl RealDisk {
    /// The machine's file system; it holds nothing.
    pub fn new() -> RealDisk {
        RealDisk {}
    }
}

/// A directory that stands for its file system. The handle is kept because the kernel tells each handle of failures since it was opened.
#[derive(Debug)]
struct RealFileSystem {
    directory: fs::File,
}

impl FileSystem for RealFileSystem {
    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(&self.directory)?)
    }
}

/// Whether `syncfs` tells of failed writes: since Linux 5.8 (its manual page, "BUGS").
fn syncfs_tells_of_failures(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (5, 8)
}

#[derive(Debug)]
struct RealLock {
    _file: fs::File,
}

impl Lock for RealLock {}

impl Disk for RealDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(mode != OpenMode::Read);
        match mode {
            OpenMode::Read | OpenMode::Write => {}
            OpenMode::CreateNew => _ = options.create_new(true),
            OpenMode::OpenOrCreate => _ = options.create(true).truncate(false),
        }
        Ok(Arc::new(RealFile::new(options.open(path)?)))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            let is_dir = metadata.is_dir();
            let length_bytes = if is_dir { 0 } else { metadata.len() };
            entries.push(DirEntry { name: entry.file_name().to_string_lossy().into_owned(), is_dir, length_bytes });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        path.try_exists()
    }

    fn create_dir_all(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_dir_all(&self, directory: &Path) -> io::Result<()> {
        fs::remove_dir_all(directory)
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        // The parent of a relative path of one component is the empty path: the current directory.
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        fs::File::open(directory)?.sync_all()
    }

    fn file_system(&self, path: &Path) -> io::Result<Option<Arc<dyn FileSystem>>> {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        if !syncfs_tells_of_failures(release.trim()) {
            return Ok(None);
        }
        Ok(Some(Arc::new(RealFileSystem { directory: fs::File::open(path)? })))
    }

    fn open_files_max(&self) -> Option<u64> {
        open_file_limit()
    }

    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn Lock>, LockError> {
        let mut file = fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(LockError::Io)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut words = Vec::new();
                // The owner's words are a courtesy: a bounded look, and no failure if they cannot be read.
                _ = file.take(1024).read_to_end(&mut words);
                return Err(LockError::Held { owner: String::from_utf8_lossy(&words).trim().to_owned() });
            }
            Err(error) => return Err(LockError::Io(error.into())),
        }
        let write = |file: &mut fs::File| {
            file.set_len(0)?;
            file.write_all(owner.as_bytes())
        };
        match write(&mut file) {
            // On a full disk the lock still holds; only its words are missing.
            Err(error) if error.kind() != io::ErrorKind::StorageFull => Err(LockError::Io(error)),
            _ => Ok(Box::new(RealLock { _file: file })),
        }
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(Space { free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize), total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::IoSlice;

    #[test]
    fn a_file_keeps_what_plain_and_vectored_writes_put_there() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::new();
        let file = disk.open(&directory.path().join("a"), OpenMode::CreateNew).unwrap();
        let pieces: Vec<Vec<u8>> = (0..3000u32).map(|i| i.to_le_bytes()[..(i as usize % 5).min(4)].to_vec()).collect();
        let slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        file.write_at(b"head", 0).unwrap();
        file.write_vectored_at(&slices, 4).unwrap();
        file.sync_data().unwrap();
        let expected: Vec<u8> = b"head".iter().copied().chain(pieces.concat()).collect();
        let mut found = vec![1; expected.len() + 10];
        let count = file.read_at(&mut found, 0).unwrap();
        assert_eq!(&found[..count], &expected[..]);
        assert!(disk.open(&directory.path().join("a"), OpenMode::CreateNew).is_err());
        assert!(disk.open(&directory.path().join("b"), OpenMode::Write).is_err());
    }

    #[test]
    fn a_file_system_is_synced_as_a_whole_where_failures_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::new();
        disk.open(&directory.path().join("a"), OpenMode::CreateNew).unwrap().write_at(b"x", 0).unwrap();
        disk.file_system(directory.path()).unwrap().expect("the tests run on a recent Linux").sync().unwrap();
        let told = ["6.18.0", "5.8.0-rc1", "5.10", "5.7.99", "4.19.0-27-amd64", "strange"].map(syncfs_tells_of_failures);
        assert_eq!(told, [true, true, true, false, false, false]);
    }

    #[test]
    fn preallocation_writes_zeros_behind_what_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::new();
        let file = disk.open(&directory.path().join("a"), OpenMode::CreateNew).unwrap();
        file.write_at(b"xyz", 0).unwrap();
        file.preallocate(1_000_000).unwrap();
        file.preallocate(10).unwrap();
        let mut found = vec![9; 1_000_001];
        assert_eq!(file.read_at(&mut found, 0).unwrap(), 1_000_000);
        assert_eq!(&found[..3], b"xyz");
        assert!(found[3..1_000_000].iter().all(|&byte| byte == 0));
    }

    #[test]
    fn names_are_listed_sorted_renamed_and_removed() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::new();
        let at = |name: &str| directory.path().join(name);
        disk.create_dir_all(&at("d/e")).unwrap();
        disk.open(&at("b"), OpenMode::OpenOrCreate).unwrap().write_at(b"1", 0).unwrap();
        disk.rename(&at("b"), &at("a")).unwrap();
        disk.sync_dir(directory.path()).unwrap();
        let names: Vec<_> = disk.list(directory.path()).unwrap().into_iter().map(|e| (e.name, e.is_dir, e.length_bytes)).collect();
        assert_eq!(names, [("a".to_owned(), false, 1), ("d".to_owned(), true, 0)]);
        disk.remove_file(&at("a")).unwrap();
        disk.remove_dir_all(&at("d")).unwrap();
        assert!(disk.list(directory.path()).unwrap().is_empty());
        assert!(!disk.exists(&at("a")).unwrap());
        assert!(disk.space(directory.path()).unwrap().total_bytes > 0);
    }

    #[test]
    fn a_second_lock_is_refused_with_the_owners_words_until_the_first_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let disk = RealDisk::new();
        let path = directory.path().join("lock");
        let first = disk.lock(&path, "pid 1 of program x, a longer text").unwrap();
        match disk.lock(&path, "pid 2") {
            Err(LockError::Held { owner }) => assert_eq!(owner, "pid 1 of program x, a longer text"),
            other => panic!("{other:?}"),
        }
        drop(first);
        drop(disk.lock(&path, "short").unwrap());
        assert_eq!(disk.list(directory.path()).unwrap()[0].length_bytes, 5);
    }
}
