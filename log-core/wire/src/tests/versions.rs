//! The schema's ranges against the table of Kafka 4.3, and the versions of headers.

use crate::testing::{REQUESTS, RESPONSES};
use crate::{ApiKey, VersionRange};

/// Key, name, first and last version, first flexible version (-1 for none), as a broker of Apache Kafka 4.3 answers ApiVersions.
const KAFKA_4_3: &[(i16, &str, i16, i16, i16)] = &[
    (0, "Produce", 3, 13, 9),
    (1, "Fetch", 4, 18, 12),
    (2, "ListOffsets", 1, 11, 6),
    (3, "Metadata", 0, 13, 9),
    (8, "OffsetCommit", 2, 10, 8),
    (9, "OffsetFetch", 1, 10, 6),
    (10, "FindCoordinator", 0, 6, 3),
    (11, "JoinGroup", 0, 9, 6),
    (12, "Heartbeat", 0, 4, 4),
    (13, "LeaveGroup", 0, 5, 4),
    (14, "SyncGroup", 0, 5, 4),
    (15, "DescribeGroups", 0, 6, 5),
    (16, "ListGroups", 0, 5, 3),
    (17, "SaslHandshake", 0, 1, -1),
    (18, "ApiVersions", 0, 4, 3),
    (19, "CreateTopics", 2, 7, 5),
    (20, "DeleteTopics", 1, 6, 4),
    (21, "DeleteRecords", 0, 2, 2),
    (22, "InitProducerId", 0, 5, 2),
    (23, "OffsetForLeaderEpoch", 2, 4, 4),
    (24, "AddPartitionsToTxn", 0, 5, 3),
    (25, "AddOffsetsToTxn", 0, 4, 3),
    (26, "EndTxn", 0, 5, 3),
    (27, "WriteTxnMarkers", 1, 2, 1),
    (28, "TxnOffsetCommit", 0, 5, 3),
    (29, "DescribeAcls", 1, 3, 2),
    (30, "CreateAcls", 1, 3, 2),
    (31, "DeleteAcls", 1, 3, 2),
    (32, "DescribeConfigs", 1, 4, 4),
    (33, "AlterConfigs", 0, 2, 2),
    (34, "AlterReplicaLogDirs", 1, 2, 2),
    (35, "DescribeLogDirs", 1, 5, 2),
    (36, "SaslAuthenticate", 0, 2, 2),
    (37, "CreatePartitions", 0, 3, 2),
    (42, "DeleteGroups", 0, 2, 2),
    (43, "ElectLeaders", 0, 2, 2),
    (44, "IncrementalAlterConfigs", 0, 1, 1),
    (45, "AlterPartitionReassignments", 0, 1, 0),
    (46, "ListPartitionReassignments", 0, 0, 0),
    (47, "OffsetDelete", 0, 0, -1),
    (48, "DescribeClientQuotas", 0, 1, 1),
    (49, "AlterClientQuotas", 0, 1, 1),
    (50, "DescribeUserScramCredentials", 0, 0, 0),
    (51, "AlterUserScramCredentials", 0, 0, 0),
    (55, "DescribeQuorum", 0, 2, 0),
    (57, "UpdateFeatures", 0, 2, 0),
    (60, "DescribeCluster", 0, 2, 0),
    (61, "DescribeProducers", 0, 0, 0),
    (64, "UnregisterBroker", 0, 0, 0),
    (65, "DescribeTransactions", 0, 0, 0),
    (66, "ListTransactions", 0, 2, 0),
    (68, "ConsumerGroupHeartbeat", 0, 1, 0),
    (69, "ConsumerGroupDescribe", 0, 1, 0),
    (74, "ListConfigResources", 0, 1, 0),
    (75, "DescribeTopicPartitions", 0, 0, 0),
];

#[test]
fn every_api_has_the_versions_of_kafka_4_3() {
    let ours: Vec<_> = REQUESTS
        .iter()
        .map(|codec| {
            let name = codec.name.strip_suffix("Request").unwrap();
            (codec.code.unwrap(), name, codec.versions.first, codec.versions.last, codec.flexible_from.unwrap_or(-1))
        })
        .collect();
    assert_eq!(ours, KAFKA_4_3);
}

#[test]
fn requests_responses_and_the_table_of_keys_agree() {
    assert_eq!(ApiKey::ALL.len(), REQUESTS.len());
    for ((key, request), response) in ApiKey::ALL.iter().zip(REQUESTS).zip(RESPONSES) {
        assert_eq!(ApiKey::of(key.code()), Some(*key));
        assert_eq!(request.name, format!("{key}Request"));
        assert_eq!(response.name, format!("{key}Response"));
        for codec in [request, response] {
            assert_eq!((codec.code, codec.versions), (Some(key.code()), key.versions()), "{}", codec.name);
            for version in codec.versions.iter() {
                assert_eq!(key.is_flexible(version), codec.flexible_from.is_some_and(|from| version >= from), "{}", codec.name);
            }
        }
    }
    assert_eq!(ApiKey::of(4), None);
    assert_eq!(ApiKey::of(-1), None);
}

#[test]
fn produce_alone_announces_versions_that_are_refused() {
    for key in ApiKey::ALL {
        match key {
            ApiKey::Produce => assert_eq!(key.advertised(), VersionRange::new(0, 13)),
            _ => assert_eq!(key.advertised(), key.versions(), "{key}"),
        }
    }
    assert!(!ApiKey::Produce.versions().contains(2));
}

#[test]
fn flexible_versions_have_tags_in_their_headers() {
    for key in ApiKey::ALL {
        for version in key.versions().iter() {
            let flexible = key.is_flexible(version);
            assert_eq!(key.request_header_version(version), if flexible { 2 } else { 1 }, "{key} {version}");
            let response = if flexible && *key != ApiKey::ApiVersions { 1 } else { 0 };
            assert_eq!(key.response_header_version(version), response, "{key} {version}");
        }
    }
    // A request newer than we know still has a header that can be read, or nobody could answer it.
    assert_eq!(ApiKey::ApiVersions.request_header_version(9), 2);
    assert_eq!(ApiKey::SaslHandshake.request_header_version(9), 1);
}
