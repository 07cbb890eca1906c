//! A request that waits for room behind an answer that its client does not take: the room it is given it uses, and others get theirs.

use crate::handlers::tests::client::Node;
use crate::handlers::tests::wire::{FETCH, PRODUCE, batch, fetch, produce};
use futures::FutureExt;
use log_model::KafkaCode;
use log_wire::messages::FetchRequest;
use std::time::Duration;

/// What room there is, and what the client wants of it that takes no answer.
const ROOM_BYTES: usize = 1 << 20;
/// Less than any patience with the client that reads nothing.
const SOON: Duration = Duration::from_millis(500);

#[test]
fn nobody_waits_for_a_client_that_takes_no_answer() {
    let node = Node::start(&[]);
    node.create_topics(&[("large", 1), ("t", 1)]);
    node.produce("large", &vec![&*"x".repeat(900_000); 16]);
    node.run(async |neighbour| {
        let core = node.log.core();
        let (room, units) = core.commits.reserve(ROOM_BYTES).await.unwrap();
        room.forget();
        // Others hold all but this.
        core.commits.reserve(core.options.in_flight_bytes_max - ROOM_BYTES).await.unwrap().0.forget();
        let mut silent = node.connect().await;
        // It waits for more than there is, so that the next request is read before it is answered.
        let mut everything = FetchRequest { max_bytes: i32::MAX, min_bytes: i32::MAX, max_wait_ms: 300, ..fetch(&[("large", 0, 0)]) };
        everything.topics.iter_mut().for_each(|topic| topic.partitions[0].partition_max_bytes = i32::MAX);
        silent.send(FETCH, &everything).await;
        silent.send(PRODUCE, &produce(&[("t", 0, batch(&[&"y".repeat(ROOM_BYTES - 1000)]).into_bytes())])).await;
        node.pass(SOON).await;
        let stored = batch(&["z"]);
        let mut appended = Box::pin(neighbour.append("t", 0, &stored));
        assert!(appended.as_mut().now_or_never().is_none());
        core.commits.give_back(units);
        node.pass(SOON).await;
        assert_eq!(appended.now_or_never(), Some((KafkaCode::None, 1)), "behind the batch of the silent client");
    });
}
