//! A file system in memory that loses, tears and reorders unsynced writes, fails on order, fills up, freezes and rots.
//!
//! Crash images are in `image.rs`. The model is at least as harsh as [`Disk`]'s contract allows: every unsynced 512-byte sector, every
//! change of a file's length and every change of a name is lost or kept on its own. Removing a directory removes its names one by one.

use super::content::Content;
use super::directory::{Directory, NodeId};
use super::fault::{self, Fault, FaultKind, FaultOn};
use super::file::SimFile;
use super::state::{Node, ROOT, State, components};
use crate::{DirEntry, Disk, File, FileSystem, Lock, LockError, OpenMode, Space};
use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The capacity a disk without a limit reports.
const UNLIMITED_BYTES: u64 = 1 << 50;

/// How many files it says may be open unless it is told otherwise: few, so that tests see what happens to whoever would have more.
const OPEN_FILES_MAX: u64 = 16;

/// A simulated disk; cheap to clone, all clones are one disk.
///
/// ```
/// use log_env::{Disk, OpenMode, SimDisk, SimRandom};
/// use std::path::Path;
/// let disk = SimDisk::new();
/// let file = disk.open(Path::new("a"), OpenMode::CreateNew)?;
/// disk.sync_dir(Path::new(""))?;
/// file.write_at(b"kept", 0)?;
/// file.sync_data()?;
/// file.write_at(b"lost or kept", 0)?;
/// let after = disk.crash(&SimRandom::new(1));
/// assert!([&b"kept"[..], b"lost or kept"].iter().any(|left| after.read_all(Path::new("a")).unwrap().starts_with(left)));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SimDisk {
    pub(super) inner: Arc<Mutex<Inner>>,
    thawed: Arc<Condvar>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) state: Arc<State>,
    /// Present while a trace is recorded.
    pub(super) trace: Option<Vec<Arc<State>>>,
    pub(super) capacity_bytes: Option<u64>,
    open_files_max: u64,
    pub(super) sync_count: u64,
    faults: Vec<Fault>,
    handles: BTreeMap<NodeId, usize>,
    locks: BTreeMap<PathBuf, String>,
    is_frozen: bool,
    waiting_count: usize,
}

impl Inner {
    pub(super) fn strike(&mut self, on: FaultOn, path: &str) -> io::Result<()> {
        fault::strike(&mut self.faults, on, path)
    }

    /// Changes the state, and records the change as a crash point.
    pub(super) fn change<T>(&mut self, change: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let value = change(Arc::make_mut(&mut self.state))?;
        if let Some(trace) = &mut self.trace {
            trace.push(self.state.clone());
        }
        Ok(value)
    }

    pub(super) fn close_handle(&mut self, id: NodeId) {
        if let Some(count) = self.handles.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                self.handles.remove(&id);
            }
        }
    }
}

impl SimDisk {
    /// An empty disk without a limit of size. What a power cut leaves is drawn when an image is asked for, so there is no seed here.
    #[allow(clippy::new_without_default, reason = "a disk is a place, not a value")]
    pub fn new() -> SimDisk {
        SimDisk::with_state(State::new())
    }

    pub(super) fn with_state(state: State) -> SimDisk {
        let inner = Inner {
            state: Arc::new(state),
            trace: None,
            capacity_bytes: None,
            open_files_max: OPEN_FILES_MAX,
            sync_count: 0,
            faults: Vec::new(),
            handles: BTreeMap::new(),
            locks: BTreeMap::new(),
            is_frozen: false,
            waiting_count: 0,
        };
        SimDisk { inner: Arc::new(Mutex::new(inner)), thawed: Arc::default() }
    }

    /// Orders a failure.
    pub fn inject(&self, fault: Fault) {
        self.inner.lock().faults.push(fault);
    }

    /// Orders that the sync after the next `skip` ones fails once; the unsynced pages of its file are dropped.
    pub fn fail_sync_once(&self, skip: u64) {
        self.inject(Fault { on: FaultOn::Sync, kind: FaultKind::Broken, path_part: String::new(), skip, count: 1 });
    }

    /// Cancels all ordered failures.
    pub fn clear_faults(&self) {
        self.inner.lock().faults.clear();
    }

    /// Sets how many files it says may be open.
    pub fn set_open_files_max(&self, count: u64) {
        self.inner.lock().open_files_max = count;
    }

    /// Limits the bytes all files together may have; `None` for no limit.
    pub fn set_capacity(&self, capacity_bytes: Option<u64>) {
        self.inner.lock().capacity_bytes = capacity_bytes;
    }

    /// The bytes all files have together.
    pub fn used_bytes(&self) -> u64 {
        self.inner.lock().state.used_bytes()
    }

    /// How often a file was synced.
    pub fn sync_count(&self) -> u64 {
        self.inner.lock().sync_count
    }

    /// From now on a sync of a file waits until [`SimDisk::thaw`]. Only for tests with threads: a simulated task would wait for ever.
    pub fn freeze(&self) {
        self.inner.lock().is_frozen = true;
    }

    /// Lets waiting syncs go on.
    pub fn thaw(&self) {
        self.inner.lock().is_frozen = false;
        self.thawed.notify_all();
    }

    /// How many syncs wait for the thaw.
    pub fn waiting_syncs(&self) -> usize {
        self.inner.lock().waiting_count
    }

    pub(super) fn wait_while_frozen(&self) {
        let mut inner = self.inner.lock();
        inner.waiting_count += 1;
        while inner.is_frozen {
            self.thawed.wait(&mut inner);
        }
        inner.waiting_count -= 1;
    }

    /// Flips one bit of a file, on the platter and in the cache.
    pub fn flip_bit(&self, path: &Path, bit: u64) -> io::Result<()> {
        self.inner.lock().change(|state| {
            let id = state.need(path)?;
            state.file_mut(id).map(|content| content.flip_bit(bit))
        })
    }

    /// All bytes of a file, as the program sees them.
    pub fn read_all(&self, path: &Path) -> io::Result<Vec<u8>> {
        let inner = self.inner.lock();
        let content = inner.state.file(inner.state.need(path)?)?;
        let mut bytes = vec![0; content.length() as usize];
        content.read(&mut bytes, 0);
        Ok(bytes)
    }

    /// The paths of all files, sorted.
    pub fn files(&self) -> Vec<PathBuf> {
        let inner = self.inner.lock();
        let mut files = Vec::new();
        let mut open = vec![(PathBuf::new(), ROOT)];
        while let Some((path, id)) = open.pop() {
            match inner.state.directory(id) {
                Some(directory) => open.extend(directory.names().map(|(name, id)| (path.join(name), id))),
                None => files.push(path),
            }
        }
        files.sort();
        files
    }
}

#[derive(Debug)]
struct SimFileSystem {
    disk: SimDisk,
}

impl FileSystem for SimFileSystem {
    fn sync(&self) -> io::Result<()> {
        self.disk.wait_while_frozen();
        let files = self.disk.files();
        let mut inner = self.disk.inner.lock();
        inner.sync_count += 1;
        for path in files {
            if let Err(error) = inner.strike(FaultOn::Sync, &path.to_string_lossy()) {
                inner.change(|state| {
                    let id = state.need(&path)?;
                    state.file_mut(id).map(|content| content.forget_unsynced())
                })?;
                return Err(error);
            }
        }
        let handles: BTreeSet<NodeId> = inner.handles.keys().copied().collect();
        inner.change(|state| {
            state.sync();
            state.collect(&handles);
            Ok(())
        })
    }
}

#[derive(Debug)]
struct SimLock {
    disk: SimDisk,
    path: PathBuf,
}

impl Lock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.disk.inner.lock().locks.remove(&self.path);
    }
}

impl Disk for SimDisk {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn File>> {
        let mut inner = self.inner.lock();
        let id = match (inner.state.find(path), mode) {
            (Some(_), OpenMode::CreateNew) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Some(id), _) => id,
            (None, OpenMode::Read | OpenMode::Write) => return Err(inner.state.need(path).expect_err("it is missing")),
            (None, OpenMode::CreateNew | OpenMode::OpenOrCreate) => {
                inner.strike(FaultOn::Name, &path.to_string_lossy())?;
                inner.change(|state| state.create(path, Node::File(Content::default())))?
            }
        };
        inner.state.file(id)?;
        *inner.handles.entry(id).or_default() += 1;
        Ok(Arc::new(SimFile::new(self.clone(), id, path.to_string_lossy().into_owned(), mode != OpenMode::Read)))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<DirEntry>> {
        let inner = self.inner.lock();
        let names = inner.state.directory(inner.state.need(directory)?).ok_or(io::ErrorKind::NotADirectory)?.names();
        let entry = |(name, id): (&String, NodeId)| {
            let length_bytes = inner.state.file(id).map_or(0, Content::length);
            DirEntry { name: name.clone(), is_dir: inner.state.directory(id).is_some(), length_bytes }
        };
        Ok(names.map(entry).collect())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        Ok(self.inner.lock().state.find(path).is_some())
    }

    fn create_dir_all(&self, directory: &Path) -> io::Result<()> {
        let mut inner = self.inner.lock();
        let mut path = PathBuf::new();
        for name in components(directory) {
            path.push(name);
            match inner.state.find(&path) {
                Some(id) if inner.state.directory(id).is_some() => {}
                Some(_) => return Err(io::ErrorKind::NotADirectory.into()),
                None => {
                    inner.strike(FaultOn::Name, &path.to_string_lossy())?;
                    _ = inner.change(|state| state.create(&path, Node::Directory(Directory::default())))?;
                }
            }
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut inner = self.inner.lock();
        inner.strike(FaultOn::Name, &to.to_string_lossy())?;
        inner.change(|state| state.rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut inner = self.inner.lock();
        inner.strike(FaultOn::Name, &path.to_string_lossy())?;
        inner.state.file(inner.state.need(path)?)?;
        inner.change(|state| state.remove(path))
    }

    fn remove_dir_all(&self, directory: &Path) -> io::Result<()> {
        for entry in self.list(directory)? {
            let path = directory.join(&entry.name);
            if entry.is_dir { self.remove_dir_all(&path)? } else { self.remove_file(&path)? }
        }
        let mut inner = self.inner.lock();
        inner.strike(FaultOn::Name, &directory.to_string_lossy())?;
        inner.change(|state| state.remove(directory))
    }

    fn sync_dir(&self, directory: &Path) -> io::Result<()> {
        let mut inner = self.inner.lock();
        inner.strike(FaultOn::Name, &directory.to_string_lossy())?;
        let handles: BTreeSet<NodeId> = inner.handles.keys().copied().collect();
        inner.change(|state| {
            let id = state.need(directory)?;
            state.directory_mut(id)?.sync();
            state.collect(&handles);
            Ok(())
        })
    }

    fn file_system(&self, path: &Path) -> io::Result<Option<Arc<dyn FileSystem>>> {
        _ = self.inner.lock().state.need(path)?;
        Ok(Some(Arc::new(SimFileSystem { disk: self.clone() })))
    }

    fn open_files_max(&self) -> Option<u64> {
        Some(self.inner.lock().open_files_max)
    }

    fn lock(&self, path: &Path, owner: &str) -> Result<Box<dyn Lock>, LockError> {
        let key: PathBuf = components(path).iter().collect();
        if let Some(owner) = self.inner.lock().locks.get(&key) {
            return Err(LockError::Held { owner: owner.clone() });
        }
        let file = self.open(path, OpenMode::OpenOrCreate).map_err(LockError::Io)?;
        file.set_length(0).and_then(|()| file.write_at(owner.as_bytes(), 0)).map_err(LockError::Io)?;
        self.inner.lock().locks.insert(key.clone(), owner.to_owned());
        Ok(Box::new(SimLock { disk: self.clone(), path: key }))
    }

    fn space(&self, _path: &Path) -> io::Result<Space> {
        let inner = self.inner.lock();
        let total_bytes = inner.capacity_bytes.unwrap_or(UNLIMITED_BYTES);
        Ok(Space { free_bytes: total_bytes.saturating_sub(inner.state.used_bytes()), total_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SimRandom;

    fn file_with(disk: &SimDisk, text: &[u8]) -> Arc<dyn File> {
        let file = disk.open(Path::new("a"), OpenMode::OpenOrCreate).unwrap();
        file.write_at(text, 0).unwrap();
        file.sync_data().unwrap();
        disk.sync_dir(Path::new("/")).unwrap();
        file
    }

    #[test]
    fn a_failed_sync_drops_the_unsynced_pages_and_the_next_one_succeeds() {
        let disk = SimDisk::new();
        let file = file_with(&disk, b"kept");
        disk.fail_sync_once(0);
        file.write_at(b"lost and longer", 0).unwrap();
        assert_eq!(file.sync_data().unwrap_err().raw_os_error(), Some(5));
        file.sync_data().unwrap();
        assert_eq!(disk.read_all(Path::new("a")).unwrap(), b"kept");
    }

    #[test]
    fn syncing_the_file_system_keeps_all_bytes_and_names_or_drops_the_pages_of_the_file_that_failed() {
        let disk = SimDisk::new();
        disk.create_dir_all(Path::new("d")).unwrap();
        for name in ["d/a", "d/b"] {
            disk.open(Path::new(name), OpenMode::CreateNew).unwrap().write_at(b"kept", 0).unwrap();
        }
        let whole = disk.file_system(Path::new("d")).unwrap().unwrap();
        whole.sync().unwrap();
        for seed in 0..20 {
            let after = disk.crash(&SimRandom::new(seed));
            assert_eq!(["d/a", "d/b"].map(|name| after.read_all(Path::new(name)).unwrap()), [b"kept", b"kept"]);
        }
        disk.open(Path::new("d/b"), OpenMode::Write).unwrap().write_at(b"lost", 0).unwrap();
        disk.inject(Fault { on: FaultOn::Sync, kind: FaultKind::Broken, path_part: "b".into(), skip: 0, count: 1 });
        assert_eq!(whole.sync().unwrap_err().raw_os_error(), Some(5));
        assert_eq!(disk.read_all(Path::new("d/b")).unwrap(), b"kept");
    }

    #[test]
    fn ordered_failures_strike_the_named_path_after_the_skipped_operations() {
        let disk = SimDisk::new();
        let file = file_with(&disk, b"x");
        disk.inject(Fault { on: FaultOn::Write, kind: FaultKind::Broken, path_part: "b".into(), skip: 0, count: u64::MAX });
        disk.inject(Fault { on: FaultOn::Read, kind: FaultKind::Broken, path_part: "a".into(), skip: 1, count: 1 });
        file.write_at(b"y", 0).unwrap();
        let mut byte = [0];
        let outcomes: Vec<bool> = (0..3).map(|_| file.read_at(&mut byte, 0).is_ok()).collect();
        assert_eq!(outcomes, [true, false, true]);
        disk.inject(Fault { on: FaultOn::Name, kind: FaultKind::Broken, path_part: String::new(), skip: 0, count: 1 });
        assert!(disk.rename(Path::new("a"), Path::new("c")).is_err());
        disk.clear_faults();
        disk.rename(Path::new("a"), Path::new("c")).unwrap();
    }

    #[test]
    fn a_full_disk_refuses_growth_and_takes_it_again_once_space_is_free() {
        let disk = SimDisk::new();
        let file = file_with(&disk, &[1; 100]);
        disk.set_capacity(Some(150));
        assert_eq!(file.write_at(&[2; 100], 100).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(file.length_bytes().unwrap(), 150, "a part was written");
        assert_eq!(file.preallocate(151).unwrap_err().kind(), io::ErrorKind::StorageFull);
        file.write_at(&[3; 150], 0).expect("overwriting takes no room");
        assert_eq!(disk.space(Path::new("a")).unwrap(), Space { free_bytes: 0, total_bytes: 150 });
        file.set_length(10).unwrap();
        file.write_at(&[4; 100], 10).unwrap();
    }

    #[test]
    fn a_frozen_disk_holds_syncs_until_the_thaw() {
        let disk = SimDisk::new();
        let file = file_with(&disk, b"x");
        disk.freeze();
        std::thread::scope(|scope| {
            let sync = scope.spawn(|| file.sync_data());
            while disk.waiting_syncs() == 0 {
                std::thread::yield_now();
            }
            assert!(!sync.is_finished());
            disk.thaw();
            sync.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_flipped_bit_is_there_before_and_after_a_power_cut() {
        let disk = SimDisk::new();
        _ = file_with(&disk, &[0; 10]);
        disk.flip_bit(Path::new("a"), 9).unwrap();
        for disk in [disk.clone(), disk.crash(&SimRandom::new(1))] {
            assert_eq!(disk.read_all(Path::new("a")).unwrap(), [0, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
    }

    #[test]
    fn a_lock_names_its_owner_and_does_not_outlive_the_process() {
        let disk = SimDisk::new();
        let held = disk.lock(Path::new("lock"), "me").unwrap();
        assert!(matches!(disk.lock(Path::new("./lock"), "you"), Err(LockError::Held { owner }) if owner == "me"));
        _ = disk.copy().lock(Path::new("lock"), "after the death of the first").unwrap();
        drop(held);
        _ = disk.lock(Path::new("lock"), "you").unwrap();
    }

    #[test]
    fn an_open_handle_outlives_its_name() {
        let disk = SimDisk::new();
        let file = file_with(&disk, b"still here");
        disk.remove_file(Path::new("a")).unwrap();
        disk.sync_dir(Path::new("")).unwrap();
        let mut buffer = [0; 10];
        assert_eq!(file.read_at(&mut buffer, 0).unwrap(), 10);
        assert_eq!(disk.used_bytes(), 0);
        assert!(disk.open(Path::new("a"), OpenMode::Read).is_err());
    }
}
