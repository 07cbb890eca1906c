//! What a data directory must hold: a plain model, and how to read a real directory into one.

use bytes::Bytes;
use log_env::{Env, SimDisk};
use log_model::{Offset, TopicPartition};
use log_record::RecordBatch;
use log_storage::{DataDirectory, DirectoryOptions, Error, Isolation};
use std::collections::BTreeMap;
use std::path::Path;

/// Where the directory lies on the simulated disk.
pub(crate) const PATH: &str = "data";

/// Small files, so that short traces roll, recycle and run out of everything.
pub(crate) const OPTIONS: DirectoryOptions = DirectoryOptions {
    journal_file_bytes: 8 << 10,
    journal_files_max: 5,
    checkpoint_bytes: 16 << 10,
    hot_bytes_max: 12 << 10,
    group_bytes_max: 6 << 10,
    // Small checkpoints sync each file, larger ones the file system.
    sync_each_max: 3,
    free_bytes_min: 16 << 10,
};

/// One partition: where it begins, and its batches as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) log_start: Offset,
    pub(crate) end: Offset,
    pub(crate) batches: Vec<Bytes>,
}

/// All partitions.
pub(crate) type State = BTreeMap<TopicPartition, Log>;

impl Log {
    pub(crate) fn append(&mut self, batch: &RecordBatch) {
        self.end = batch.next_offset();
        self.batches.push(batch.as_bytes().clone());
    }

    /// Forgets the batches that end at or below the log start.
    pub(crate) fn delete_before(&mut self, offset: Offset) {
        self.log_start = self.log_start.max(offset);
        self.batches.retain(|bytes| RecordBatch::parse(bytes.clone()).unwrap().next_offset() > self.log_start);
    }

    pub(crate) fn truncate(&mut self, offset: Offset) {
        self.batches.retain(|bytes| RecordBatch::parse(bytes.clone()).unwrap().next_offset() <= offset);
        let last = self.batches.last().map(|bytes| RecordBatch::parse(bytes.clone()).unwrap().next_offset());
        self.end = last.unwrap_or(self.log_start.min(offset));
        self.log_start = self.log_start.min(self.end);
    }
}

pub(crate) fn open(disk: &SimDisk) -> Result<DataDirectory, Error> {
    let (env, _sim) = Env::simulated_on(1, disk.clone());
    DataDirectory::open(&env, Path::new(PATH), OPTIONS)
}

/// Everything a reader sees.
pub(crate) fn read_all(directory: &DataDirectory) -> Result<State, Error> {
    let mut state = State::new();
    for partition in directory.partitions() {
        let info = directory.info(&partition)?;
        let mut log = Log { log_start: info.log_start, end: info.log_start, batches: Vec::new() };
        while log.end < info.high_watermark {
            let fetched = directory.read(&partition, log.end, 1 << 20, Isolation::ReadUncommitted)?;
            assert!(!fetched.batches.is_empty(), "{partition} gives nothing at {} of {}", log.end, info.high_watermark);
            for batch in &fetched.batches {
                log.append(batch);
            }
        }
        log.end = info.high_watermark;
        state.insert(partition, log);
    }
    Ok(state)
}
