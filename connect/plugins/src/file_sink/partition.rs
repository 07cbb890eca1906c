//! One partition of a file sink: takes records in offset order, decides when its file is due.
//!
//! What always holds: everything below `safe` is in finished files that the manifest knows, was passed over or was rejected; everything from `safe` to `next` is in the file in
//! progress.

use super::judgement::{NullVerdict, judge_null, rejected};
use super::open_file::OpenFile;
use super::{FileSinkConfig, ManifestEntry, RowFormat, manifest};
use connect_api::{ErrorKind, Offset, Rejected, Result, SinkRecord, TopicPartition};
use std::fs::File;

pub(super) struct PartitionWriter {
    partition: TopicPartition,
    /// Records below are not taken again; `None` before the first.
    next: Option<Offset>,
    open: Option<OpenFile>,
    /// Finished files that the manifest does not know yet.
    unlisted: Vec<ManifestEntry>,
    /// Records without a value passed over since they were last asked for.
    ignored_nulls: u64,
    _lock: File,
}

impl PartitionWriter {
    /// A writer that takes records from `next` on, or from wherever they begin.
    pub(super) fn new(partition: TopicPartition, next: Option<Offset>, lock: File) -> PartitionWriter {
        PartitionWriter { partition, next, open: None, unlisted: Vec::new(), ignored_nulls: 0, _lock: lock }
    }

    /// Takes a record, unless it was taken before. Errors: `Full` and others leave it untaken, to come again.
    pub(super) fn put(&mut self, record: &SinkRecord, config: &FileSinkConfig, format: &dyn RowFormat) -> Result<Option<Rejected>> {
        if self.next.is_some_and(|next| record.offset < next) {
            return Ok(None);
        }
        self.finish_if_due(config, format)?;
        let rejected = match self.take(record, config, format) {
            Ok(()) => None,
            Err(error) if error.kind() == ErrorKind::Invalid => Some(rejected(record, error)),
            Err(error) => return Err(error),
        };
        self.next = Some(record.offset.next());
        Ok(rejected)
    }

    fn take(&mut self, record: &SinkRecord, config: &FileSinkConfig, format: &dyn RowFormat) -> Result<()> {
        if judge_null(record, config)? == NullVerdict::Pass {
            self.ignored_nulls += 1;
            return Ok(());
        }
        let ends = self.open.as_ref().is_some_and(|file| !file.fits(record) || past_interval(file, record, config));
        if ends {
            self.finish(format, config)?;
        }
        match &mut self.open {
            Some(file) => file.put(record),
            None => {
                let mut file = OpenFile::create(&config.directory, format.extension(), format.begin(record)?, record)?;
                let taken = file.put(record);
                match taken {
                    Ok(()) => self.open = Some(file),
                    Err(_) => file.discard(),
                }
                taken
            }
        }
    }

    /// Finishes the file if it holds enough or is old enough.
    pub(super) fn finish_if_due(&mut self, config: &FileSinkConfig, format: &dyn RowFormat) -> Result<()> {
        let due = self.open.as_ref().is_some_and(|file| {
            file.count() >= config.flush_size
                || config.file_bytes_max.is_some_and(|most| file.bytes() >= most)
                || config.rotate_schedule.is_some_and(|age| file.opened().elapsed() >= age)
        });
        if due { self.finish(format, config) } else { self.list(config) }
    }

    /// Finishes the file, if there is one. Errors: after `Full` it may be called again, and goes on where it stopped.
    pub(super) fn finish(&mut self, format: &dyn RowFormat, config: &FileSinkConfig) -> Result<()> {
        if let Some(file) = &mut self.open {
            let entry = file.finish(&self.partition, format.extension())?;
            self.open = None;
            self.unlisted.push(entry);
        }
        self.list(config)
    }

    /// Enters finished files in the manifest.
    fn list(&mut self, config: &FileSinkConfig) -> Result<()> {
        manifest::append(&config.directory, &self.unlisted)?;
        self.unlisted.clear();
        Ok(())
    }

    /// Everything below is safe; `position` is the offset after everything delivered.
    pub(super) fn safe(&self, position: Offset) -> Offset {
        let unlisted = self.unlisted.first().map(|entry| entry.name.first);
        unlisted.or(self.open.as_ref().map(OpenFile::first)).unwrap_or(position)
    }

    /// How many records without a value were passed over since the last call.
    pub(super) fn take_ignored_nulls(&mut self) -> u64 {
        std::mem::take(&mut self.ignored_nulls)
    }

    /// Deletes the file in progress.
    pub(super) fn discard(self) {
        if let Some(file) = self.open {
            file.discard();
        }
    }
}

fn past_interval(file: &OpenFile, record: &SinkRecord, config: &FileSinkConfig) -> bool {
    let Some(interval) = config.rotate_interval else { return false };
    let span_ms = record.timestamp.0.saturating_sub(file.first_timestamp().0);
    u128::try_from(span_ms).is_ok_and(|span_ms| span_ms >= interval.as_millis())
}
