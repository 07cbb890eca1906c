//! Every message that the crate `kafka-protocol` knows too: what we write it reads and writes back byte for byte, and what it writes we
//! read and write back, in every version that both have.

use crate::messages;
use crate::testing::{Codec, REQUESTS, RESPONSES};
use crate::{Encode, Writer};
use bytes::BytesMut;
use kafka_protocol::messages as theirs;
use kafka_protocol::protocol::{Decodable, Encodable, Message};

/// The versions that both have.
fn common<T: Message>(codec: &Codec) -> Vec<i16> {
    let versions: Vec<_> = codec.versions.iter().filter(|version| (T::VERSIONS.min..=T::VERSIONS.max).contains(version)).collect();
    assert!(!versions.is_empty(), "{} has no version in common", codec.name);
    versions
}

/// Our samples through their codec and back.
fn compare<T: Encodable + Decodable + Message>(codec: &Codec) {
    for version in common::<T>(codec) {
        for seed in 0..30 {
            let what = format!("{} version {version} seed {seed}", codec.name);
            let ours = (codec.sample)(seed, version).unwrap();
            let mut rest = ours.clone();
            let read = T::decode(&mut rest, version).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(rest.is_empty(), "{what}: {} bytes are left", rest.len());
            let mut written = BytesMut::new();
            read.encode(&mut written, version).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(written, ours, "{what}");
            assert_eq!((codec.recode)(&written.freeze(), version).unwrap(), ours, "{what}");
        }
    }
}

fn find(name: &str) -> &'static Codec {
    REQUESTS.iter().chain(RESPONSES).find(|codec| codec.name == name).unwrap()
}

macro_rules! both {
    ($($message:ident)*) => {
        #[test]
        fn the_other_codec_reads_and_writes_our_messages_byte_for_byte() {
            $(compare::<theirs::$message>(find(stringify!($message)));)*
        }

        #[test]
        fn both_codecs_have_the_same_defaults() {
            $({
                let codec = find(stringify!($message));
                for version in common::<theirs::$message>(codec) {
                    let mut written = BytesMut::new();
                    theirs::$message::default().encode(&mut written, version).unwrap();
                    let mut writer = Writer::new();
                    messages::$message::default().encode(&mut writer, version);
                    assert_eq!(writer.finish_in_one().unwrap(), written, "{} version {version}", codec.name);
                }
            })*
        }

        #[test]
        fn every_message_is_compared() {
            let compared = [$(stringify!($message)),*];
            let all = REQUESTS.iter().zip(RESPONSES).flat_map(|(request, response)| [request.name, response.name]);
            assert!(all.eq(compared));
        }
    };
}

both! {
    ProduceRequest
    ProduceResponse
    FetchRequest
    FetchResponse
    ListOffsetsRequest
    ListOffsetsResponse
    MetadataRequest
    MetadataResponse
    OffsetCommitRequest
    OffsetCommitResponse
    OffsetFetchRequest
    OffsetFetchResponse
    FindCoordinatorRequest
    FindCoordinatorResponse
    JoinGroupRequest
    JoinGroupResponse
    HeartbeatRequest
    HeartbeatResponse
    LeaveGroupRequest
    LeaveGroupResponse
    SyncGroupRequest
    SyncGroupResponse
    DescribeGroupsRequest
    DescribeGroupsResponse
    ListGroupsRequest
    ListGroupsResponse
    SaslHandshakeRequest
    SaslHandshakeResponse
    ApiVersionsRequest
    ApiVersionsResponse
    CreateTopicsRequest
    CreateTopicsResponse
    DeleteTopicsRequest
    DeleteTopicsResponse
    DeleteRecordsRequest
    DeleteRecordsResponse
    InitProducerIdRequest
    InitProducerIdResponse
    OffsetForLeaderEpochRequest
    OffsetForLeaderEpochResponse
    AddPartitionsToTxnRequest
    AddPartitionsToTxnResponse
    AddOffsetsToTxnRequest
    AddOffsetsToTxnResponse
    EndTxnRequest
    EndTxnResponse
    WriteTxnMarkersRequest
    WriteTxnMarkersResponse
    TxnOffsetCommitRequest
    TxnOffsetCommitResponse
    DescribeAclsRequest
    DescribeAclsResponse
    CreateAclsRequest
    CreateAclsResponse
    DeleteAclsRequest
    DeleteAclsResponse
    DescribeConfigsRequest
    DescribeConfigsResponse
    AlterConfigsRequest
    AlterConfigsResponse
    AlterReplicaLogDirsRequest
    AlterReplicaLogDirsResponse
    DescribeLogDirsRequest
    DescribeLogDirsResponse
    SaslAuthenticateRequest
    SaslAuthenticateResponse
    CreatePartitionsRequest
    CreatePartitionsResponse
    DeleteGroupsRequest
    DeleteGroupsResponse
    ElectLeadersRequest
    ElectLeadersResponse
    IncrementalAlterConfigsRequest
    IncrementalAlterConfigsResponse
    AlterPartitionReassignmentsRequest
    AlterPartitionReassignmentsResponse
    ListPartitionReassignmentsRequest
    ListPartitionReassignmentsResponse
    OffsetDeleteRequest
    OffsetDeleteResponse
    DescribeClientQuotasRequest
    DescribeClientQuotasResponse
    AlterClientQuotasRequest
    AlterClientQuotasResponse
    DescribeUserScramCredentialsRequest
    DescribeUserScramCredentialsResponse
    AlterUserScramCredentialsRequest
    AlterUserScramCredentialsResponse
    DescribeQuorumRequest
    DescribeQuorumResponse
    UpdateFeaturesRequest
    UpdateFeaturesResponse
    DescribeClusterRequest
    DescribeClusterResponse
    DescribeProducersRequest
    DescribeProducersResponse
    UnregisterBrokerRequest
    UnregisterBrokerResponse
    DescribeTransactionsRequest
    DescribeTransactionsResponse
    ListTransactionsRequest
    ListTransactionsResponse
    ConsumerGroupHeartbeatRequest
    ConsumerGroupHeartbeatResponse
    ConsumerGroupDescribeRequest
    ConsumerGroupDescribeResponse
    ListConfigResourcesRequest
    ListConfigResourcesResponse
    DescribeTopicPartitionsRequest
    DescribeTopicPartitionsResponse
}
