//! What `ApiVersions` announces is served: every API, in every version, answers a well-formed request with a message of that version.

use super::client::{Client, Node, code};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use log_model::KafkaCode;
use log_wire::messages::*;
use log_wire::testing::{Sample, Sampler};
use log_wire::{ApiKey, Message, Request, VersionRange};

/// Random requests of each version.
const SAMPLES: u64 = 6;

/// An API and how it is asked.
struct Probe {
    api: ApiKey,
    /// With a seed a random request, without one that of defaults. Fails unless an answer comes that can be read to its last byte.
    ask: for<'a> fn(&'a mut Client, i16, Option<u64>) -> LocalBoxFuture<'a, ()>,
}

/// A line for each request, with what is changed in it so that it is answered, and soon.
macro_rules! probes {
    ($($Request:ty $(=> $change:expr)?;)*) => {
        [$(Probe {
            api: <$Request as Request>::API_KEY,
            ask: |client, version, seed| {
                async move {
                    let request = match seed {
                        None => <$Request>::default(),
                        Some(seed) => <$Request>::sample(&mut Sampler::new(seed), <$Request>::format(version).unwrap()),
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
    JoinGroupRequest<'static>;
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

#[test]
fn every_api_answers_random_requests_in_every_version() {
    for probe in PROBES {
        // What one of them makes, like ACLs, must not keep the others from doing their work.
        let node = Node::start(&[]);
        node.run(async |client| {
            let all = announced(client).await;
            for version in to_ask(probe, &all).iter() {
                for seed in 0..SAMPLES {
                    (probe.ask)(client, version, Some(seed << 8 | version as u64)).await;
                }
            }
            assert_eq!(announced(client).await, all);
        });
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
