//! The dead-letter topic of a connector: created when first needed, with one partition.

use crate::error::TaskError;
use crate::outbox::Outbox;
use crate::topics::Topics;
use log_model::{TopicConfig, TopicName};
use log_record::Record;

/// Adds a dead letter to the content of a transaction.
pub(crate) async fn add(outbox: &mut Outbox, topics: &mut Topics, name: &TopicName, record: &Record) -> Result<(), TaskError> {
    let topic = topics.ensure(name, 1, &TopicConfig::default()).await?;
    outbox.add(name, topic, Some(0), record)?;
    Ok(())
}
