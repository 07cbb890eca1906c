//! What a data directory must hold: a plain model, and how to read a real directory into one.

use bytes::Bytes;
use log_env::{Env, SimDisk};
use log_model::{CleanupPolicy, CompressionType, FlushMode, Offset, Timestamp, TopicConfig, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};
use log_storage::{DataDirectory, DirectoryOptions, Error, Isolation};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Where the directory lies on the simulated disk.
pub(crate) const PATH: &str = "data";

/// Small files, so that short traces roll, recycle and run out of everything.
pub(crate) const OPTIONS: DirectoryOptions = DirectoryOptions {
    journal_file_bytes: 8 << 10,
    journal_files_max: 5,
    checkpoint_bytes: 16 << 10,
    checkpoint_interval: Duration::from_secs(30),
    hot_bytes_max: 12 << 10,
    // Maintenance lets them go each time.
    index_bytes_max: 0,
    group_bytes_max: 6 << 10,
    // Small checkpoints sync each file, larger ones the file system.
    sync_each_max: 3,
    free_bytes_min: 16 << 10,
};

/// One partition: where it begins, its batches as stored, and what of its configuration a change may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Log {
    pub(crate) log_start: Offset,
    pub(crate) end: Offset,
    pub(crate) batches: Vec<Bytes>,
    pub(crate) flush: FlushMode,
    pub(crate) cleanup: CleanupPolicy,
}

/// All partitions.
pub(crate) type State = BTreeMap<TopicPartition, Log>;

impl Log {
    /// An empty one.
    pub(crate) fn new(config: &TopicConfig) -> Log {
        let (flush, cleanup) = (config.flush, config.cleanup_policy);
        Log { log_start: Offset::ZERO, end: Offset::ZERO, batches: Vec::new(), flush, cleanup }
    }

    /// Its records by offset: key and value.
    pub(crate) fn records(&self) -> BTreeMap<i64, (Option<Bytes>, Option<Bytes>)> {
        let batches = self.batches.iter().map(|bytes| RecordBatch::parse(bytes.clone()).unwrap());
        let records = batches.flat_map(|batch| batch.records().unwrap()).map(|record| record.unwrap());
        records.map(|record| (record.offset.0, (record.record.key, record.record.value))).collect()
    }

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
    open_with(disk, OPTIONS)
}

pub(crate) fn open_with(disk: &SimDisk, options: DirectoryOptions) -> Result<DataDirectory, Error> {
    let (env, _sim) = Env::simulated_on(1, disk.clone());
    DataDirectory::open(&env, Path::new(PATH), options)
}

/// Everything a reader sees.
pub(crate) fn read_all(directory: &DataDirectory) -> Result<State, Error> {
    let mut state = State::new();
    for partition in directory.partitions() {
        state.insert(partition.clone(), read_log(directory, &partition)?);
    }
    Ok(state)
}

/// Everything a reader sees of one partition.
pub(crate) fn read_log(directory: &DataDirectory, partition: &TopicPartition) -> Result<Log, Error> {
    let info = directory.info(partition)?;
    let mut log = Log { log_start: info.log_start, end: info.log_start, ..Log::new(&info.config) };
    while log.end < info.high_watermark {
        let fetched = directory.read(partition, log.end, 1 << 20, Isolation::ReadUncommitted)?;
        assert!(!fetched.batches.is_empty(), "{partition} gives nothing at {} of {}", log.end, info.high_watermark);
        for batch in &fetched.batches {
            log.append(batch);
        }
    }
    log.end = info.high_watermark;
    Ok(log)
}

/// A batch of one record that begins with a number.
pub(crate) fn numbered_batch(number: u64) -> RecordBatch {
    let mut builder = BatchBuilder::new(CompressionType::None);
    let value = format!("{number} {}", "x".repeat(300));
    builder.append_parts(Timestamp(number as i64), None, Some(value.as_bytes()), &[]).unwrap();
    builder.build()
}

/// The numbers of its batches.
pub(crate) fn values(log: &Log) -> Vec<u64> {
    let records = log.records().into_values();
    records.map(|(_, value)| String::from_utf8(value.unwrap().to_vec()).unwrap().split(' ').next().unwrap().parse().unwrap()).collect()
}
