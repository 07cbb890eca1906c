//! Keys and values of internal topics with what stands before them.

use crate::Error;
use crate::records::{self, ConsumerProtocolSubscription, GroupMetadataKey, OffsetCommitKey, OffsetCommitValue, TransactionLogKey};
use crate::testing::RECORDS;
use bytes::Bytes;

#[test]
fn a_key_starts_with_its_record_type() {
    let key = OffsetCommitKey { group: "g".into(), topic: "t".into(), partition: 3 };
    let bytes = records::encode_key(&key).unwrap();
    assert_eq!(bytes[..], *b"\0\x01\0\x01g\0\x01t\0\0\0\x03");
    assert_eq!(records::record_type(&bytes), Ok(1));
    assert_eq!(records::decode_key(&bytes), Ok(key));
    assert_eq!(records::decode_key::<GroupMetadataKey<'_>>(&bytes), Err(Error::RecordType { found: 1, expected: 2 }));
    assert!(records::record_type(&Bytes::from_static(&[1])).is_err());
    let transaction = records::encode_key(&TransactionLogKey { transactional_id: "x".into() }).unwrap();
    assert_eq!(transaction[..], *b"\0\0\0\x01x");
}

#[test]
fn a_value_starts_with_its_version() {
    let value = OffsetCommitValue { offset: 9, metadata: "m".into(), commit_timestamp: 4, ..Default::default() };
    for version in 0..=4 {
        let bytes = records::encode_value(&value, version).unwrap();
        assert_eq!(bytes[..2], version.to_be_bytes());
        assert_eq!(records::decode_value::<OffsetCommitValue<'_>>(&bytes), Ok(value.clone()));
    }
    let newer = Bytes::from_static(&[0, 5, 0, 0]);
    assert!(matches!(records::decode_value::<OffsetCommitValue<'_>>(&newer), Err(Error::UnsupportedVersion { version: 5, .. })));
    assert!(records::encode_value(&value, 5).is_err());
}

#[test]
fn a_subscription_of_a_newer_client_is_read_as_our_newest() {
    let subscription = ConsumerProtocolSubscription { topics: vec!["t".into()], rack_id: Some("r".into()), ..Default::default() };
    let bytes = records::encode_value(&subscription, 3).unwrap();
    let newer = Bytes::from([&[0, 9], &bytes[2..], b"what comes later"].concat());
    assert_eq!(records::decode_consumer_protocol::<ConsumerProtocolSubscription<'_>>(&newer), Ok(subscription));
    let negative = Bytes::from_static(&[0xff, 0xff, 0, 0, 0, 0]);
    assert!(records::decode_consumer_protocol::<ConsumerProtocolSubscription<'_>>(&negative).is_err());
}

#[test]
fn keys_and_values_come_in_pairs_of_one_record_type() {
    let typed: Vec<_> = RECORDS.iter().filter(|codec| codec.code.is_some()).collect();
    assert_eq!(typed.len(), 2 * 10);
    for pair in typed.chunks(2) {
        assert_eq!(pair[0].code, pair[1].code);
        assert_eq!(pair[0].name.strip_suffix("Key"), pair[1].name.strip_suffix("Value"));
        assert_eq!((pair[0].versions.first, pair[0].versions.last, pair[0].flexible_from), (0, 0, None), "{}", pair[0].name);
    }
}
