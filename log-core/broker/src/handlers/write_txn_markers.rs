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

/// So many markers are under way at once: whatever a request names, it stages no more before these are durable.
const AT_ONCE: usize = 1000;
/// What a marker takes in the journal, generously.
const MARKER_BYTES: usize = 256;

/// The end of a transaction in one partition.
type Ended = std::result::Result<Durable, KafkaCode>;

/// Stages many before it waits, so that one flush is enough for them.
pub(super) async fn handle<'a>(context: &Context, request: WriteTxnMarkersRequest<'a>) -> WriteTxnMarkersResponse<'a> {
    let allowed = match context.allows_cluster(AclOperation::Alter) {
        true => Ok(()),
        false => context.authorize_cluster(AclOperation::ClusterAction),
    };
    let mut codes = Vec::new();
    let mut meant = meant(&request).peekable();
    while meant.peek().is_some() {
        context.core().make_room(AT_ONCE * MARKER_BYTES).await;
        let staged: Vec<Ended> = meant
            .by_ref()
            .take(AT_ONCE)
            .map(|(marker, topic, index)| {
                let partition = allowed.and_then(|()| find_topic(context.core(), topic, Uuid::nil())?.partition(index))?;
                end(context.core(), marker, partition).map_err(|error| code_of(&error))
            })
            .collect();
        for ended in staged {
            codes.push(code_when_durable(ended).await);
        }
        // Where all are refused there was nothing to wait for.
        tokio::task::yield_now().await;
    }
    drop(meant);
    answer(request, codes)
}

/// The partitions that the request names, in its order.
fn meant<'r>(request: &'r WriteTxnMarkersRequest<'_>) -> impl Iterator<Item = (&'r WritableTxnMarker<'r>, &'r str, i32)> {
    let topics = request.markers.iter().flat_map(|marker| marker.topics.iter().map(move |topic| (marker, topic)));
    topics.flat_map(|(marker, topic)| topic.partition_indexes.iter().map(move |index| (marker, &*topic.name, *index)))
}

/// The answer, with a code for each partition in the order of the request.
fn answer<'a>(request: WriteTxnMarkersRequest<'a>, codes: Vec<KafkaCode>) -> WriteTxnMarkersResponse<'a> {
    let mut codes = codes.into_iter();
    let mut markers = Vec::with_capacity(request.markers.len());
    for marker in request.markers {
        let mut topics = Vec::with_capacity(marker.topics.len());
        for topic in marker.topics {
            let result = |(partition_index, code): (i32, KafkaCode)| {
                let error_code = code.as_i16();
                WritableTxnMarkerPartitionResult { partition_index, error_code }
            };
            let partitions = topic.partition_indexes.into_iter().zip(&mut codes).map(result).collect();
            topics.push(WritableTxnMarkerTopicResult { name: topic.name, partitions });
        }
        markers.push(WritableTxnMarkerResult { producer_id: marker.producer_id, topics });
    }
    WriteTxnMarkersResponse { markers }
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
