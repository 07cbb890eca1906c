//! What makes a file the same file under another name: device, inode, and a checksum of its first bytes in case the inode was given to a new file.

use connect_api::JsonMap;
use crc_fast::{CrcAlgorithm, checksum};
use serde_json::Value as Json;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;

/// How many of the first bytes are compared.
const FINGERPRINT_BYTES: u64 = 1024;
/// Fewer bytes than this do not tell a copy from another file.
const DISTINCTIVE_BYTES: u64 = 64;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    fingerprint: u32,
    fingerprint_bytes: u64,
}

impl Identity {
    /// Of an open file of which `position` bytes were read.
    pub(super) fn of(file: &File, position: u64) -> io::Result<Identity> {
        let metadata = file.metadata()?;
        let fingerprint_bytes = position.min(FINGERPRINT_BYTES);
        let fingerprint = fingerprint(file, fingerprint_bytes)?;
        Ok(Identity { device: metadata.dev(), inode: metadata.ino(), fingerprint, fingerprint_bytes })
    }

    /// Whether more of the file can be told now that `position` bytes were read.
    pub(super) fn can_grow(&self, position: u64) -> bool {
        position.min(FINGERPRINT_BYTES) > self.fingerprint_bytes
    }

    /// Whether the metadata is of the same inode.
    pub(super) fn same_inode(&self, metadata: &Metadata) -> bool {
        self.device == metadata.dev() && self.inode == metadata.ino()
    }

    /// Whether both are of the same inode.
    pub(super) fn same_file(&self, other: &Identity) -> bool {
        self.device == other.device && self.inode == other.inode
    }

    /// Whether the file begins with the same bytes.
    pub(super) fn same_head(&self, file: &File) -> io::Result<bool> {
        if file.metadata()?.len() < self.fingerprint_bytes {
            return Ok(false);
        }
        Ok(fingerprint(file, self.fingerprint_bytes)? == self.fingerprint)
    }

    /// Whether equal heads mean more than chance.
    pub(super) fn is_distinctive(&self) -> bool {
        self.fingerprint_bytes >= DISTINCTIVE_BYTES
    }

    /// The fields beside the position in a source offset.
    pub(super) fn to_fields(self) -> Arc<JsonMap> {
        Arc::new(JsonMap::from([
            ("device".to_string(), Json::from(self.device)),
            ("inode".to_string(), Json::from(self.inode)),
            ("fingerprint".to_string(), Json::from(self.fingerprint)),
            ("fingerprint.bytes".to_string(), Json::from(self.fingerprint_bytes)),
        ]))
    }

    /// From a stored source offset; `None` if it is of another source.
    pub(super) fn from_fields(fields: &JsonMap) -> Option<Identity> {
        let number = |name: &str| fields.get(name).and_then(Json::as_u64);
        Some(Identity {
            device: number("device")?,
            inode: number("inode")?,
            fingerprint: u32::try_from(number("fingerprint")?).ok()?,
            fingerprint_bytes: number("fingerprint.bytes")?.min(FINGERPRINT_BYTES),
        })
    }
}

fn fingerprint(file: &File, count: u64) -> io::Result<u32> {
    let mut head = vec![0u8; count as usize];
    file.read_exact_at(&mut head, 0)?;
    Ok(checksum(CrcAlgorithm::Crc32IsoHdlc, &head) as u32)
}
