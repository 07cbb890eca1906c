//! WriteTxnMarkers (27), versions 1 and 2: ends a producer's transaction in some partitions. Sent by other brokers' coordinators, and by an
//! administrator who aborts a transaction that nobody will end any more (KIP-664).

use crate::handlers::topic_ref::find_topic;
use crate::handlers::{Context, code_of};
use crate::node::core::Core;
use crate::node::position_tombstones::decide_positions;
use crate::node::staging::Durable;
use crate::node::topics::offsets_partition;
use log_client::Result;
use log_model::acl::AclOperation;
use log_model::{KafkaCode, ProducerEpoch, ProducerId, Timestamp, TopicPartition};
use log_record::control::{ControlType, end_marker};
use log_wire::messages::write_txn_markers_request::{WritableTxnMarker, WriteTxnMarkersRequest};
use log_wire::messages::write_txn_markers_response::{
    WritableTxnMarkerPartitionResult, WritableTxnMarkerResult, WritableTxnMarkerTopicResult, WriteTxnMarkersResponse,
};
use std::sync::Arc;
use uuid::Uuid;

pub(super) async fn handle<'a>(context: &Context, request: WriteTxnMarkersRequest<'a>) -> WriteTxnMarkersResponse<'a> {
    let allowed = match context.allows_cluster(AclOperation::Alter) {
        true => Ok(()),
        false => context.authorize_cluster(AclOperation::ClusterAction),
    };
    let mut markers = Vec::with_capacity(request.markers.len());
    for marker in request.markers {
        markers.push(write(context, marker, allowed).await);
    }
    WriteTxnMarkersResponse { markers }
}

async fn write<'a>(
    context: &Context,
    mut marker: WritableTxnMarker<'a>,
    allowed: std::result::Result<(), KafkaCode>,
) -> WritableTxnMarkerResult<'a> {
    let mut topics = Vec::with_capacity(marker.topics.len());
    for topic in std::mem::take(&mut marker.topics) {
        let mut partitions = Vec::with_capacity(topic.partition_indexes.len());
        for index in topic.partition_indexes {
            let partition = allowed.and_then(|()| find_topic(context.core(), &topic.name, Uuid::nil())?.partition(index));
            let code = match partition {
                Err(code) => code,
                Ok(partition) => end_durably(context.core(), &marker, partition).await.map_or_else(|error| code_of(&error), |()| KafkaCode::None),
            };
            partitions.push(WritableTxnMarkerPartitionResult { partition_index: index, error_code: code.as_i16() });
        }
        topics.push(WritableTxnMarkerTopicResult { name: topic.name, partitions });
    }
    WritableTxnMarkerResult { producer_id: marker.producer_id, topics }
}

async fn end_durably(core: &Arc<Core>, marker: &WritableTxnMarker<'_>, partition: TopicPartition) -> Result<()> {
    end(core, marker, partition)?.await
}

/// Ends the transaction in one partition.
fn end(core: &Arc<Core>, marker: &WritableTxnMarker<'_>, partition: TopicPartition) -> Result<Durable> {
    let kind = if marker.transaction_result { ControlType::Commit } else { ControlType::Abort };
    let producer = (ProducerId(marker.producer_id), ProducerEpoch(marker.producer_epoch));
    let batch = end_marker(kind, producer, Timestamp(core.now_ms()), marker.coordinator_epoch);
    let _order = core.offsets.order.lock();
    let staged = core.stage(vec![(partition.clone(), vec![batch])])?;
    Ok(core.when_durable(staged.lsn, move |core, result| {
        if result.is_ok() {
            if partition == offsets_partition() {
                decide_positions(core, producer.0, kind == ControlType::Commit);
            }
            core.wakeups.ring([&partition]);
        }
    }))
}
