//! What no handler ever sees.

use super::client::{Node, code};
use log_model::KafkaCode;
use log_wire::ApiKey;
use log_wire::messages::{ApiVersionsRequest, ApiVersionsResponse, MetadataRequest, MetadataResponse};

/// A request's frame: key, version, correlation id, no client id, no tags, no body.
fn bare(api: i16, version: i16) -> Vec<u8> {
    let body = [&api.to_be_bytes()[..], &version.to_be_bytes(), &7_i32.to_be_bytes(), &(-1_i16).to_be_bytes(), &[0]].concat();
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
}

#[test]
fn a_request_that_is_not_served_ends_its_connection_and_no_other() {
    let node = Node::start(&[]);
    node.run(async |client| {
        for bytes in [bare(ApiKey::Metadata.code(), 99), bare(9999, 0), bare(ApiKey::Metadata.code(), 12), b"GET / HTTP/1.1".to_vec()] {
            let mut stranger = node.connect().await;
            stranger.send_bytes(&bytes).await;
            stranger.expect_end().await;
        }
        let answer: MetadataResponse<'_> = client.ask(12, &MetadataRequest::default()).await;
        assert_eq!(answer.brokers.len(), 1);
    });
}

#[test]
fn what_is_announced_is_what_is_served() {
    let node = Node::start(&[]);
    node.run(async |client| {
        let request = ApiVersionsRequest { client_software_name: "test".into(), client_software_version: "1".into() };
        let answer: ApiVersionsResponse<'_> = client.ask(4, &request).await;
        assert_eq!(code(answer.error_code), KafkaCode::None);
        let announced: Vec<i16> = answer.api_keys.iter().map(|api| api.api_key).collect();
        let administration = [19, 20, 21, 23, 29, 30, 31, 32, 33, 34, 35, 37, 43, 44, 45, 46, 48, 49, 50, 51, 55, 57, 60, 61, 64, 74, 75];
        assert_eq!(administration.into_iter().find(|api| !announced.contains(api)), None);
    });
}
