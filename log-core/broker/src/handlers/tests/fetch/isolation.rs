//! What readers of committed records are given and told while transactions are open, committed and aborted.

use crate::handlers::tests::client::{Client, Node, code};
use crate::handlers::tests::txn::{Protocol, TxnProducer};
use crate::handlers::tests::wire::{FETCH, batch, batches, fetch, values};
use log_model::KafkaCode;
use log_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic};
use log_wire::messages::{FetchRequest, ListOffsetsRequest, ListOffsetsResponse};

/// High watermark, last stable offset, values, and the aborted transactions as (first offset, producer id).
type Seen = (i64, i64, Vec<String>, Option<Vec<(i64, i64)>>);

async fn read(client: &mut Client, from: i64, isolation_level: i8) -> Seen {
    let request = FetchRequest { isolation_level, ..fetch(&[("t", 0, from)]) };
    let data = client.fetch(FETCH, &request).await.remove(0);
    assert_eq!(code(data.error_code), KafkaCode::None);
    let found = values(&batches(&data));
    let aborted = data.aborted_transactions.map(|all| all.iter().map(|one| (one.first_offset, one.producer_id)).collect());
    (data.high_watermark, data.last_stable_offset, found, aborted)
}

/// The end that `ListOffsets` gives.
async fn latest(client: &mut Client, isolation_level: i8) -> i64 {
    let partitions = vec![ListOffsetsPartition { current_leader_epoch: -1, timestamp: -1, ..ListOffsetsPartition::default() }];
    let topics = vec![ListOffsetsTopic { name: "t".into(), partitions }];
    let answer: ListOffsetsResponse<'_> =
        client.ask(7, &ListOffsetsRequest { replica_id: -1, isolation_level, topics, ..ListOffsetsRequest::default() }).await;
    answer.topics[0].partitions[0].offset
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn records_behind_an_open_transaction_are_held_back_from_readers_of_committed_ones() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        client.append("t", 0, &batch(&["before"])).await;
        let mut first = TxnProducer::init(&node, "x", Protocol::V2).await;
        let mut second = TxnProducer::init(&node, "y", Protocol::V2).await;
        assert_eq!(first.write("t", 0, &["x1", "x2"]).await, (KafkaCode::None, 1));
        assert_eq!(second.write("t", 0, &["y1"]).await, (KafkaCode::None, 3));
        client.append("t", 0, &batch(&["plain"])).await;
        let everything = owned(&["before", "x1", "x2", "y1", "plain"]);
        assert_eq!(read(client, 0, 0).await, (5, 1, everything.clone(), None));
        assert_eq!(read(client, 0, 1).await, (5, 1, owned(&["before"]), Some(vec![])));
        assert_eq!(read(client, 3, 1).await, (5, 1, Vec::new(), Some(vec![])), "beyond the last stable offset is not out of range");
        assert_eq!((latest(client, 0).await, latest(client, 1).await), (5, 1));

        assert_eq!(second.end(true).await, KafkaCode::None);
        assert_eq!(read(client, 0, 1).await, (6, 1, owned(&["before"]), Some(vec![])), "the older one holds back the newer");
        assert_eq!(first.end(true).await, KafkaCode::None);
        assert_eq!(read(client, 0, 1).await, (7, 7, everything, Some(vec![])));
        assert_eq!((latest(client, 0).await, latest(client, 1).await), (7, 7));
    });
}

#[test]
fn aborted_transactions_are_named_to_those_who_read_within_them() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    let who = node.run(async |client| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
        let who = producer.who;
        // Offsets: 0 a, 1 b, 2 the marker, 3 plain, 4 c, 5 the marker, 6 d, 7 the marker.
        producer.write("t", 0, &["a", "b"]).await;
        assert_eq!(producer.end(false).await, KafkaCode::None);
        client.append("t", 0, &batch(&["plain"])).await;
        producer.write("t", 0, &["c"]).await;
        assert_eq!(producer.end(true).await, KafkaCode::None);
        producer.write("t", 0, &["d"]).await;
        assert_eq!(producer.end(false).await, KafkaCode::None);
        who.id
    });
    let check = async |client: &mut Client| {
        let all = owned(&["a", "b", "plain", "c", "d"]);
        assert_eq!(read(client, 0, 1).await, (8, 8, all.clone(), Some(vec![(0, who), (6, who)])));
        assert_eq!(read(client, 0, 0).await, (8, 8, all, None), "whoever reads everything is not told");
        assert_eq!(read(client, 3, 1).await, (8, 8, owned(&["plain", "c", "d"]), Some(vec![(6, who)])));
        assert_eq!(read(client, 7, 1).await.3, Some(vec![(6, who)]), "the marker belongs to it");
        assert_eq!(client.committed("t", 0).await, ["plain", "c"]);
    };
    node.run(check);
    node.restarted().run(check);
}
