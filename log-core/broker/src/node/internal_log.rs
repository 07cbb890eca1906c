//! Reading an internal partition from its beginning, when a log opens.

use log_model::{Offset, TopicPartition};
use log_record::RecordBatch;
use log_storage::{DataDirectory, Isolation};

/// How much is read at a time.
const LOAD_BYTES: usize = 4 << 20;

/// Walks an internal partition from its beginning: key and value of every record.
pub(crate) fn for_each_record(
    directory: &DataDirectory,
    partition: &TopicPartition,
    mut see: impl FnMut(&[u8], Option<&[u8]>),
) -> Result<(), log_storage::Error> {
    for_each_batch(directory, partition, |batch| {
        let mut records = batch.records()?;
        while let Some(record) = records.next_view() {
            let record = record?;
            if let Some(key) = record.key.filter(|_| !batch.is_control()) {
                see(key, record.value);
            }
        }
        Ok(())
    })
}

/// Walks an internal partition from its beginning, batch by batch, those of undecided transactions included.
pub(crate) fn for_each_batch(
    directory: &DataDirectory,
    partition: &TopicPartition,
    mut see: impl FnMut(&RecordBatch) -> Result<(), log_storage::Error>,
) -> Result<(), log_storage::Error> {
    let mut position: Offset = directory.info(partition)?.log_start;
    loop {
        let fetched = directory.read(partition, position, LOAD_BYTES, Isolation::ReadUncommitted)?;
        let Some(last) = fetched.batches.last() else { return Ok(()) };
        let next = last.next_offset();
        for batch in &fetched.batches {
            see(batch)?;
        }
        position = next;
        if position >= fetched.high_watermark {
            return Ok(());
        }
    }
}
