//! A producer of transactions, in either protocol: of KIP-890, where writing makes a partition part of a transaction, or the older one, where
//! requests of their own do.

use super::client::{Client, Node, code};
use super::wire::{Who, produce, transactional};
use log_model::KafkaCode;
use log_wire::messages::add_partitions_to_txn_request::AddPartitionsToTxnTopic;
use log_wire::messages::txn_offset_commit_request::{TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic};
use log_wire::messages::{
    AddOffsetsToTxnRequest, AddOffsetsToTxnResponse, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, DescribeTransactionsRequest,
    DescribeTransactionsResponse, EndTxnRequest, EndTxnResponse, ProduceRequest, TxnOffsetCommitRequest, TxnOffsetCommitResponse,
};
use std::collections::BTreeMap;

/// The protocol that a producer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// With `AddPartitionsToTxn` and `AddOffsetsToTxn`.
    V1,
    /// Without.
    V2,
}

impl Protocol {
    /// The versions of Produce, `TxnOffsetCommit` and `EndTxn`.
    fn versions(self) -> [i16; 3] {
        match self {
            Protocol::V1 => [11, 4, 4],
            Protocol::V2 => [12, 5, 5],
        }
    }
}

/// One incarnation of a transactional id.
pub(crate) struct TxnProducer {
    pub(crate) client: Client,
    pub(crate) who: Who,
    id: &'static str,
    protocol: Protocol,
    /// The next sequence number of each partition.
    sequences: BTreeMap<(String, i32), i32>,
}

impl TxnProducer {
    /// The newest producer of `id`.
    pub(crate) async fn init(node: &Node, id: &'static str, protocol: Protocol) -> TxnProducer {
        let mut client = node.connect().await;
        let who = client.init_producer(Some(id)).await;
        TxnProducer { client, who, id, protocol, sequences: BTreeMap::new() }
    }

    /// Somebody who takes itself for the producer of `id`.
    pub(crate) async fn stranger(node: &Node, id: &'static str, protocol: Protocol, who: Who) -> TxnProducer {
        TxnProducer { client: node.connect().await, who, id, protocol, sequences: BTreeMap::new() }
    }

    /// The same incarnation on another connection.
    pub(crate) async fn reconnected(self, node: &Node) -> TxnProducer {
        TxnProducer { client: node.connect().await, ..self }
    }

    /// Writes a batch; gives the code and the offset.
    pub(crate) async fn write(&mut self, topic: &str, partition: i32, values: &[&str]) -> (KafkaCode, i64) {
        let sequence = self.sequences.entry((topic.to_owned(), partition)).or_default();
        let batch = transactional(values, self.who, *sequence);
        let request = ProduceRequest { transactional_id: Some(self.id.into()), ..produce(&[(topic, partition, batch.into_bytes())]) };
        let answer = self.client.produce(self.protocol.versions()[0], &request).await.remove(0);
        let code = code(answer.error_code);
        if code.is_none() {
            *sequence += values.len() as i32;
        }
        (code, answer.base_offset)
    }

    /// Makes partitions part of the transaction: of the older protocol.
    pub(crate) async fn add(&mut self, topic: &'static str, partitions: &[i32]) -> Vec<KafkaCode> {
        let request = AddPartitionsToTxnRequest {
            v3_and_below_transactional_id: self.id.into(),
            v3_and_below_producer_id: self.who.id,
            v3_and_below_producer_epoch: self.who.epoch,
            v3_and_below_topics: vec![AddPartitionsToTxnTopic { name: topic.into(), partitions: partitions.to_vec() }],
            ..AddPartitionsToTxnRequest::default()
        };
        let answer: AddPartitionsToTxnResponse<'_> = self.client.ask(3, &request).await;
        let results = answer.results_by_topic_v3_and_below.into_iter().flat_map(|topic| topic.results_by_partition);
        results.map(|result| code(result.partition_error_code)).collect()
    }

    /// Makes a group's positions part of the transaction: of the older protocol.
    pub(crate) async fn add_group(&mut self, group: &'static str) -> KafkaCode {
        let request = AddOffsetsToTxnRequest {
            transactional_id: self.id.into(),
            producer_id: self.who.id,
            producer_epoch: self.who.epoch,
            group_id: group.into(),
        };
        let answer: AddOffsetsToTxnResponse = self.client.ask(3, &request).await;
        code(answer.error_code)
    }

    /// Commits a group's position in the first partition of a topic with the transaction.
    pub(crate) async fn commit_position(&mut self, group: &'static str, topic: &'static str, offset: i64) -> KafkaCode {
        let partitions = vec![TxnOffsetCommitRequestPartition {
            committed_offset: offset,
            committed_metadata: Some("".into()),
            ..TxnOffsetCommitRequestPartition::default()
        }];
        let request = TxnOffsetCommitRequest {
            transactional_id: self.id.into(),
            group_id: group.into(),
            producer_id: self.who.id,
            producer_epoch: self.who.epoch,
            topics: vec![TxnOffsetCommitRequestTopic { name: topic.into(), partitions }],
            ..TxnOffsetCommitRequest::default()
        };
        let answer: TxnOffsetCommitResponse<'_> = self.client.ask(self.protocol.versions()[1], &request).await;
        code(answer.topics[0].partitions[0].error_code)
    }

    /// Ends the transaction. With the newer protocol the producer then goes on in the epoch that it is answered.
    pub(crate) async fn end(&mut self, is_commit: bool) -> KafkaCode {
        let answer = self.ask_to_end(is_commit).await;
        if answer.error_code == 0 && self.protocol == Protocol::V2 {
            self.who = Who { id: answer.producer_id, epoch: answer.producer_epoch };
            self.sequences.clear();
        }
        code(answer.error_code)
    }

    /// As [`end`](TxnProducer::end), as if the answer got lost.
    pub(crate) async fn ask_to_end(&mut self, is_commit: bool) -> EndTxnResponse {
        let request = EndTxnRequest {
            transactional_id: self.id.into(),
            producer_id: self.who.id,
            producer_epoch: self.who.epoch,
            committed: is_commit,
        };
        self.client.ask(self.protocol.versions()[2], &request).await
    }
}

/// The state of a transaction as an administrator sees it, with its partitions.
pub(crate) async fn describe(client: &mut Client, id: &'static str) -> (String, Vec<(String, Vec<i32>)>) {
    let answer: DescribeTransactionsResponse<'_> = client.ask(0, &DescribeTransactionsRequest { transactional_ids: vec![id.into()] }).await;
    let state = &answer.transaction_states[0];
    assert_eq!(code(state.error_code), KafkaCode::None);
    let topics = state.topics.iter().map(|topic| (topic.topic.to_string(), topic.partitions.clone()));
    (state.transaction_state.to_string(), topics.collect())
}
