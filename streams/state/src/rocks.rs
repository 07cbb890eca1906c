//! A backing store in RocksDB: one database a store and task.
//!
//! Two column families, flushed together: `default` holds the entries, `meta` holds
//!
//! ```text
//! "format"     1 byte: the version of this layout
//! "identity"   whose entries these are (the changelog's topic id); entries of another identity are deleted at open
//! "offset"     8 bytes, big-endian: everything below this changelog offset is in `default`
//! "complete"   8 bytes, big-endian: no changelog record older than this (ms since 1970) is missing; absent before the first `sync`
//! ```
//!
//! There is no write-ahead log: after a crash the store is as of some earlier flush, offset included, and the changelog brings it up to date. That is right
//! only while the changelog has all that followed: it forgets tombstones after a while, so somebody must `sync` more often than that.

use crate::{Backing, Change, Error, MemoryLimit, Result, Scan};
use log_model::Offset;
use rocksdb::{
    BlockBasedOptions, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, FlushOptions, IngestExternalFileOptions, LogLevel,
    Options, ReadOptions, SstFileWriter, WriteBatch, WriteOptions,
};
use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

const DEFAULT: &str = "default";
const META: &str = "meta";
const FORMAT: &[u8] = b"format";
const IDENTITY: &[u8] = b"identity";
const OFFSET: &[u8] = b"offset";
const COMPLETE: &[u8] = b"complete";

/// The version of the layout.
const FORMAT_VERSION: u8 = 1;

/// How RocksDB passes ENOSPC on.
const NO_SPACE: &str = "No space left on device";

/// How RocksDB passes ENOENT on: one of its files is gone.
const NO_FILE: &str = "No such file or directory";

/// Shorter sorted runs go through the write buffer: a file of their own would not pay.
const INGEST_ENTRIES_MIN: usize = 10_000;

/// A backing store in RocksDB.
pub struct RocksStore {
    /// Absent only after a failure to open it again.
    db: Option<DB>,
    path: PathBuf,
    options: Options,
    identity: Vec<u8>,
    write_options: WriteOptions,
    changelog_offset: Option<Offset>,
    complete_ms: Option<i64>,
}

impl fmt::Debug for RocksStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RocksStore({})", self.path.display())
    }
}

impl RocksStore {
    /// Opens the store in directory `path`, creating it if it is missing. Entries of another `identity` or format, and a database that RocksDB finds
    /// damaged at open, are deleted: they are rebuilt from the changelog.
    ///
    /// Errors: [`Error::Full`]; [`Error::Storage`] with RocksDB's words, as when another process has the directory open.
    pub fn open(path: &Path, identity: &[u8], memory: &MemoryLimit) -> Result<RocksStore> {
        let options = options(memory);
        let db = match open(path, &options) {
            Err(error) if is_damage(&error) => {
                tracing::warn!(store = %path.display(), reason = %error, "state store is damaged: deleted, to be rebuilt from the log");
                DB::destroy(&options, path).and_then(|()| open(path, &options))
            }
            opened => opened,
        };
        let db = db.map_err(|error| storage(path, error))?;
        let mut write_options = WriteOptions::default();
        write_options.disable_wal(true);
        let mut store = RocksStore {
            db: Some(db),
            path: path.to_path_buf(),
            options,
            identity: identity.to_vec(),
            write_options,
            changelog_offset: None,
            complete_ms: None,
        };
        if store.is_ours()? {
            store.changelog_offset = store.read_number(OFFSET)?.map(Offset);
            store.complete_ms = store.read_number(COMPLETE)?;
        } else {
            store.clear()?;
        }
        Ok(store)
    }

    fn db(&self) -> Result<&DB> {
        let closed = || Error::Storage { store: self.path.display().to_string(), reason: "it could not be opened again".to_string() };
        self.db.as_ref().ok_or_else(closed)
    }

    fn read_meta(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let db = self.db()?;
        db.get_cf(family(db, META), key).map_err(|error| self.failed(error))
    }

    fn is_ours(&self) -> Result<bool> {
        Ok(self.read_meta(FORMAT)?.as_deref() == Some(&[FORMAT_VERSION]) && self.read_meta(IDENTITY)?.as_deref() == Some(&self.identity))
    }

    fn is_empty(&self) -> Result<bool> {
        let mut entries = self.db()?.raw_iterator();
        entries.seek_to_first();
        entries.status().map_err(|error| self.failed(error))?;
        Ok(!entries.valid())
    }

    fn read_number(&self, key: &[u8]) -> Result<Option<i64>> {
        let Some(bytes) = self.read_meta(key)? else { return Ok(None) };
        let bytes: [u8; 8] = bytes.as_slice().try_into().map_err(|_| Error::Corrupt {
            store: self.path.display().to_string(),
            reason: format!("its {} takes {} bytes, not 8", String::from_utf8_lossy(key), bytes.len()),
        })?;
        Ok(Some(i64::from_be_bytes(bytes)))
    }

    fn failed(&self, error: rocksdb::Error) -> Error {
        storage(&self.path, error)
    }

    fn read_options() -> ReadOptions {
        let mut options = ReadOptions::default();
        options.set_verify_checksums(true);
        options
    }

    fn ingest(&self, db: &DB, changes: &[Change<'_>]) -> Result<(), rocksdb::Error> {
        let file = self.path.join("restored-run.sst");
        let mut writer = SstFileWriter::create(&self.options);
        writer.open(&file)?;
        for (key, value) in changes {
            match value {
                Some(value) => writer.put(key, value)?,
                None => writer.delete(key)?,
            }
        }
        writer.finish()?;
        let mut ingest = IngestExternalFileOptions::default();
        ingest.set_move_files(true);
        db.ingest_external_file_opts(&ingest, vec![file])
    }
}

impl Backing for RocksStore {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let found = self.db()?.get_pinned(key).map_err(|error| self.failed(error))?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn multi_get(&mut self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        let db = self.db()?;
        let found = db.batched_multi_get_cf(family(db, DEFAULT), keys.iter().copied(), false);
        found.into_iter().map(|value| value.map(|value| value.map(|value| value.to_vec())).map_err(|error| self.failed(error))).collect()
    }

    fn scan(&mut self, from: &[u8], to: Option<&[u8]>, visit: Scan<'_>) -> Result<()> {
        let mut options = RocksStore::read_options();
        if let Some(to) = to {
            if to <= from {
                return Ok(());
            }
            options.set_iterate_upper_bound(to);
        }
        let mut entries = self.db()?.raw_iterator_opt(options);
        entries.seek(from);
        while let Some((key, value)) = entries.item() {
            if let ControlFlow::Break(()) = visit(key, value)? {
                return Ok(());
            }
            entries.next();
        }
        entries.status().map_err(|error| self.failed(error))
    }

    fn write<'a>(&mut self, changes: &mut dyn Iterator<Item = Change<'a>>, changelog_offset: Offset) -> Result<()> {
        let db = self.db()?;
        let mut batch = WriteBatch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        batch.put_cf(family(db, META), OFFSET, changelog_offset.0.to_be_bytes());
        db.write_opt(batch, &self.write_options).map_err(|error| self.failed(error))?;
        self.changelog_offset = Some(changelog_offset);
        Ok(())
    }

    fn write_sorted<'a>(&mut self, changes: &mut dyn Iterator<Item = Change<'a>>, changelog_offset: Offset) -> Result<()> {
        let changes: Vec<Change<'a>> = changes.collect();
        if changes.len() < INGEST_ENTRIES_MIN {
            return self.write(&mut changes.into_iter(), changelog_offset);
        }
        self.ingest(self.db()?, &changes).map_err(|error| self.failed(error))?;
        self.write(&mut std::iter::empty(), changelog_offset)
    }

    fn clear(&mut self) -> Result<()> {
        (self.changelog_offset, self.complete_ms) = (None, None);
        // What cannot be read is not empty.
        if !self.is_empty().unwrap_or(false) {
            self.db = None;
            let reopened = DB::destroy(&self.options, &self.path).and_then(|()| open(&self.path, &self.options));
            self.db = Some(reopened.map_err(|error| self.failed(error))?);
        }
        let db = self.db()?;
        let mut batch = WriteBatch::default();
        batch.put_cf(family(db, META), FORMAT, [FORMAT_VERSION]);
        batch.put_cf(family(db, META), IDENTITY, &self.identity);
        batch.delete_cf(family(db, META), OFFSET);
        batch.delete_cf(family(db, META), COMPLETE);
        db.write_opt(batch, &self.write_options).map_err(|error| self.failed(error))
    }

    fn changelog_offset(&self) -> Option<Offset> {
        self.changelog_offset
    }

    fn sync(&mut self, complete_ms: i64) -> Result<()> {
        let db = self.db()?;
        let mut batch = WriteBatch::default();
        batch.put_cf(family(db, META), COMPLETE, complete_ms.to_be_bytes());
        let families = [family(db, DEFAULT), family(db, META)];
        let synced = db.write_opt(batch, &self.write_options).and_then(|()| db.flush_cfs_opt(&families, &FlushOptions::default()));
        synced.map_err(|error| self.failed(error))?;
        self.complete_ms = Some(complete_ms);
        Ok(())
    }

    fn complete_ms(&self) -> Option<i64> {
        self.complete_ms
    }

    fn size_bytes(&self) -> u64 {
        let property = |name| self.db.as_ref().and_then(|db| db.property_int_value(name).ok().flatten()).unwrap_or(0);
        property("rocksdb.total-sst-files-size") + property("rocksdb.cur-size-all-mem-tables")
    }
}

fn family<'a>(db: &'a DB, name: &str) -> &'a ColumnFamily {
    db.cf_handle(name).expect("both column families are created at open")
}

/// Whether an error at open says that the files are not what they were.
fn is_damage(error: &rocksdb::Error) -> bool {
    match error.kind() {
        rocksdb::ErrorKind::Corruption => true,
        rocksdb::ErrorKind::IOError => error.as_ref().contains(NO_FILE),
        _ => false,
    }
}

fn storage(path: &Path, error: rocksdb::Error) -> Error {
    let store = path.display().to_string();
    match error.kind() {
        rocksdb::ErrorKind::Corruption => Error::Corrupt { store, reason: error.into_string() },
        rocksdb::ErrorKind::IOError if error.as_ref().contains(NO_SPACE) => Error::Full { store, reason: error.into_string() },
        _ => Error::Storage { store, reason: error.into_string() },
    }
}

fn open(path: &Path, options: &Options) -> std::result::Result<DB, rocksdb::Error> {
    let families = [DEFAULT, META].map(|name| ColumnFamilyDescriptor::new(name, options.clone()));
    DB::open_cf_descriptors(options, path, families)
}

fn options(memory: &MemoryLimit) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(&memory.cache);
    table.set_bloom_filter(10.0, false);
    table.set_block_size(16 << 10);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(5);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_block_based_table_factory(&table);
    options.set_write_buffer_manager(&memory.write_buffers);
    options.set_atomic_flush(true);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_write_buffer_size(16 << 20);
    options.set_memtable_whole_key_filtering(true);
    options.set_memtable_prefix_bloom_ratio(0.1);
    options.set_max_background_jobs(2);
    options.set_max_open_files(256);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(1);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(path: &Path) -> RocksStore {
        RocksStore::open(path, b"tests", &MemoryLimit::process()).unwrap()
    }

    #[test]
    fn a_crash_between_a_sorted_run_and_its_offset_is_mended_by_replaying_the_run() {
        let directory = tempfile::tempdir().unwrap();
        let mut first = store(directory.path());
        first.write(&mut [(&b"a"[..], Some(&b"old"[..])), (b"gone", Some(b"old"))].into_iter(), Offset(2)).unwrap();
        first.sync(5).unwrap();
        let run: Vec<Change<'_>> = vec![(b"a", Some(b"new")), (b"b", Some(b"new")), (b"gone", None)];
        first.ingest(first.db().unwrap(), &run).unwrap();
        drop(first);
        let mut again = store(directory.path());
        assert_eq!((again.changelog_offset(), again.complete_ms()), (Some(Offset(2)), Some(5)), "the run is not accounted for");
        again.write_sorted(&mut run.clone().into_iter(), Offset(5)).unwrap();
        drop(again);
        let mut last = store(directory.path());
        assert_eq!(last.changelog_offset(), Some(Offset(5)));
        assert_eq!(last.multi_get(&[b"a", b"b", b"gone"]).unwrap(), [Some(b"new".to_vec()), Some(b"new".to_vec()), None]);
    }
}
