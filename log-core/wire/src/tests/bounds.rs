//! Bytes that lie about what follows: each is refused before memory is taken for it.

use crate::limits::{ELEMENTS_MAX, MEMORY_BASE_BYTES, MEMORY_PER_BYTE};
use crate::messages::{ApiVersionsRequest, DescribeGroupsRequest, FetchRequest, HeartbeatRequest, MetadataRequest, MetadataResponse};
use crate::messages::{metadata_request::MetadataRequestTopic, metadata_response::MetadataResponsePartition};
use crate::{Decode, Encode, Error, Reader, Writer};
use bytes::Bytes;

fn refused<'a, M: Decode<'a>>(bytes: &'a Bytes, version: i16) -> Error {
    let mut reader = Reader::new(bytes);
    let budget = reader.budget_bytes();
    let Err(error) = M::decode(&mut reader, version) else { panic!("{bytes:?} was taken") };
    assert_eq!(reader.budget_bytes(), budget, "memory was taken before {error}");
    assert!(!error.to_string().is_empty());
    error
}

fn metadata(bytes: &[u8], version: i16) -> Error {
    refused::<MetadataRequest>(&Bytes::copy_from_slice(bytes), version)
}

#[test]
fn counts_are_held_against_the_bytes_that_follow() {
    // A count of two thousand million in four bytes.
    assert!(matches!(metadata(&[0x7f, 0xff, 0xff, 0xff], 1), Error::TooMany { what: "elements", limit: ELEMENTS_MAX, .. }));
    assert!(matches!(metadata(&[0xff, 0xff, 0xff, 0xff, 0x0f], 9), Error::TooMany { .. }));
    assert!(matches!(metadata(&[0, 0, 0, 200, 0, 0, 0, 0], 1), Error::CountBeyondBytes { count: 200, remaining: 4, .. }));
    assert!(matches!(metadata(&[201, 1, 0, 0], 9), Error::CountBeyondBytes { count: 200, .. }));
    assert!(matches!(metadata(&[0, 0, 0, 1], 1), Error::CountBeyondBytes { count: 1, remaining: 0, .. }));
    assert_eq!(metadata(&[0xff, 0xff, 0xff, 0xfe], 1), Error::NegativeLength { at: 4, length: -2 });
}

#[test]
fn more_than_a_million_elements_are_refused_however_many_bytes_follow() {
    let group_ids = |count: usize| {
        let mut writer = Writer::new();
        writer.i32(count as i32);
        writer.slice(&vec![0; 2 * count]);
        writer.finish_in_one().unwrap()
    };
    // A string of two bytes takes 24 in memory: here the budget speaks first.
    assert!(matches!(refused::<DescribeGroupsRequest>(&group_ids(ELEMENTS_MAX), 0), Error::OverBudget { .. }));
    assert!(matches!(refused::<DescribeGroupsRequest>(&group_ids(ELEMENTS_MAX + 1), 0), Error::TooMany { .. }));
}

#[test]
fn memory_stays_within_ten_times_the_message_plus_a_base() {
    let encode = |count: usize, name: &'static str| {
        let topics = vec![MetadataRequestTopic { name: Some(name.into()), ..Default::default() }; count];
        let mut writer = Writer::new();
        MetadataRequest { topics: Some(topics), ..Default::default() }.encode(&mut writer, 1);
        writer.finish_in_one().unwrap()
    };
    // Empty names take 20 times their bytes: a few pass on the base, many do not.
    let few = encode(1_000, "");
    assert!(MetadataRequest::decode(&mut Reader::new(&few), 1).is_ok());
    let many = encode(100_000, "");
    assert!(matches!(refused::<MetadataRequest>(&many, 1), Error::OverBudget { .. }));
    // Names as people give them pass in any number.
    let usual = encode(100_000, "orders.v1");
    let mut reader = Reader::new(&usual);
    let budget = reader.budget_bytes();
    assert_eq!(budget, usual.len() * MEMORY_PER_BYTE + MEMORY_BASE_BYTES);
    assert!(MetadataRequest::decode(&mut reader, 1).is_ok());
    assert_eq!(budget - reader.budget_bytes(), 100_000 * size_of::<MetadataRequestTopic<'_>>());
}

#[test]
fn the_answer_about_many_partitions_is_within_the_budget() {
    let partitions: Vec<_> = (0..50_000)
        .map(|partition_index| MetadataResponsePartition {
            partition_index,
            replica_nodes: vec![1],
            isr_nodes: vec![1],
            ..Default::default()
        })
        .collect();
    let topics = vec![crate::messages::metadata_response::MetadataResponseTopic { partitions, ..Default::default() }];
    let response = MetadataResponse { topics, ..Default::default() };
    for version in 0..=13 {
        let mut writer = Writer::new();
        response.encode(&mut writer, version);
        let bytes = writer.finish_in_one().unwrap();
        assert!(MetadataResponse::decode(&mut Reader::new(&bytes), version).is_ok(), "version {version}");
    }
}

#[test]
fn strings_are_bounded_present_and_utf8() {
    let heartbeat = |bytes: &[u8], version| refused::<HeartbeatRequest>(&Bytes::copy_from_slice(bytes), version);
    assert_eq!(heartbeat(&[0xff, 0xff], 0), Error::UnexpectedNull { at: 2 });
    assert_eq!(heartbeat(&[0], 4), Error::UnexpectedNull { at: 1 });
    assert_eq!(heartbeat(&[0xff, 0xfe], 0), Error::NegativeLength { at: 2, length: -2 });
    assert_eq!(heartbeat(&[0, 9, b'x'], 0), Error::Truncated { at: 2, needed: 9, remaining: 1 });
    assert_eq!(heartbeat(&[0, 1, 0xff], 0), Error::InvalidUtf8 { at: 2 });
    assert_eq!(heartbeat(&[0xff, 0xff, 0xff, 0xff, 0xff, 1], 4), Error::VarintTooLong { at: 0 });
    assert_eq!(heartbeat(&[0xff, 0xff, 0xff, 0xff, 0x1f], 4), Error::VarintTooLong { at: 0 });
    let mut long = vec![0x81, 0x80, 0x02];
    long.extend([b'x'; 32_768]);
    assert!(matches!(heartbeat(&long, 4), Error::TooMany { what: "bytes in a string", count: 32_768, .. }));
}

/// ApiVersions version 3 with these tagged fields.
fn api_versions(tags: &[u8]) -> Bytes {
    [&[2, b'a', 2, b'1'], tags].concat().into()
}

#[test]
fn unknown_tagged_fields_are_skipped_within_their_length() {
    let bytes = api_versions(&[2, 7, 3, 1, 2, 3, 99, 0]);
    let mut reader = Reader::new(&bytes);
    let request = ApiVersionsRequest::decode(&mut reader, 3).unwrap();
    assert_eq!((request.client_software_name.as_ref(), reader.remaining_bytes()), ("a", 0));
    let beyond = api_versions(&[1, 7, 4, 1, 2, 3]);
    assert_eq!(refused::<ApiVersionsRequest>(&beyond, 3), Error::Truncated { at: 7, needed: 4, remaining: 3 });
    let too_many = api_versions(&[0x91, 0x4e]);
    assert!(matches!(refused::<ApiVersionsRequest>(&too_many, 3), Error::TooMany { what: "tagged fields", count: 10_001, .. }));
}

/// A fetch of version 12 that ends with these tagged fields; tag 0 is the cluster id.
fn fetch(tags: &[u8]) -> Bytes {
    let mut writer = Writer::new();
    FetchRequest::default().encode(&mut writer, 12);
    let plain = writer.finish_in_one().unwrap();
    [&plain[..plain.len() - 1], tags].concat().into()
}

#[test]
fn a_known_tagged_field_fills_its_length() {
    let good = fetch(&[1, 0, 3, 3, b'h', b'w']);
    let request = FetchRequest::decode(&mut Reader::new(&good), 12).unwrap();
    assert_eq!(request.cluster_id.as_deref(), Some("hw"));
    let longer = fetch(&[1, 0, 4, 3, b'h', b'w', 0]);
    assert!(matches!(refused::<FetchRequest>(&longer, 12), Error::TagLength { tag: 0, left: 1, .. }));
    // The value may not reach beyond its own length into what follows.
    let shorter = fetch(&[1, 0, 2, 3, b'h', b'w', 0, 0]);
    assert!(matches!(refused::<FetchRequest>(&shorter, 12), Error::Truncated { needed: 2, remaining: 1, .. }));
}

#[test]
fn of_a_tag_that_comes_twice_the_last_counts() {
    let twice = fetch(&[3, 5, 0, 0, 2, 2, b'a', 0, 2, 2, b'b']);
    let request = FetchRequest::decode(&mut Reader::new(&twice), 12).unwrap();
    assert_eq!(request.cluster_id.as_deref(), Some("b"));
}
