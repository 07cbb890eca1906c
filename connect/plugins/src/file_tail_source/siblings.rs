//! Finds what rotation made of a file: the files beside it that carry its name and a suffix of digits and dates.

use super::identity::Identity;
use super::pattern;
use connect_api::Result;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A rotated file.
#[derive(Debug)]
pub(super) struct Sibling {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its name within the directory.
    pub(super) name: String,
    modified: (i64, i64),
    length_bytes: u64,
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
            found.push(Sibling { path, name, modified: (metadata.mtime(), metadata.mtime_nsec()), length_bytes: metadata.len() });
        }
    }
    found.sort_by_key(|sibling| sibling.modified);
    Ok(found)
}

/// The index of the sibling that is this file under another name.
pub(super) fn find_renamed(siblings: &[Sibling], identity: &Identity) -> Option<usize> {
    siblings.iter().position(|sibling| {
        let Ok(file) = File::open(&sibling.path) else { return false };
        file.metadata().is_ok_and(|metadata| identity.same_inode(&metadata)) && identity.same_head(&file).unwrap_or(false)
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
