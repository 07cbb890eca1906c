//! Rows of INSERT to records of a topic.

use crate::Result;
use log_client::{Log, ProducerOptions, partition_for_key};
use log_model::{CompressionType, TopicName};
use log_record::{BatchBuilder, Record};
use sql_operators::formats::WrittenRecord;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A batch is sent once it holds this much.
const BATCH_BYTES: usize = 256 << 10;

/// Appends records; keyed ones to the partition of their key, others to partition 0, so that they keep their order. Durable when this returns.
pub(crate) async fn append_rows(log: &Arc<dyn Log>, topic: &TopicName, records: Vec<WrittenRecord>) -> Result<()> {
    let partition_count = super::partition_count(log, topic).await?;
    let producer = log.producer(ProducerOptions { client_id: "sql-insert".to_string(), transactional_id: None }).await?;
    let mut deliveries = Vec::new();
    let mut builders: BTreeMap<i32, BatchBuilder> = BTreeMap::new();
    for record in records {
        let partition = record.key.as_ref().map_or(0, |key| partition_for_key(key, partition_count));
        let builder = builders.entry(partition).or_insert_with(|| BatchBuilder::new(CompressionType::None));
        builder.append(&Record::new(record.timestamp, record.key, record.value))?;
        if builder.size_bytes() >= BATCH_BYTES {
            deliveries.push(producer.send(&topic.partition(partition), builder.build()).await?);
        }
    }
    for (partition, mut builder) in builders {
        if !builder.is_empty() {
            deliveries.push(producer.send(&topic.partition(partition), builder.build()).await?);
        }
    }
    for delivery in deliveries {
        delivery.await?;
    }
    Ok(())
}
