//! APIs and versions that are not served.

use crate::handlers::tests::client::{Client, Node, code};
use log_model::KafkaCode;
use log_wire::messages::{
    ApiVersionsRequest, ApiVersionsResponse, MetadataRequest, MetadataResponse, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use log_wire::{ApiKey, Decode, Reader};

/// A request's frame: key, version, correlation id, client id, and what comes then.
fn request(api: i16, version: i16, rest: &[u8]) -> Vec<u8> {
    let header = [&api.to_be_bytes()[..], &version.to_be_bytes(), &7_i32.to_be_bytes(), &(-1_i16).to_be_bytes()].concat();
    [&u32::try_from(header.len() + rest.len()).unwrap().to_be_bytes()[..], &header, rest].concat()
}

async fn is_served(client: &mut Client) {
    let answer: MetadataResponse<'_> = client.ask(12, &MetadataRequest::default()).await;
    assert_eq!(answer.brokers.len(), 1);
}

#[test]
fn a_request_that_is_not_served_ends_its_connection_and_no_other() {
    let metadata = ApiKey::Metadata.code();
    let cases = [
        ("a version of the future", request(metadata, 99, &[0])),
        ("a negative version", request(metadata, -1, &[0])),
        ("an API that nobody knows", request(9999, 0, &[0])),
        ("a negative API", request(-1, 0, &[0])),
        ("an API of brokers among themselves", request(4, 0, &[0])),
        ("a request without its body", request(metadata, 12, &[0])),
        ("a count beyond the bytes", request(metadata, 12, &[0, 0xff, 0xff, 0xff, 0xff, 0x0f])),
        ("a client id that is no text", b"\x00\x00\x00\x0c\x00\x03\x00\x00\x00\x00\x00\x07\x00\x02\xff\xfe".to_vec()),
        ("a client id beyond the bytes", b"\x00\x00\x00\x0c\x00\x03\x00\x00\x00\x00\x00\x07\x00\x63ab".to_vec()),
    ];
    let node = Node::start(&[]);
    node.run(async |client| {
        for (name, bytes) in cases {
            let mut stranger = node.connect().await;
            is_served(&mut stranger).await;
            stranger.send_bytes(&bytes).await;
            stranger.expect_end().await;
            is_served(client).await;
            assert_eq!(node.listener.connection_count(), 1, "{name}");
        }
    });
}

#[test]
fn a_version_of_api_versions_that_is_not_served_is_answered_in_the_oldest() {
    let node = Node::start(&[]);
    node.run(async |client| {
        for version in [5, 99, -1, i16::MAX] {
            // The header of a flexible version, and a body that may be anything.
            client.send_bytes(&request(ApiKey::ApiVersions.code(), version, &[0, 1, 2, 3])).await;
            let bytes = client.receive_frame().await.expect("an answer (KIP-511)");
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.i32().unwrap(), 7);
            let answer = ApiVersionsResponse::decode(&mut reader, 0).unwrap();
            assert_eq!(reader.remaining_bytes(), 0);
            assert_eq!(code(answer.error_code), KafkaCode::UnsupportedVersion, "version {version}");
            let ranges: Vec<_> = answer.api_keys.iter().map(|api| (api.api_key, api.min_version, api.max_version)).collect();
            assert_eq!(ranges, [(ApiKey::ApiVersions.code(), 0, 4)]);
            is_served(client).await;
        }
    });
}

#[test]
fn a_client_without_a_proper_name_is_told_so() {
    let node = Node::start(&[]);
    node.run(async |client| {
        for (name, version, expected) in [
            ("kafka-python", "2.0.1", KafkaCode::None),
            ("", "1", KafkaCode::InvalidRequest),
            ("name", "", KafkaCode::InvalidRequest),
            ("a b", "1", KafkaCode::InvalidRequest),
            ("-a", "1", KafkaCode::InvalidRequest),
        ] {
            let request = ApiVersionsRequest { client_software_name: name.into(), client_software_version: version.into() };
            for api_version in 3..=4 {
                let answer: ApiVersionsResponse<'_> = client.ask(api_version, &request).await;
                assert_eq!(code(answer.error_code), expected, "{name:?} {version:?}");
            }
            let answer: ApiVersionsResponse<'_> = client.ask(0, &request).await;
            assert_eq!(code(answer.error_code), KafkaCode::None, "older versions carry no name");
        }
    });
}

#[test]
fn features_whose_lowest_level_is_0_are_told_only_to_clients_that_know_of_such() {
    let node = Node::start(&[]);
    node.run(async |client| {
        for (version, expected) in [(3, vec!["metadata.version"]), (4, vec!["group.version", "metadata.version", "transaction.version"])] {
            let request = ApiVersionsRequest { client_software_name: "test".into(), client_software_version: "1".into() };
            let answer: ApiVersionsResponse<'_> = client.ask(version, &request).await;
            let supported: Vec<_> = answer.supported_features.iter().map(|feature| &*feature.name).collect();
            assert_eq!(supported, expected, "version {version}");
            // The levels in force are told to all.
            assert_eq!(answer.finalized_features.len(), 3);
        }
    });
}

#[test]
fn a_client_that_wants_to_prove_who_it_is_is_told_that_nobody_asks() {
    let node = Node::start(&[]);
    node.run(async |client| {
        for version in 0..=1 {
            let answer: SaslHandshakeResponse<'_> = client.ask(version, &SaslHandshakeRequest { mechanism: "PLAIN".into() }).await;
            assert_eq!(code(answer.error_code), KafkaCode::IllegalSaslState);
        }
        for version in 0..=2 {
            let answer: SaslAuthenticateResponse<'_> = client.ask(version, &SaslAuthenticateRequest::default()).await;
            assert_eq!(code(answer.error_code), KafkaCode::IllegalSaslState);
        }
        is_served(client).await;
    });
}
