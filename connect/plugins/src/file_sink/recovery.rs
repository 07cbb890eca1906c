//! What a start finds in the directory: the highest offset of each partition, leftovers to delete, and finished files the manifest does not know.

use super::manifest::{self, ManifestEntry};
use super::open_file::sync_directory;
use super::{FileName, RowFormat};
use connect_api::{Error, Result, SinkOffsets, TopicPartition};
use crc_fast::{CrcAlgorithm, Digest};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Read;
use std::path::Path;

/// Where the locks lie within the directory.
const LOCKS: &str = ".locks";

/// Creates the directory if only it is missing.
pub(super) fn ensure_directory(directory: &Path) -> Result<()> {
    match std::fs::create_dir(directory) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && directory.is_dir() => Ok(()),
        Err(error) => Err(Error::io("use directory", directory.display(), &error)),
    }
}

/// Takes the lock of a partition: one writer each, also among processes. Released when dropped or when the process dies.
pub(super) fn lock(directory: &Path, partition: &TopicPartition, extension: &str) -> Result<File> {
    let locks = directory.join(LOCKS);
    std::fs::create_dir_all(&locks).map_err(|error| Error::io("create", locks.display(), &error))?;
    let path = locks.join(format!("{partition}.{extension}"));
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| Error::io("create", path.display(), &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::retriable(format!(
            "another sink writes {partition} into {}; give one of them another directory",
            directory.display()
        ))),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path.display(), &error)),
    }
}

/// Deletes leftovers of these partitions, repairs the manifest, and answers where to resume those that have files.
pub(super) fn recover(directory: &Path, format: &dyn RowFormat, partitions: &[TopicPartition]) -> Result<SinkOffsets> {
    let known = manifest::files(directory)?;
    let mut resume = SinkOffsets::new();
    let mut missing = Vec::new();
    let mut deleted = false;
    let failed = |error: std::io::Error| Error::io("list", directory.display(), &error);
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let Ok(file) = entry.map_err(failed)?.file_name().into_string() else { continue };
        if FileName::parse_in_progress(&file, format.extension()).is_some_and(|partition| partitions.contains(&partition)) {
            let path = directory.join(&file);
            std::fs::remove_file(&path).map_err(|error| Error::io("delete", path.display(), &error))?;
            deleted = true;
            continue;
        }
        let Some(name) = FileName::parse(&file, format.extension()).filter(|name| partitions.contains(&name.partition)) else { continue };
        let next = resume.entry(name.partition.clone()).or_insert(name.last.next());
        *next = (*next).max(name.last.next());
        if !known.contains(&file) {
            missing.push((name, file));
        }
    }
    if deleted {
        sync_directory(directory)?;
    }
    missing.sort_by_key(|(name, _)| (name.partition.clone(), name.first));
    let entries = missing.into_iter().map(|(name, file)| describe(directory, format, name, file)).collect::<Result<Vec<_>>>()?;
    manifest::append(directory, &entries)?;
    Ok(resume)
}

/// The manifest entry of a finished file, from its bytes.
fn describe(directory: &Path, format: &dyn RowFormat, name: FileName, file: String) -> Result<ManifestEntry> {
    let path = directory.join(&file);
    let failed = |error: std::io::Error| Error::io("read", path.display(), &error);
    let mut reader = File::open(&path).map_err(failed)?;
    let (mut crc, mut rows, mut bytes, mut in_quotes) = (Digest::new(CrcAlgorithm::Crc32IsoHdlc), 0, 0, false);
    let mut piece = vec![0u8; 128 * 1024];
    loop {
        let count = reader.read(&mut piece).map_err(failed)?;
        if count == 0 {
            break;
        }
        crc.update(&piece[..count]);
        rows += format.count_rows(&piece[..count], &mut in_quotes);
        bytes += count as u64;
    }
    let rows = rows.saturating_sub(format.header_rows());
    Ok(ManifestEntry { file, name, rows, bytes, timestamps: None, crc32: crc.finalize() as u32 })
}
