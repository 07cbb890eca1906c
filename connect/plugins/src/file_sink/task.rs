//! The task all file sinks share.

use super::judgement::judge;
use super::partition::PartitionWriter;
use super::{FileSinkConfig, RowFormat, recovery};
use connect_api::{Config, Error, Rejected, Result, SinkContext, SinkOffsets, SinkRecord, SinkTask, TopicPartition, async_trait};
use std::collections::BTreeMap;

/// Makes the format of a sink from its options.
type MakeFormat = fn(&Config) -> Result<Box<dyn RowFormat>>;

/// Writes records into files of one format.
pub struct FileSinkTask {
    make_format: MakeFormat,
    running: Option<Running>,
}

struct Running {
    config: FileSinkConfig,
    format: Box<dyn RowFormat>,
    writers: BTreeMap<TopicPartition, PartitionWriter>,
    /// Rejected in a call that then failed; answered by the repeated call.
    rejected: Vec<Rejected>,
}

impl FileSinkTask {
    /// A task, not yet started.
    pub fn new(make_format: MakeFormat) -> FileSinkTask {
        FileSinkTask { make_format, running: None }
    }

    fn running(&mut self) -> Result<&mut Running> {
        self.running.as_mut().ok_or_else(|| Error::Bug { reason: "the file sink is used before its start".into() })
    }
}

impl Running {
    fn safe(&self, positions: &SinkOffsets) -> SinkOffsets {
        let safe =
            |(partition, writer): (&TopicPartition, &PartitionWriter)| Some((partition.clone(), writer.safe(*positions.get(partition)?)));
        self.writers.iter().filter_map(safe).collect()
    }
}

#[async_trait]
impl SinkTask for FileSinkTask {
    async fn start(&mut self, config: &Config, _context: SinkContext) -> Result<()> {
        let format = (self.make_format)(config)?;
        let config = FileSinkConfig::new(config)?;
        recovery::ensure_directory(&config.directory)?;
        self.running = Some(Running { config, format, writers: BTreeMap::new(), rejected: Vec::new() });
        Ok(())
    }

    async fn open(&mut self, partitions: &[TopicPartition]) -> Result<SinkOffsets> {
        let running = self.running()?;
        let directory = &running.config.directory;
        let mut locks = Vec::with_capacity(partitions.len());
        for partition in partitions {
            // A partition that is opened again gives its lock back first.
            if let Some(writer) = running.writers.remove(partition) {
                writer.discard();
            }
            locks.push(recovery::lock(directory, partition, running.format.extension())?);
        }
        let resume = recovery::recover(directory, running.format.as_ref(), partitions)?;
        for (partition, lock) in partitions.iter().zip(locks) {
            let writer = PartitionWriter::new(partition.clone(), resume.get(partition).copied(), lock);
            running.writers.insert(partition.clone(), writer);
        }
        Ok(resume)
    }

    async fn judge(&mut self, records: &[SinkRecord]) -> Result<Vec<Rejected>> {
        let running = self.running()?;
        let mut rejected = Vec::new();
        for record in records {
            rejected.extend(judge(record, &running.config, running.format.as_ref())?);
        }
        Ok(rejected)
    }

    async fn put(&mut self, records: &[SinkRecord]) -> Result<Vec<Rejected>> {
        let running = self.running()?;
        for record in records {
            let Some(writer) = running.writers.get_mut(&record.partition) else {
                return Err(Error::Bug { reason: format!("a record of {} before that partition was opened", record.partition) });
            };
            running.rejected.extend(writer.put(record, &running.config, running.format.as_ref())?);
        }
        Ok(std::mem::take(&mut running.rejected))
    }

    fn take_passed_over(&mut self) -> u64 {
        let Some(running) = &mut self.running else { return 0 };
        running.writers.values_mut().map(PartitionWriter::take_ignored_nulls).sum()
    }

    async fn pre_commit(&mut self, positions: &SinkOffsets) -> Result<SinkOffsets> {
        let running = self.running()?;
        for writer in running.writers.values_mut() {
            writer.finish_if_due(&running.config, running.format.as_ref())?;
        }
        Ok(running.safe(positions))
    }

    async fn flush(&mut self, positions: &SinkOffsets) -> Result<SinkOffsets> {
        let running = self.running()?;
        for writer in running.writers.values_mut() {
            writer.finish(running.format.as_ref(), &running.config)?;
        }
        Ok(running.safe(positions))
    }

    async fn close(&mut self, partitions: &[TopicPartition]) -> Result<()> {
        let running = self.running()?;
        for partition in partitions {
            if let Some(writer) = running.writers.remove(partition) {
                writer.discard();
            }
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<()> {
        self.running = None;
        Ok(())
    }
}
