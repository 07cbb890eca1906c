//! A journal that is full until a checkpoint frees it: room is made before anything is staged.

use crate::handlers::tests::client::{Node, code};
use crate::handlers::tests::member::commit_request;
use crate::handlers::tests::wire::batch;
use log_model::KafkaCode;
use log_wire::messages::OffsetCommitResponse;

#[test]
fn room_is_made_ahead_and_batches_and_positions_go_on() {
    const BATCH_BYTES: usize = 1_000_000;
    // More than all files of the journal hold.
    const COUNT: i64 = 80;
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    let value = "x".repeat(BATCH_BYTES - 1000);
    node.run(async |client| {
        let core = node.log.core();
        let directory = core.directory().unwrap();
        let mut made = 0;
        for offset in 0..COUNT {
            if !directory.has_room(BATCH_BYTES as u64) {
                core.make_room(BATCH_BYTES).await;
                assert!(directory.has_room(BATCH_BYTES as u64));
                made += 1;
            }
            assert_eq!(client.append("t", 0, &batch(&[&value])).await, (KafkaCode::None, offset));
            let answer: OffsetCommitResponse<'_> = client.ask(8, &commit_request("g", "t", offset)).await;
            assert_eq!(code(answer.topics[0].partitions[0].error_code), KafkaCode::None);
        }
        assert!(made >= 7, "room was made {made} times, for files and then by checkpoints");
    });
}
