//! `FileTailSource`: follows growing files, one or all that match a pattern, through rotation and truncation.
//!
//! A file is known by device, inode and a fingerprint of its first bytes, all kept in the source offset beside the position; the source partition is
//! `{"filename"}` as for `FileStreamSource`. What happens to a file, also while nothing runs:
//! - **renamed and created anew** (`access.log` → `access.log.1`): the old one is read until it has been left alone for `rotate.wait.ms` (a writer goes on with
//!   it until it is told to reopen its log), then any rotated in between, then the new one;
//! - **copied and truncated**: the rest is taken from the copy if it is there, then the file from its start;
//! - **truncated or overwritten**: it is read from its start;
//! - **rotated and gone**: what was not read is lost, which is logged.
//!
//! A last line without its end waits for more; it is handed over when the worker drains or the file was rotated. An over-long line (`line.max.bytes`) takes no
//! memory: its head and place go through the error policy, as do lines that are not UTF-8 with `encoding=utf8`. Rotated copies that are compressed are not
//! read. A pattern should match either the live files only or also their renamed successors, but not copies made by copy-and-truncate.

mod follower;
mod identity;
mod pattern;
mod plugin;
mod siblings;
mod task;

pub use plugin::plugin;

#[cfg(test)]
mod tests;
