//! What all file sinks share: files whose names carry their offsets, so that every record stands in exactly one file whatever is killed when.
//!
//! A file grows as `<topic>-<partition>-<first:010>.<ext>.inprogress`. When it is due it is fsynced, renamed to `<topic>-<partition>-<first:010>-<last:010>.<ext>`,
//! the directory is fsynced, a line is appended to `_manifest.jsonl`, and only then are its offsets safe to commit. A start looks at the names: the
//! highest `last` of a partition says where to resume, and files in progress are deleted. So a finished file never changes and
//! never overlaps another.
//!
//! Readers: a name without `.inprogress` is complete. `_manifest.jsonl` holds one object per file: `file topic partition first_offset last_offset rows bytes
//! min_timestamp max_timestamp crc32`. It is not fsynced: it is derived, and an entry lost in a crash is written again at the next start from the file itself
//! (without timestamps).
//!
//! What a file holds is the business of a [`RowFormat`]; [`crate::json_file_sink`] and [`crate::csv_file_sink`] bring one each.

mod config;
mod file_name;
mod format;
mod judgement;
mod manifest;
mod open_file;
mod partition;
mod recovery;
mod task;

pub use config::{FileSinkConfig, OnNull, config_def, validate};
pub use file_name::FileName;
pub use format::{RowFormat, RowWriter};
pub use manifest::{MANIFEST, ManifestEntry};
pub use task::FileSinkTask;

#[cfg(test)]
mod full_disk;
#[cfg(test)]
mod tests;
