//! Asking the group coordinator, and words between its values and the wire's.

use crate::handlers::Context;
use crate::node::core::COORDINATOR_ENTRY_BYTES;
use futures::channel::oneshot;
use log_coordination::groups::{Event, Groups, Partitions, Response, Token};
use uuid::Uuid;

/// Hands a request to the group coordinator and waits for its answer; `None` if the server stops meanwhile.
pub(super) async fn ask_groups(context: &Context, event: impl FnOnce(Token) -> Event) -> Option<Response> {
    ask_groups_with(context, |_, token| event(token)).await
}

/// As [`ask_groups`], with a request made of what the groups are when it is handed in.
pub(super) async fn ask_groups_with(context: &Context, event: impl FnOnce(&Groups, Token) -> Event) -> Option<Response> {
    let core = context.core();
    let asked = async {
        core.make_room(COORDINATOR_ENTRY_BYTES).await;
        core.group_coordinator.call(core, event).await.ok()
    };
    context.unless_stopping(asked).await
}

/// The coordinator's answer; `None` if the server stops meanwhile.
pub(super) async fn answer_of(context: &Context, answer: oneshot::Receiver<Response>) -> Option<Response> {
    context.unless_stopping(async { answer.await.ok() }).await
}

/// Text that no other request carries.
pub(super) fn fresh_id(context: &Context) -> String {
    crate::node::topics::new_topic_id(context.core().env.random.as_ref()).to_string()
}

/// Partitions by topic.
pub(super) fn partitions_of(topics: impl IntoIterator<Item = (Uuid, Vec<i32>)>) -> Partitions {
    let mut partitions = Partitions::new();
    for (topic, indexes) in topics {
        partitions.entry(topic).or_default().extend(indexes);
    }
    partitions
}
