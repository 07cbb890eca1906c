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
use std::borrow::Cow;
use std::sync::Arc;
use uuid::Uuid;

/// A marker whose parts are staged, or refused.
struct StagedMarker<'a> {
    producer_id: i64,
    topics: Vec<StagedTopic<'a>>,
}

struct StagedTopic<'a> {
    name: Cow<'a, str>,
    partitions: Vec<(i32, Ended)>,
}

/// The end of a transaction in one partition.
type Ended = std::result::Result<Durable, KafkaCode>;

/// Stages everything before it waits, so that one flush is enough.
pub(super) async fn handle<'a>(context: &Context, request: WriteTxnMarkersRequest<'a>) -> WriteTxnMarkersResponse<'a> {
    let allowed = match context.allows_cluster(AclOperation::Alter) {
        true => Ok(()),
        false => context.authorize_cluster(AclOperation::ClusterAction),
    };
    let staged: Vec<_> = request.markers.into_iter().map(|marker| stage(context, marker, allowed)).collect();
    let mut markers = Vec::with_capacity(staged.len());
    for StagedMarker { producer_id, topics: staged } in staged {
        let mut topics = Vec::with_capacity(staged.len());
        for StagedTopic { name, partitions: staged } in staged {
            let mut partitions = Vec::with_capacity(staged.len());
            for (partition_index, ended) in staged {
                let error_code = code_when_durable(ended).await.as_i16();
                partitions.push(WritableTxnMarkerPartitionResult { partition_index, error_code });
            }
            topics.push(WritableTxnMarkerTopicResult { name, partitions });
        }
        markers.push(WritableTxnMarkerResult { producer_id, topics });
    }
    WriteTxnMarkersResponse { markers }
}

fn stage<'a>(context: &Context, mut marker: WritableTxnMarker<'a>, allowed: std::result::Result<(), KafkaCode>) -> StagedMarker<'a> {
    let topics = std::mem::take(&mut marker.topics).into_iter().map(|topic| {
        let ended = |index: i32| {
            let partition = allowed.and_then(|()| find_topic(context.core(), &topic.name, Uuid::nil())?.partition(index))?;
            end(context.core(), &marker, partition).map_err(|error| code_of(&error))
        };
        let partitions = topic.partition_indexes.iter().map(|index| (*index, ended(*index))).collect();
        StagedTopic { name: topic.name, partitions }
    });
    let topics = topics.collect();
    StagedMarker { producer_id: marker.producer_id, topics }
}

async fn code_when_durable(ended: Ended) -> KafkaCode {
    match ended {
        Ok(durable) => durable.await.map_or_else(|error| code_of(&error), |()| KafkaCode::None),
        Err(code) => code,
    }
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
