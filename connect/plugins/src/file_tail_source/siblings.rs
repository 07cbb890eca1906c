//! Finds what rotation made of a file: the files beside it that carry its name and a suffix of digits and dates.

use super::identity::Identity;
use super::pattern;
use connect_api::Result;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A rotated file.
#[derive(Debug)]
pub(super) struct Sibling {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its name within the directory.
    pub(super) name: String,
    age: Age,
    length_bytes: u64,
}

/// When a file came into being and when it was last touched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Age {
    device: u64,
    inode: u64,
    created: Option<SystemTime>,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Age {
    pub(super) fn of(metadata: &Metadata) -> Age {
        Age {
            device: metadata.dev(),
            inode: metadata.ino(),
            created: metadata.created().ok(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// For how long neither content nor name has changed; `None` if the times lie in the future.
    pub(super) fn unchanged_for(&self) -> Option<Duration> {
        let (seconds, nanoseconds) = self.modified.max(self.changed);
        let last = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?);
        SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(last)
    }

    /// The order in which files were begun. Where the file system does not tell that, the order in which they were last written: archives touched later
    /// would then come at the wrong place.
    fn order(&self, other: &Age) -> std::cmp::Ordering {
        match (self.created, other.created) {
            (Some(created), Some(other_created)) => (created, self.modified).cmp(&(other_created, other.modified)),
            _ => self.modified.cmp(&other.modified),
        }
    }
}

/// The rotated files of `path`, the oldest first.
pub(super) fn siblings(path: &Path) -> Result<Vec<Sibling>> {
    let (Some(directory), Some(base)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for name in pattern::names(directory)? {
        let Some(suffix) = name.strip_prefix(base).and_then(|rest| rest.strip_prefix(['.', '-', '_'])) else { continue };
        if suffix.is_empty() || !suffix.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.' | b'T' | b'Z' | b':'))
        {
            continue;
        }
        let path = directory.join(&name);
        let Ok(metadata) = path.metadata() else { continue };
        if metadata.is_file() {
            found.push(Sibling { path, name, age: Age::of(&metadata), length_bytes: metadata.len() });
        }
    }
    found.sort_by(|left, right| left.age.order(&right.age));
    Ok(found)
}

/// The index of the sibling that is this file under another name.
pub(super) fn find_renamed(siblings: &[Sibling], identity: &Identity) -> Option<usize> {
    siblings.iter().position(|sibling| {
        let Ok(file) = File::open(&sibling.path) else { return false };
        file.metadata().is_ok_and(|metadata| identity.same_inode(&metadata)) && identity.same_head(&file).unwrap_or(false)
    })
}

/// The sibling that was begun next after a file, whether that file is still there or not.
pub(super) fn successor<'a>(siblings: &'a [Sibling], file: &Age) -> Option<&'a Sibling> {
    siblings.iter().find(|sibling| {
        let is_same = (sibling.age.device, sibling.age.inode) == (file.device, file.inode);
        !is_same && sibling.age.order(file).is_gt()
    })
}

/// The index of the sibling that is a copy of this file, at least `position` bytes long; the newest if there are several.
pub(super) fn find_copy(siblings: &[Sibling], identity: &Identity, position: u64) -> Option<usize> {
    siblings.iter().rposition(|sibling| {
        identity.is_distinctive()
            && sibling.length_bytes >= position
            && File::open(&sibling.path).and_then(|file| identity.same_head(&file)).unwrap_or(false)
    })
}
