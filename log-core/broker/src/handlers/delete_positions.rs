//! Deleting committed positions of a group: their tombstones are durable before the answer.

use crate::node::committer::{Answer, Waiter};
use crate::node::core::Core;
use crate::node::offsets::offset_batches;
use crate::node::topics::offsets_partition;
use futures::channel::oneshot;
use log_client::Result;
use log_coordination::groups::Event;
use log_model::{GroupId, TopicPartition};
use std::sync::Arc;

/// Deletes the positions of `group` for which `is_meant`.
pub(super) async fn delete_positions(core: &Arc<Core>, group: &GroupId, is_meant: impl Fn(&TopicPartition) -> bool) -> Result<()> {
    let Some(durable) = stage(core, group, is_meant)? else { return Ok(()) };
    durable.await.unwrap_or_else(|_| Err(crate::node::core::closed()))?;
    if core.offsets.of_group(group).is_empty() {
        core.group_coordinator.on(core, Event::OffsetsGone { group: group.as_str().into() });
    }
    Ok(())
}

fn stage(core: &Arc<Core>, group: &GroupId, is_meant: impl Fn(&TopicPartition) -> bool) -> Result<Option<oneshot::Receiver<Result<()>>>> {
    let directory = core.directory()?;
    let now_ms = core.now_ms();
    let order = core.offsets.order.lock();
    let gone: Vec<TopicPartition> = core.offsets.of_group(group).into_keys().filter(is_meant).collect();
    if gone.is_empty() {
        return Ok(None);
    }
    let batches = offset_batches(gone.iter().map(|partition| (group, partition, None)), now_ms)?;
    let staged = directory.stage(vec![(offsets_partition(), batches)], now_ms).map_err(|error| core.error(error))?;
    let (sender, receiver) = oneshot::channel();
    let (weak, group) = (Arc::downgrade(core), group.clone());
    let answer = Answer::Call(Box::new(move |result: Result<()>| {
        if let (Ok(()), Some(core)) = (&result, weak.upgrade()) {
            core.offsets.remove(&group, &gone);
        }
        // Whoever gave up waiting does not want to know.
        let _ = sender.send(result);
    }));
    core.commits.push(Waiter { lsn: staged.lsn, units: 0, answer });
    drop(order);
    Ok(Some(receiver))
}
