//! Small files that are replaced as a whole and carry a checksum.
//!
//! ```text
//! headwater-<kind> <version> <crc: 8 hex digits>\n
//! <body>
//! ```
//! The CRC-32C covers kind, version and body. A replacement is written under another name, synced, renamed, and the name synced: a crash
//! leaves the old file or the new one.

use crate::journal::crc32c;
use crate::{Error, Result};
use log_env::{Disk, OpenMode};
use std::path::Path;

/// What a sealed file says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) version: u32,
    pub(super) body: Vec<u8>,
}

fn seal(kind: &str, version: u32, body: &[u8]) -> u32 {
    let mut covered = format!("{kind} {version}\n").into_bytes();
    covered.extend_from_slice(body);
    crc32c(&covered)
}

/// Replaces the file; it is durable on return.
pub(super) fn replace(disk: &dyn Disk, path: &Path, kind: &str, version: u32, body: &[u8]) -> Result<()> {
    let mut bytes = format!("headwater-{kind} {version} {:08x}\n", seal(kind, version, body)).into_bytes();
    bytes.extend_from_slice(body);
    let new = path.with_extension("new");
    let file = disk.open(&new, OpenMode::OpenOrCreate).map_err(Error::io("create", &new))?;
    file.set_length(0).map_err(Error::io("cut", &new))?;
    file.write_at(&bytes, 0).map_err(Error::io("write", &new))?;
    file.sync_data().map_err(Error::sync(&new))?;
    disk.rename(&new, path).map_err(Error::io("rename", &new))?;
    let directory = path.parent().unwrap_or(Path::new(""));
    disk.sync_dir(directory).map_err(Error::sync(directory))
}

/// Reads the file; `None` if there is none.
pub(super) fn read(disk: &dyn Disk, path: &Path, kind: &str) -> Result<Option<Sealed>> {
    if !disk.exists(path).map_err(Error::io("look for", path))? {
        return Ok(None);
    }
    let file = disk.open(path, OpenMode::Read).map_err(Error::io("open", path))?;
    let length = file.length_bytes().map_err(Error::io("measure", path))?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    let count = file.read_at(&mut bytes, 0).map_err(Error::io("read", path))?;
    bytes.truncate(count);
    let damage = |reason: &str| Error::Corrupt { path: path.to_owned(), position: 0, reason: reason.to_owned() };
    let Some(line_end) = bytes.iter().position(|byte| *byte == b'\n') else { return Err(damage("it has no first line")) };
    let body = bytes.split_off(line_end + 1);
    let line = std::str::from_utf8(&bytes[..line_end]).map_err(|_| damage("its first line is not text"))?;
    let words: Vec<&str> = line.split(' ').collect();
    let [name, version, crc] = words[..] else { return Err(damage("its first line is not a name, a version and a checksum")) };
    let (Some(found), Ok(version)) = (name.strip_prefix("headwater-"), version.parse()) else {
        return Err(damage("its first line does not begin with its kind and version"));
    };
    if found != kind || crc != format!("{:08x}", seal(kind, version, &body)) {
        return Err(damage("its checksum is wrong"));
    }
    Ok(Some(Sealed { version, body }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_env::SimDisk;

    #[test]
    fn a_sealed_file_is_read_back_and_any_flipped_bit_shows() {
        let (disk, path) = (SimDisk::new(), Path::new("thing"));
        assert_eq!(read(&disk, path, "thing").unwrap(), None);
        replace(&disk, path, "thing", 1, b"an earlier and longer text").unwrap();
        replace(&disk, path, "thing", 3, b"some\ntext").unwrap();
        assert_eq!(read(&disk, path, "thing").unwrap(), Some(Sealed { version: 3, body: b"some\ntext".to_vec() }));
        for bit in 0..disk.read_all(path).unwrap().len() as u64 * 8 {
            disk.flip_bit(path, bit).unwrap();
            assert!(read(&disk, path, "thing").is_err(), "bit {bit}");
            disk.flip_bit(path, bit).unwrap();
        }
    }
}
