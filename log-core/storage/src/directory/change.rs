//! Changes of the directory that go through the journal, so that they keep their place among the batches.

use crate::journal::PartitionRef;
use log_model::{Offset, TopicConfig, TopicId, TopicName};
use serde::{Deserialize, Serialize};

/// One change, stored as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Change {
    /// Partitions of a topic were created.
    CreatePartitions { topic: TopicName, topic_id: TopicId, first: i32, end: i32, config: TopicConfig },
    /// A topic and all its partitions were deleted.
    DeleteTopic { topic_id: TopicId },
    /// A topic was configured anew.
    SetConfig { topic_id: TopicId, config: TopicConfig },
    /// The records before `offset` were deleted.
    DeleteRecords { topic_id: TopicId, partition: i32, offset: Offset },
}

impl Change {
    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a change has only text keys")
    }

    pub(super) fn delete_records(partition: PartitionRef, offset: Offset) -> Change {
        Change::DeleteRecords { topic_id: partition.topic_id, partition: partition.partition, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_stored_without_a_key_has_its_default() {
        let id = "00000000-0000-0000-0000-000000000001";
        let json = format!(r#"{{"SetConfig":{{"topic_id":"{id}","config":{{"retention_ms":7,"flush":"Os"}}}}}}"#);
        let Change::SetConfig { config, .. } = serde_json::from_str(&json).unwrap() else { panic!("another change") };
        let expected = TopicConfig { retention_ms: 7, flush: log_model::FlushMode::Os, ..TopicConfig::default() };
        assert_eq!(config, expected);
    }
}
