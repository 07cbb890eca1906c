//! The journal: one stream of entries for all partitions, cut into sectors, kept in preallocated files that are used again.
//!
//! Every byte of the stream has a number, its lsn. A file holds a header sector and then consecutive sectors of the stream; the header
//! names the lsn of the first one. Files are numbered without gaps. A file is started only after the one before it is full and synced,
//! and its header is synced before any sector of the stream is written behind it.
//!
//! A crash loses or keeps each unsynced sector on its own. The scan ends at the first sector that is not of this stream: that is the torn
//! tail. A recovery then goes on in the next file under a higher *incarnation*, so that sectors of a lost tail, should they show up, are
//! never taken for new ones. A sector whose checksum is wrong is not a torn tail, because sectors are written whole: it is damage.

mod buffer;
mod entry;
mod file_set;
mod header;
mod scan;
mod sector;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use buffer::{Group, SectorBuffer, SectorMemory, no_memory};
pub(crate) use entry::{Entry, EntryEncoder, PartitionRef};
pub(crate) use file_set::{JournalOptions, room_of};
pub(crate) use scan::{JournalPosition, JournalScan};
pub(crate) use sector::crc32c;
pub(crate) use writer::JournalWriter;
