//! Idempotent producers: what was sent twice is stored once, what is missing is noticed, and an older incarnation writes nothing.

use crate::handlers::tests::client::Node;
use crate::handlers::tests::wire::{batch, numbered};
use log_model::KafkaCode::{InvalidProducerEpoch, None as Done, OutOfOrderSequenceNumber};

#[test]
fn a_batch_that_is_sent_again_is_answered_with_its_first_offsets() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    let who = node.run(async |client| {
        let who = client.init_producer(None).await;
        for (values, sequence, offset) in [(&["a", "b"][..], 0, 0), (&["c"], 2, 2), (&["d", "e"], 3, 3)] {
            assert_eq!(client.append("t", 0, &numbered(values, who, sequence)).await, (Done, offset));
        }
        for (values, sequence, offset) in [(&["a", "b"][..], 0, 0), (&["d", "e"], 3, 3), (&["c"], 2, 2)] {
            assert_eq!(client.append("t", 0, &numbered(values, who, sequence)).await, (Done, offset));
        }
        who
    });
    let node = node.crashed();
    node.run(async |client| {
        assert_eq!(client.append("t", 0, &numbered(&["d", "e"], who, 3)).await, (Done, 3), "after a power cut too");
        assert_eq!(client.append("t", 0, &numbered(&["f"], who, 5)).await, (Done, 5));
        assert_eq!(client.stored("t", 0).await, ["a", "b", "c", "d", "e", "f"]);
    });
}

#[test]
fn a_batch_out_of_sequence_or_of_a_stale_epoch_is_refused_and_not_stored() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 2)]);
    node.run(async |client| {
        let who = client.init_producer(None).await;
        let steps = [
            ("the first", 0, who, 0, (Done, 0)),
            ("a gap", 0, who, 2, (OutOfOrderSequenceNumber, -1)),
            ("the next", 0, who, 1, (Done, 1)),
            ("another partition has its own sequence", 1, who, 0, (Done, 0)),
            ("a newer epoch in the middle", 0, who.later(1), 2, (OutOfOrderSequenceNumber, -1)),
            ("a newer epoch from its start", 0, who.later(1), 0, (Done, 2)),
            ("the epoch before", 0, who, 2, (InvalidProducerEpoch, -1)),
            ("even again", 0, who, 1, (InvalidProducerEpoch, -1)),
            ("the newer epoch goes on", 0, who.later(1), 1, (Done, 3)),
        ];
        for (name, partition, who, sequence, expected) in steps {
            assert_eq!(client.append("t", partition, &numbered(&[name], who, sequence)).await, expected, "{name}");
        }
        let stored: Vec<_> = steps.iter().filter(|step| step.1 == 0 && step.4.0 == Done).map(|step| step.0).collect();
        assert_eq!(client.stored("t", 0).await, stored);
    });
}

#[test]
fn only_the_last_five_batches_are_known_again() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let who = client.init_producer(None).await;
        for sequence in 0..6 {
            assert_eq!(client.append("t", 0, &numbered(&["v"], who, sequence)).await, (Done, i64::from(sequence)));
        }
        assert_eq!(client.append("t", 0, &numbered(&["v"], who, 1)).await, (Done, 1));
        assert_eq!(client.append("t", 0, &numbered(&["v"], who, 0)).await, (OutOfOrderSequenceNumber, -1));
        assert_eq!(
            client.append("t", 0, &numbered(&["v"; 3], who, 4)).await,
            (OutOfOrderSequenceNumber, -1),
            "another batch at a known sequence"
        );
        assert_eq!(client.stored("t", 0).await.len(), 6);
    });
}

#[test]
fn plain_batches_are_stored_as_often_as_they_are_sent() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        for offset in 0..3 {
            assert_eq!(client.append("t", 0, &batch(&["same"])).await, (Done, offset));
        }
    });
}
