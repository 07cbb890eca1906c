//! Frames and headers: what goes around a message.

use crate::frame::{self, RESPONSE_BYTES_MIN};
use crate::messages::fetch_response::{FetchableTopicResponse, PartitionData};
use crate::messages::{ApiVersionsRequest, ApiVersionsResponse, FetchResponse, HeartbeatRequest, HeartbeatResponse, SaslHandshakeRequest};
use crate::{ApiKey, Decode, Error, Reader, Records, Request, RequestHeader, ResponseHeader};
use bytes::Bytes;

const LIMIT: usize = 1000;

fn joined(chunks: Vec<Bytes>) -> Bytes {
    Records::from(chunks).into_bytes()
}

#[test]
fn a_request_header_is_read_as_written() {
    for (api_key, api_version) in ApiKey::ALL.iter().flat_map(|key| key.versions().iter().map(move |version| (*key, version))) {
        for client_id in [None, Some("".into()), Some("rdkafka".into())] {
            let header = RequestHeader { api_key, api_version, correlation_id: -7, client_id };
            let bytes = joined(frame::framed(|writer| header.encode(writer)).unwrap()).slice(4..);
            let mut reader = Reader::new(&bytes);
            assert_eq!(RequestHeader::decode(&mut reader), Ok(header));
            assert_eq!(reader.remaining_bytes(), 0);
            for length in 0..bytes.len() {
                assert!(RequestHeader::decode(&mut Reader::new(&bytes.slice(..length))).is_err());
            }
        }
        let bytes = joined(frame::framed(|writer| ResponseHeader { correlation_id: 9 }.encode(writer, api_key, api_version)).unwrap());
        assert_eq!(bytes.len() as i16, 8 + api_key.response_header_version(api_version), "{api_key} {api_version}");
        let read = ResponseHeader::decode(&mut Reader::new(&bytes.slice(4..)), api_key, api_version);
        assert_eq!(read, Ok(ResponseHeader { correlation_id: 9 }));
    }
}

#[test]
fn the_client_id_is_never_compact_and_tags_are_skipped() {
    // ApiVersions version 3 as librdkafka sends it, with a tagged field of the future in the header.
    let bytes = Bytes::from_static(b"\0\x12\0\x03\0\0\0\x01\0\x07rdkafka\x01\x05\x02xx\x0blibrdkafka\x072.12.1\0");
    let mut reader = Reader::new(&bytes);
    let header = RequestHeader::decode(&mut reader).unwrap();
    assert_eq!((header.api_key, header.api_version, header.correlation_id), (ApiKey::ApiVersions, 3, 1));
    assert_eq!(header.client_id.as_deref(), Some("rdkafka"));
    let request = ApiVersionsRequest::decode(&mut reader, 3).unwrap();
    assert_eq!((&*request.client_software_name, &*request.client_software_version), ("librdkafka", "2.12.1"));
    assert_eq!(reader.remaining_bytes(), 0);
}

#[test]
fn the_header_of_a_newer_version_is_read_and_that_of_an_unknown_api_is_not() {
    let newer = Bytes::from_static(b"\0\x12\0\x05\0\0\0\x01\xff\xff\0");
    let header = RequestHeader::decode(&mut Reader::new(&newer)).unwrap();
    assert_eq!((header.api_version, header.client_id), (5, None));
    let unknown = Bytes::from_static(b"\x03\xe7\0\x00\0\0\0\x01\xff\xff\0");
    assert_eq!(RequestHeader::decode(&mut Reader::new(&unknown)), Err(Error::UnknownApi(999)));
}

#[test]
fn the_response_header_of_api_versions_has_no_tags() {
    let response = joined(frame::response(3, 42, &ApiVersionsResponse::default()).unwrap());
    // Length, correlation id, error code, no keys, throttle time, no tags.
    assert_eq!(response[..], [0, 0, 0, 12, 0, 0, 0, 42, 0, 0, 1, 0, 0, 0, 0, 0]);
    let other = joined(frame::response(4, 42, &HeartbeatResponse::default()).unwrap());
    assert_eq!(other[..], [0, 0, 0, 12, 0, 0, 0, 42, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(frame::length(&response, RESPONSE_BYTES_MIN, LIMIT), Ok(Some(12)));
}

#[test]
fn a_request_knows_what_answers_it() {
    fn answer<'r, R: Request>(bytes: &'r Bytes) -> (R::Response<'r>, usize) {
        let mut reader = Reader::new(bytes);
        ResponseHeader::decode(&mut reader, R::API_KEY, 4).unwrap();
        (R::Response::decode(&mut reader, 4).unwrap(), reader.remaining_bytes())
    }
    let response = HeartbeatResponse { error_code: 27, ..Default::default() };
    let bytes = joined(frame::response(4, 42, &response).unwrap()).slice(4..);
    assert_eq!(answer::<HeartbeatRequest<'_>>(&bytes), (response, 0));
}

#[test]
fn batches_of_a_fetch_reach_the_socket_uncopied() {
    let batches = [Bytes::from(vec![1; 5000]), Bytes::from(vec![2; 7000])];
    let partition = |chunks: Vec<Bytes>| PartitionData { records: Some(chunks.into()), ..Default::default() };
    let partitions = vec![partition(batches.to_vec()), partition(vec![]), partition(vec![batches[0].slice(1000..)])];
    let response = FetchResponse { responses: vec![FetchableTopicResponse { partitions, ..Default::default() }], ..Default::default() };
    for version in [4, 11, 12, 18] {
        let chunks = frame::response(version, 1, &response).unwrap();
        let shared: Vec<_> = chunks.iter().filter(|chunk| chunk.len() >= 4000).map(|chunk| chunk.as_ptr()).collect();
        assert_eq!(shared, [batches[0].as_ptr(), batches[1].as_ptr(), batches[0][1000..].as_ptr()]);
        let frame = joined(chunks);
        assert_eq!(frame::length(&frame, RESPONSE_BYTES_MIN, 100_000), Ok(Some(frame.len() - 4)));
        let body = frame.slice(4..);
        let mut reader = Reader::new(&body);
        ResponseHeader::decode(&mut reader, ApiKey::Fetch, version).unwrap();
        assert_eq!(FetchResponse::decode(&mut reader, version).unwrap(), response);
        assert_eq!(reader.remaining_bytes(), 0);
    }
}

#[test]
fn what_no_encoding_can_carry_comes_out_as_an_error() {
    let long = HeartbeatRequest { group_id: "x".repeat(32_768).into(), ..Default::default() };
    for version in [0, 4] {
        let refused = frame::request(version, 1, None, &long);
        assert!(matches!(refused, Err(Error::Unencodable { count: 32_768, limit: 32_767, .. })), "{refused:?}");
    }
    let unknown = frame::request(2, 1, None, &SaslHandshakeRequest::default());
    assert!(matches!(unknown, Err(Error::UnsupportedVersion { message: "SaslHandshakeRequest", version: 2, first: 0, last: 1 })));
}
