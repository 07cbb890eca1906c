//! Where a partition lies and what it is: what creating and opening it both need.

use super::syncing::Syncing;
use log_env::Disk;
use log_model::{TopicConfig, TopicId, TopicPartition};
use std::path::Path;
use std::sync::Arc;

/// A partition's place and identity.
#[derive(Clone, Debug)]
pub struct PartitionPlace<'a> {
    /// The disk it lies on.
    pub disk: Arc<dyn Disk>,
    /// Its directory there.
    pub path: &'a Path,
    /// Its name.
    pub partition: TopicPartition,
    /// The id of its topic.
    pub topic_id: TopicId,
    /// The configuration of its topic.
    pub config: &'a TopicConfig,
    /// Who makes durable what creating or opening it changes.
    pub syncing: Syncing,
}
