//! Asking the transaction coordinator.

use crate::handlers::Context;
use crate::handlers::topic_ref::find_topic;
use crate::node::core::COORDINATOR_ENTRY_BYTES;
use log_coordination::transactions::{Event, ProducerIdAndEpoch, Response, Token};
use log_model::{KafkaCode, ProducerEpoch, ProducerId, TopicPartition};
use uuid::Uuid;

/// Hands a request to the transaction coordinator and waits for its answer; `None` if the server stops meanwhile.
pub(super) async fn ask_transactions(context: &Context, event: impl FnOnce(Token) -> Event) -> Option<Response> {
    let core = context.core();
    let asked = async {
        core.make_room(COORDINATOR_ENTRY_BYTES).await;
        core.transactions.call(core, event).await.ok()
    };
    context.unless_stopping(asked).await
}

/// Who a request says it comes from.
pub(super) fn producer(id: i64, epoch: i16) -> ProducerIdAndEpoch {
    ProducerIdAndEpoch { id: ProducerId(id), epoch: ProducerEpoch(epoch) }
}

/// The partitions of a topic that exist, and the code for each of those that do not.
pub(super) fn split_missing(context: &Context, topic: &str, partitions: &[i32]) -> (Vec<TopicPartition>, Vec<(i32, KafkaCode)>) {
    let found = find_topic(context.core(), topic, Uuid::nil());
    let (mut there, mut missing) = (Vec::new(), Vec::new());
    for index in partitions {
        match found.as_ref().map_err(|code| *code).and_then(|topic| topic.partition(*index)) {
            Ok(partition) => there.push(partition),
            Err(code) => missing.push((*index, code)),
        }
    }
    (there, missing)
}
