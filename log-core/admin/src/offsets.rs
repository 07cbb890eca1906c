//! What groups have committed, taken back (OffsetDelete).

use crate::call::Coordinated;
use crate::error::check;
use crate::{ClusterAdmin, Result};
use log_model::{GroupId, TopicName, TopicPartition};
use log_wire::messages::OffsetDeleteRequest;
use log_wire::messages::offset_delete_request::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use std::collections::BTreeMap;

impl ClusterAdmin {
    /// Deletes what a group has committed for these partitions. Errors: of the group, or of the first partition that was refused: members read its topic.
    pub async fn delete_offsets(&self, group: &GroupId, partitions: &[TopicPartition]) -> Result<()> {
        let mut topics: BTreeMap<&TopicName, Vec<OffsetDeleteRequestPartition>> = BTreeMap::new();
        for partition in partitions {
            let one = OffsetDeleteRequestPartition { partition_index: partition.partition };
            topics.entry(&partition.topic).or_default().push(one);
        }
        let topic = |(name, partitions): (&TopicName, Vec<OffsetDeleteRequestPartition>)| OffsetDeleteRequestTopic {
            name: name.as_str().to_string().into(),
            partitions,
        };
        let request = OffsetDeleteRequest { group_id: group.as_str().into(), topics: topics.into_iter().map(topic).collect() };
        let call = self.call();
        call.coordinated(Coordinated::Group(group.as_str()), async |node| {
            let answer = call.ask_node(&node, &request).await?;
            let response = answer.read()?;
            check(response.error_code, None, || format!("the offsets of group {group} were not deleted"))?;
            for topic in &response.topics {
                for partition in &topic.partitions {
                    let what = || format!("the offset of group {group} for {}-{} was not deleted", topic.name, partition.partition_index);
                    check(partition.error_code, None, what)?;
                }
            }
            Ok(())
        })
        .await
    }
}
