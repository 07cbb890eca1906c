//! What `ApiVersions` announces is served: every API, in every version, answers a well-formed request with a message of that version.

use super::client::{Client, Node, code};
use super::member::{Member, rebalance};
use super::txn::{Protocol, TxnProducer};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use log_model::KafkaCode;
use log_wire::messages::*;
use log_wire::testing::{Sample, Sampler};
use log_wire::{ApiKey, Message, Request, VersionRange};

/// Random requests of each version.
const SAMPLES: u64 = 8;
/// Random requests to one node, one after another.
const MIXED: u64 = 3000;
/// Names that mean something to a node of [`node_in_use`], or to any.
const WORDS: [&str; 12] =
    ["t", "g", "x", "m", "consumer", "range", "uniform", "1", "retention.ms", "cleanup.policy", "compact", "User:ANONYMOUS"];

/// An API and how it is asked.
struct Probe {
    api: ApiKey,
    /// A random request, or one of defaults. Fails unless an answer comes that can be read to its last byte.
    ask: for<'a> fn(&'a mut Client, i16, Option<&'a mut Sampler>) -> LocalBoxFuture<'a, ()>,
}

/// A line for each request, with what is changed in it so that it is answered, and soon.
macro_rules! probes {
    ($($Request:ty $(=> $change:expr)?;)*) => {
        [$(Probe {
            api: <$Request as Request>::API_KEY,
            ask: |client, version, sampler| {
                async move {
                    let request = match sampler {
                        None => <$Request>::default(),
                        Some(sampler) => <$Request>::sample(sampler, <$Request>::format(version).unwrap()),
                    };
                    $(let request = { let change: fn($Request) -> $Request = $change; change(request) };)?
                    let _: <$Request as Request>::Response<'static> = client.ask(version, &request).await;
                }
                .boxed_local()
            },
        }),*]
    };
}

const PROBES: &[Probe] = &probes! {
    AddOffsetsToTxnRequest<'static>;
    AddPartitionsToTxnRequest<'static>;
    AlterClientQuotasRequest<'static>;
    AlterConfigsRequest<'static>;
    AlterPartitionReassignmentsRequest<'static>;
    AlterReplicaLogDirsRequest<'static>;
    AlterUserScramCredentialsRequest<'static>;
    ApiVersionsRequest<'static>;
    ConsumerGroupDescribeRequest<'static>;
    ConsumerGroupHeartbeatRequest<'static>;
    CreateAclsRequest<'static>;
    CreatePartitionsRequest<'static>;
    CreateTopicsRequest<'static>;
    DeleteAclsRequest<'static>;
    DeleteGroupsRequest<'static>;
    DeleteRecordsRequest<'static>;
    DeleteTopicsRequest<'static>;
    DescribeAclsRequest<'static>;
    DescribeClientQuotasRequest<'static>;
    DescribeClusterRequest;
    DescribeConfigsRequest<'static>;
    DescribeGroupsRequest<'static>;
    DescribeLogDirsRequest<'static>;
    DescribeProducersRequest<'static>;
    DescribeQuorumRequest<'static>;
    DescribeTopicPartitionsRequest<'static>;
    DescribeTransactionsRequest<'static>;
    DescribeUserScramCredentialsRequest<'static>;
    ElectLeadersRequest<'static>;
    EndTxnRequest<'static>;
    FetchRequest<'static> => |request| FetchRequest { max_wait_ms: 10, ..request };
    FindCoordinatorRequest<'static>;
    HeartbeatRequest<'static>;
    IncrementalAlterConfigsRequest<'static>;
    InitProducerIdRequest<'static>;
    JoinGroupRequest<'static> => |request| JoinGroupRequest { session_timeout_ms: 6000, rebalance_timeout_ms: 5000, ..request };
    LeaveGroupRequest<'static>;
    ListConfigResourcesRequest;
    ListGroupsRequest<'static>;
    ListOffsetsRequest<'static>;
    ListPartitionReassignmentsRequest<'static>;
    ListTransactionsRequest<'static>;
    MetadataRequest<'static>;
    OffsetCommitRequest<'static>;
    OffsetDeleteRequest<'static>;
    OffsetFetchRequest<'static>;
    OffsetForLeaderEpochRequest<'static>;
    ProduceRequest<'static> => |request| ProduceRequest { acks: -1, ..request };
    SaslAuthenticateRequest<'static>;
    SaslHandshakeRequest<'static>;
    SyncGroupRequest<'static>;
    TxnOffsetCommitRequest<'static>;
    UnregisterBrokerRequest;
    UpdateFeaturesRequest<'static>;
    WriteTxnMarkersRequest<'static>;
};

/// What the node says that it serves.
async fn announced(client: &mut Client) -> Vec<(i16, VersionRange)> {
    let request = ApiVersionsRequest { client_software_name: "test".into(), client_software_version: "1".into() };
    let answer: ApiVersionsResponse<'_> = client.ask(4, &request).await;
    assert_eq!(code(answer.error_code), KafkaCode::None);
    answer.api_keys.iter().map(|api| (api.api_key, VersionRange::new(api.min_version, api.max_version))).collect()
}

/// The versions to ask: all that are announced. Produce announces 0 to 2 for old librdkafka's sake, and refuses them.
fn to_ask(probe: &Probe, all: &[(i16, VersionRange)]) -> VersionRange {
    let (_, range) = all.iter().find(|(api, _)| *api == probe.api.code()).unwrap();
    match probe.api {
        ApiKey::Produce => VersionRange::new(3, range.last),
        _ => *range,
    }
}

#[test]
fn exactly_what_is_announced_is_probed_here() {
    let node = Node::start(&[]);
    let mut announced: Vec<i16> = node.run(announced).into_iter().map(|(api, _)| api).collect();
    announced.sort_unstable();
    let mut probed: Vec<i16> = PROBES.iter().map(|probe| probe.api.code()).collect();
    probed.sort_unstable();
    assert_eq!(announced, probed);
}

#[test]
fn every_api_answers_a_request_of_defaults_in_every_version() {
    let node = Node::start(&[]);
    node.create_topics(&[("t", 1)]);
    node.run(async |client| {
        let all = announced(client).await;
        for probe in PROBES {
            for version in to_ask(probe, &all).iter() {
                (probe.ask)(client, version, None).await;
            }
        }
    });
}

/// A node with a topic, a group and a transaction, of names that random requests know.
fn node_in_use(seed: u64) -> Node {
    // ACLs that a request makes must not keep the others from doing their work.
    let node = Node::seeded(seed, &[("super.users", "User:ANONYMOUS")]);
    node.create_topics(&[("t", 2)]);
    node.produce("t", &["a", "b", "c"]);
    node.run(async |_| {
        let mut producer = TxnProducer::init(&node, "x", Protocol::V2).await;
        assert_eq!(producer.write("t", 0, &["d"]).await.0, KafkaCode::None);
        assert_eq!(rebalance(&mut [&mut Member::fixed(&node, "g", "m").await]).await, 1);
    });
    node
}

fn sampler(node: &Node, seed: u64) -> Sampler {
    Sampler::new(seed).knowing(&WORDS, &[node.topic_id("t")])
}

#[test]
fn every_api_answers_random_requests_in_every_version() {
    for probe in PROBES {
        let node = node_in_use(1);
        let mut sampler = sampler(&node, probe.api.code() as u64);
        node.run(async |client| {
            let all = announced(client).await;
            for version in to_ask(probe, &all).iter() {
                for _ in 0..SAMPLES {
                    (probe.ask)(client, version, Some(&mut sampler)).await;
                }
            }
        });
    }
}

#[test]
fn a_node_that_was_asked_anything_at_random_opens_again_and_goes_on() {
    for seed in 0..3 {
        let mut node = node_in_use(seed);
        let mut sampler = sampler(&node, seed);
        for round in 0..3 {
            node.run(async |client| {
                let all = announced(client).await;
                for _ in 0..MIXED / 9 {
                    let probe = &PROBES[sampler.below(PROBES.len() as u64) as usize];
                    let range = to_ask(probe, &all);
                    let version = range.first + sampler.below((range.last - range.first) as u64 + 1) as i16;
                    (probe.ask)(client, version, Some(&mut sampler)).await;
                }
            });
            node = if round % 2 == 0 { node.restarted() } else { node.crashed() };
        }
        node.run(async |client| assert!(!announced(client).await.is_empty()));
    }
}

#[test]
fn the_oldest_versions_of_produce_are_announced_and_refused() {
    let node = Node::start(&[]);
    node.run(async |client| {
        let all = announced(client).await;
        assert_eq!(all.iter().find(|(api, _)| *api == ApiKey::Produce.code()).unwrap().1, VersionRange::new(0, 13));
        for version in 0..=2_i16 {
            let mut old = node.connect().await;
            let body = [&[0, 0][..], &version.to_be_bytes(), &[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
            old.send_bytes(&[&(body.len() as u32).to_be_bytes()[..], &body].concat()).await;
            old.expect_end().await;
        }
    });
}
