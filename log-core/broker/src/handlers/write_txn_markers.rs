//! WriteTxnMarkers (27), versions 1 and 2: ends a producer's transaction in some partitions. Sent by other brokers' coordinators, and by an
//! administrator who aborts a transaction that nobody will end any more (KIP-664).

use crate::handlers::topic_ref::find_topic;
use crate::handlers::{Context, code_of};
use crate::node::committer::{Answer, Waiter};
use crate::node::core::{Core, closed};
use crate::node::topics::offsets_partition;
use futures::channel::oneshot;
use log_client::Result;
use log_model::acl::AclOperation;
use log_model::{KafkaCode, ProducerEpoch, ProducerId, Timestamp, TopicPartition};
use log_record::control::{ControlType, end_marker};
use log_storage::partition::AppendOrigin;
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
                Ok(partition) => match end(context.core(), &marker, partition).await {
                    Ok(()) => KafkaCode::None,
                    Err(error) => code_of(&error),
                },
            };
            partitions.push(WritableTxnMarkerPartitionResult { partition_index: index, error_code: code.as_i16() });
        }
        topics.push(WritableTxnMarkerTopicResult { name: topic.name, partitions });
    }
    WritableTxnMarkerResult { producer_id: marker.producer_id, topics }
}

/// Ends the transaction in one partition; durable on return.
async fn end(core: &Arc<Core>, marker: &WritableTxnMarker<'_>, partition: TopicPartition) -> Result<()> {
    let durable = stage(core, marker, partition)?;
    durable.await.unwrap_or_else(|_| Err(closed()))
}

fn stage(core: &Arc<Core>, marker: &WritableTxnMarker<'_>, partition: TopicPartition) -> Result<oneshot::Receiver<Result<()>>> {
    let directory = core.directory()?;
    let now_ms = core.now_ms();
    let kind = if marker.transaction_result { ControlType::Commit } else { ControlType::Abort };
    let producer = (ProducerId(marker.producer_id), ProducerEpoch(marker.producer_epoch));
    let batch = end_marker(kind, producer, Timestamp(now_ms), marker.coordinator_epoch);
    let (sender, receiver) = oneshot::channel();
    let order = core.offsets.order.lock();
    let parts = vec![(partition.clone(), vec![batch])];
    let staged = directory.stage_as(AppendOrigin::Coordinator, parts, now_ms).map_err(|error| core.error(error))?;
    let weak = Arc::downgrade(core);
    let answer = Answer::Call(Box::new(move |result: Result<()>| {
        if let (Ok(()), Some(core)) = (&result, weak.upgrade()) {
            if partition == offsets_partition() {
                core.offsets.decide(producer.0, kind == ControlType::Commit);
            }
            core.wakeups.ring([&partition]);
        }
        // Whoever gave up waiting does not want to know.
        let _ = sender.send(result);
    }));
    core.commits.push(Waiter { lsn: staged.lsn, units: 0, answer });
    drop(order);
    Ok(receiver)
}
