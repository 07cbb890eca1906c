//! Details of the encoding, byte by byte, and that decoding does not copy.

use crate::messages::consumer_group_heartbeat_response::{Assignment, TopicPartitions};
use crate::messages::{ConsumerGroupHeartbeatResponse, FetchResponse, MetadataRequest, OffsetFetchRequest, ProduceRequest};
use crate::records::consumer_group_member_metadata_value::ClassicMemberMetadata;
use crate::records::{ConsumerGroupMemberMetadataValue, OffsetCommitValue};
use crate::{Decode, Encode, Format, Reader, Records, Writer};
use bytes::Bytes;
use std::borrow::Cow;

fn encode(message: &impl Encode, version: i16) -> Bytes {
    let mut writer = Writer::new();
    message.encode(&mut writer, version);
    writer.finish_in_one().unwrap()
}

#[test]
fn decoding_borrows_strings_and_shares_records() {
    // Version 3: no transactional id, acks, timeout, one topic "t" with partition 0 and four bytes of records.
    let frame = Bytes::from_static(b"\xff\xff\xff\xff\0\0\0\x64\0\0\0\x01\0\x01t\0\0\0\x01\0\0\0\0\0\0\0\x04beef");
    let request = ProduceRequest::decode(&mut Reader::new(&frame), 3).unwrap();
    assert_eq!((request.transactional_id, request.acks, request.timeout_ms), (None, -1, 100));
    let topic = &request.topic_data[0];
    let Cow::Borrowed(name) = topic.name else { panic!("the name was copied") };
    assert_eq!((name, name.as_ptr()), ("t", frame[14..].as_ptr()));
    let records = topic.partition_data[0].records.clone().unwrap().into_bytes();
    assert_eq!((&records[..], records.as_ptr()), (&b"beef"[..], frame[27..].as_ptr()));
}

#[test]
fn what_a_version_does_not_have_is_left_out() {
    let value = OffsetCommitValue { offset: 1, expire_timestamp: 77, leader_epoch: 5, ..Default::default() };
    assert_eq!(encode(&value, 0).len(), 8 + 2 + 8);
    assert_eq!(encode(&value, 1).len(), 8 + 2 + 8 + 8);
    assert_eq!(encode(&value, 2).len(), 8 + 2 + 8);
    assert_eq!(encode(&value, 3).len(), 8 + 4 + 2 + 8);
    let bytes = encode(&value, 3);
    let read = OffsetCommitValue::decode(&mut Reader::new(&bytes), 3).unwrap();
    assert_eq!(read, OffsetCommitValue { expire_timestamp: -1, ..value });
}

#[test]
fn a_null_is_written_as_empty_where_the_version_has_no_null() {
    let everything = MetadataRequest { topics: None, ..Default::default() };
    assert_eq!(encode(&everything, 0)[..], [0, 0, 0, 0]);
    assert_eq!(encode(&everything, 1)[..], [0xff, 0xff, 0xff, 0xff]);
    let all_topics = OffsetFetchRequest { topics: None, ..Default::default() };
    assert_eq!(encode(&all_topics, 1)[2..], [0, 0, 0, 0]);
    assert_eq!(encode(&all_topics, 2)[2..], [0xff, 0xff, 0xff, 0xff]);
}

#[test]
fn a_nullable_struct_follows_a_byte_in_its_place_and_a_number_as_a_tagged_field() {
    let none = encode(&ConsumerGroupHeartbeatResponse::default(), 0);
    assert_eq!(none[none.len() - 2..], [0xff, 0]);
    let assignment = Assignment { topic_partitions: vec![TopicPartitions::default()] };
    let some = encode(&ConsumerGroupHeartbeatResponse { assignment: Some(assignment), ..Default::default() }, 0);
    assert_eq!(some[..none.len() - 2], none[..none.len() - 2]);
    // Present, one topic partition of nil id without partitions and tags, no tags, no tags.
    assert_eq!(some[none.len() - 2..], [[1, 2].as_slice(), &[0; 16], &[1, 0, 0, 0]].concat());

    let tagged = |classic_member_metadata| {
        let value = ConsumerGroupMemberMetadataValue { classic_member_metadata, ..Default::default() };
        let bytes = encode(&value, 0);
        assert_eq!(ConsumerGroupMemberMetadataValue::decode(&mut Reader::new(&bytes), 0).unwrap(), value);
        bytes.slice(11..)
    };
    // Kafka leaves out a struct of defaults, and writes a null.
    assert_eq!(tagged(Some(ClassicMemberMetadata::default()))[..], [0]);
    assert_eq!(tagged(None)[..], [1, 0, 1, 0]);
    let member = ClassicMemberMetadata { session_timeout_ms: 5, ..Default::default() };
    assert_eq!(tagged(Some(member))[..], [1, 0, 7, 1, 0, 0, 0, 5, 1, 0]);
}

#[test]
fn records_are_empty_rather_than_null_unless_somebody_says_null() {
    use crate::messages::fetch_response::{FetchableTopicResponse, PartitionData};
    let fetch = |partition| {
        let responses = vec![FetchableTopicResponse { partitions: vec![partition], ..Default::default() }];
        encode(&FetchResponse { responses, ..Default::default() }, 4)
    };
    assert!(fetch(PartitionData::default()).ends_with(&[0, 0, 0, 0]));
    assert!(fetch(PartitionData { records: None, ..Default::default() }).ends_with(&[0xff, 0xff, 0xff, 0xff]));
}

#[test]
fn the_length_of_a_tagged_field_counts_chunks_and_moves_them() {
    let long = Bytes::from(vec![7; 1000]);
    let mut writer = Writer::new();
    writer.shared(&long);
    let tags = writer.begin_tags();
    writer.tag(tags, 3, |writer| {
        writer.slice(b"ab");
        writer.shared(&long);
        writer.slice(&[1; 200]);
        writer.shared(&long);
    });
    writer.tag(tags, 4, |_| {});
    let chunks = writer.finish().unwrap();
    assert_eq!(chunks.iter().filter(|chunk| chunk.as_ptr() == long.as_ptr()).count(), 3);
    let bytes = Records::from(chunks).into_bytes();
    let mut reader = Reader::new(&bytes);
    reader.slice(1000).unwrap();
    let mut seen = Vec::new();
    let flexible = Format { version: 0, flexible: true };
    reader
        .tags(flexible, |reader, tag| {
            seen.push((tag, reader.slice(reader.remaining_bytes())?.to_vec()));
            Ok(true)
        })
        .unwrap();
    let value = [b"ab", &long[..], &[1; 200], &long[..]].concat();
    assert_eq!(seen, [(3, value), (4, vec![])]);
    assert_eq!(reader.remaining_bytes(), 0);
}

#[test]
fn numbers_of_variable_length_keep_all_32_bits() {
    for value in [0, 1, 127, 128, 16_383, 16_384, 0x0fff_ffff, 0x1000_0000, u32::MAX] {
        let mut writer = Writer::new();
        writer.uvarint(value);
        let bytes = writer.finish_in_one().unwrap();
        assert_eq!(Reader::new(&bytes).uvarint(), Ok(value));
        assert_eq!(bytes.len(), (32 - value.leading_zeros()).div_ceil(7).max(1) as usize);
    }
}
