//! The catalog's topic: one partition, compacted, a record an entry. Read once at open, appended to by every statement that changes something.

use super::entry::{Entry, connector_key, relation_key};
use super::state::CatalogState;
use crate::topics::{self, Records};
use crate::{Error, Result};
use log_client::{Log, Producer, ProducerOptions};
use log_model::{CleanupPolicy, CompressionType, Timestamp, TopicConfig, TopicName};
use log_record::{BatchBuilder, Record};
use std::sync::Arc;

/// The topic's name.
const CATALOG_TOPIC: &str = "__headwater_sql";

/// Writes entries. Owned by the engine, which lets one statement change the catalog at a time.
pub(crate) struct CatalogStore {
    topic: TopicName,
    producer: Arc<dyn Producer>,
}

/// What the catalog says now; an empty one where there is none. Changes nothing.
pub(super) async fn look(log: &Arc<dyn Log>) -> Result<CatalogState> {
    let topic = TopicName::new(CATALOG_TOPIC)?;
    if log.admin().list_topics().await?.contains(&topic) { read(log, &topic).await } else { Ok(CatalogState::default()) }
}

async fn read(log: &Arc<dyn Log>, topic: &TopicName) -> Result<CatalogState> {
    let mut state = CatalogState::default();
    let mut records = Records::open(log, &topic.partition(0)).await?;
    while let Some(batch) = records.next().await? {
        for record in batch {
            let key = String::from_utf8_lossy(record.key.as_deref().unwrap_or_default()).into_owned();
            match &record.value {
                None => state.remove(&key),
                Some(value) => state.put(Entry::from_bytes(value).map_err(|reason| Error::Catalog {
                    topic: CATALOG_TOPIC.to_string(),
                    offset: record.offset.0,
                    reason,
                })?),
            }
        }
    }
    Ok(state)
}

impl CatalogStore {
    /// Creates the topic if it is missing and reads everything in it.
    pub(crate) async fn open(log: &Arc<dyn Log>) -> Result<(CatalogStore, CatalogState)> {
        let topic = TopicName::new(CATALOG_TOPIC)?;
        let config = TopicConfig { cleanup_policy: CleanupPolicy::Compact, ..TopicConfig::default() };
        topics::ensure(log, &topic, 1, config).await?;
        let state = read(log, &topic).await?;
        let producer = log.producer(ProducerOptions { client_id: "sql-catalog".to_string(), transactional_id: None }).await?;
        Ok((CatalogStore { topic, producer }, state))
    }

    /// Remembers an entry; durable when this returns.
    pub(crate) async fn put(&self, entry: &Entry, now: Timestamp) -> Result<()> {
        self.append(&entry.key(), Some(entry.to_bytes()), now).await
    }

    /// Forgets a relation.
    pub(crate) async fn remove_relation(&self, name: &str, now: Timestamp) -> Result<()> {
        self.append(&relation_key(name), None, now).await
    }

    /// Forgets a connector.
    pub(crate) async fn remove_connector(&self, name: &str, now: Timestamp) -> Result<()> {
        self.append(&connector_key(name), None, now).await
    }

    async fn append(&self, key: &str, value: Option<Vec<u8>>, now: Timestamp) -> Result<()> {
        let mut builder = BatchBuilder::new(CompressionType::None);
        builder.append(&Record::new(now, Some(key.to_string().into()), value.map(Into::into)))?;
        self.producer.send(&self.topic.partition(0), builder.build()).await?.await?;
        Ok(())
    }
}
