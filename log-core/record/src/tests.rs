//! The crate as a whole: a batch written by hand from Kafka's protocol guide, round trips over all codecs and attributes, and hostile bytes.

use crate::control::{ControlType, end_marker};
use crate::{BATCH_HEADER_BYTES, BatchBuilder, DecompressionLimit, Error, Header, Record, RecordBatch};
use bytes::{Bytes, BytesMut};
use log_model::{CompressionType, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TimestampType};
use proptest::prelude::*;

const CODECS: [CompressionType; 5] =
    [CompressionType::None, CompressionType::Gzip, CompressionType::Snappy, CompressionType::Lz4, CompressionType::Zstd];

/// Base offset 1234, leader epoch 5, producer 9 of epoch 1 from sequence 40, three records. Put together field by field from the protocol
/// guide by another program, with a CRC-32C of its own (checked against the value of "123456789", e3069283).
const FIXTURE: &str = "
    00000000000004d200000064000000050209111ab90000000000020000018bcf
    e568000000018bcfe568960000000000000009000100000028000000031a0000
    00046b310a68656c6c6f003600ac0202010a776f726c64040a74726163650237
    0a74726163650110000104046b310100
";

fn fixture() -> Bytes {
    let digits: Vec<u8> = FIXTURE.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn fixture_records() -> Vec<Record> {
    let text = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    let header = |value| Header { key: Bytes::from_static(b"trace"), value };
    vec![
        Record::new(Timestamp(1_700_000_000_000), text("k1"), text("hello")),
        Record { headers: vec![header(text("7")), header(None)], ..Record::new(Timestamp(1_700_000_000_150), None, text("world")) },
        Record::new(Timestamp(1_699_999_999_999), text("k1"), None),
    ]
}

fn built(codec: CompressionType, records: &[Record]) -> RecordBatch {
    let mut builder = BatchBuilder::new(codec);
    records.iter().for_each(|record| builder.append(record).unwrap());
    builder.build()
}

fn read(batch: &RecordBatch) -> Vec<Record> {
    batch.records().unwrap().map(|record| record.unwrap().record).collect()
}

#[test]
fn a_batch_written_by_hand_is_read() {
    let batch = RecordBatch::parse(fixture()).unwrap();
    assert_eq!((batch.base_offset(), batch.last_offset(), batch.next_offset()), (Offset(1234), Offset(1236), Offset(1237)));
    assert_eq!((batch.leader_epoch(), batch.record_count(), batch.last_offset_delta()), (LeaderEpoch(5), 3, 2));
    assert_eq!((batch.producer_id(), batch.producer_epoch()), (ProducerId(9), ProducerEpoch(1)));
    assert_eq!((batch.base_sequence(), batch.last_sequence()), (Sequence(40), Sequence(42)));
    assert_eq!((batch.base_timestamp().0, batch.max_timestamp().0), (1_700_000_000_000, 1_700_000_000_150));
    assert_eq!(read(&batch), fixture_records());
}

#[test]
fn the_builder_writes_the_same_bytes() {
    let batch = built(CompressionType::None, &fixture_records())
        .with_producer(ProducerId(9), ProducerEpoch(1), Sequence(40), false)
        .with_base_offset(Offset(1234), LeaderEpoch(5));
    assert_eq!(batch.as_bytes(), &fixture());
}

#[test]
fn stamping_a_batch_that_nobody_shares_copies_nothing() {
    let batch = built(CompressionType::None, &fixture_records());
    let place = batch.as_bytes().as_ptr();
    let batch = batch.with_producer(ProducerId(1), ProducerEpoch(0), Sequence(0), false).with_base_offset(Offset(7), LeaderEpoch(0));
    assert_eq!(batch.as_bytes().as_ptr(), place);
    let shared = batch.clone();
    let moved = batch.with_base_offset(Offset(8), LeaderEpoch(0));
    assert_eq!((shared.base_offset(), moved.base_offset()), (Offset(7), Offset(8)));
}

#[test]
fn keys_and_values_of_a_plain_batch_are_slices_of_it() {
    let batch = built(CompressionType::None, &fixture_records());
    let range = batch.as_bytes().as_ptr_range();
    let first = batch.records().unwrap().next().unwrap().unwrap();
    assert!(range.contains(&first.value.as_ref().unwrap().as_ptr()));
}

#[test]
fn log_append_time_is_the_time_of_every_record() {
    let batch = built(CompressionType::Zstd, &fixture_records()).with_max_timestamp(TimestampType::LogAppendTime, Timestamp(77));
    let batch = RecordBatch::parse(batch.as_bytes().clone()).unwrap();
    assert!(read(&batch).iter().all(|record| record.timestamp == Timestamp(77)));
}

#[test]
fn a_run_of_batches_is_split_and_its_cut_off_tail_left() {
    let one = built(CompressionType::None, &fixture_records());
    let mut run = BytesMut::new();
    for offset in [0, 3] {
        run.extend_from_slice(one.clone().with_base_offset(Offset(offset), LeaderEpoch(0)).as_bytes());
    }
    run.extend_from_slice(&one.as_bytes()[..one.size_bytes() - 1]);
    let mut run = run.freeze();
    assert_eq!(RecordBatch::split(&mut run).unwrap().unwrap().base_offset(), Offset(0));
    assert_eq!(RecordBatch::split(&mut run).unwrap().unwrap().base_offset(), Offset(3));
    assert_eq!(RecordBatch::split(&mut run).unwrap(), None);
    assert_eq!(run.len(), one.size_bytes() - 1);
}

#[test]
fn damage_is_told_by_its_kind() {
    let good = fixture();
    let changed = |at: usize, byte: u8| {
        let mut bytes = BytesMut::from(&good[..]);
        bytes[at] = byte;
        RecordBatch::parse(bytes.freeze()).unwrap_err()
    };
    assert_eq!(changed(16, 1), Error::Magic { found: 1 });
    assert!(matches!(changed(70, 0xee), Error::Checksum { base_offset: 1234, .. }));
    assert!(matches!(changed(8, 0x80), Error::Malformed { .. }), "negative length");
    assert!(matches!(changed(0, 0x80), Error::Malformed { .. }), "negative offset");
    assert!(matches!(changed(57, 0x7f), Error::Checksum { base_offset: 1234, .. }), "a count that nobody meant");
    let mut sealed = BytesMut::from(&good[..]);
    sealed[57] = 0x7f;
    let crc = crc_fast::crc32_iscsi(&sealed[21..]);
    sealed[17..21].copy_from_slice(&crc.to_be_bytes());
    assert!(matches!(RecordBatch::parse(sealed.freeze()).unwrap_err(), Error::Malformed { .. }), "more records than offsets");
    assert!(matches!(changed(11, 0xff), Error::Truncated { .. }), "longer than its bytes");
    assert_eq!(RecordBatch::parse(good.slice(..60)).unwrap_err(), Error::Truncated { needed: 61, available: 60 });
    assert!(matches!(RecordBatch::parse([&good[..], b"x"].concat().into()).unwrap_err(), Error::Malformed { .. }));
}

#[test]
fn every_flipped_bit_under_the_checksum_is_found() {
    let good = fixture();
    for bit in (17 * 8)..(good.len() * 8) {
        let mut bytes = BytesMut::from(&good[..]);
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(RecordBatch::parse(bytes.freeze()).is_err(), "bit {bit}");
    }
}

#[test]
fn a_batch_that_shrinks_too_well_is_stored_plain_and_stays_readable() {
    let record = Record::new(Timestamp(0), None, Some(Bytes::from(vec![0; 40 << 20])));
    let batch = built(CompressionType::Zstd, std::slice::from_ref(&record));
    assert_eq!(batch.compression(), CompressionType::None);
    assert_eq!(read(&batch), [record]);
}

#[test]
fn a_reader_may_set_a_lower_limit() {
    let batch = built(CompressionType::Gzip, &[Record::new(Timestamp(0), None, Some(Bytes::from(vec![0; 100_000])))]);
    let limit = DecompressionLimit { bytes_max: 50_000, ..DecompressionLimit::default() };
    assert!(matches!(batch.records_within(limit), Err(Error::TooLarge { limit_bytes: 50_000, .. })));
}

#[test]
fn a_record_beyond_the_limit_leaves_the_builder_as_it_was() {
    let mut builder = BatchBuilder::new(CompressionType::None);
    builder.append_parts(Timestamp(0), None, Some(b"small"), &[]).unwrap();
    let before = builder.size_bytes();
    let large = vec![0; crate::BATCH_BYTES_MAX];
    assert!(matches!(builder.append_parts(Timestamp(0), None, Some(&large), &[]), Err(Error::TooLarge { .. })));
    assert_eq!((builder.len(), builder.size_bytes()), (1, before));
    assert_eq!(read(&builder.build()).len(), 1);
}

#[test]
fn compaction_keeps_offsets_sequences_and_the_last_offset() {
    for codec in CODECS {
        let batch = built(codec, &fixture_records())
            .with_producer(ProducerId(9), ProducerEpoch(1), Sequence(40), false)
            .with_base_offset(Offset(1234), LeaderEpoch(5));
        let all = batch.retain(None, |_| true).unwrap();
        assert_eq!((all.batch.as_bytes(), all.kept, all.removed), (batch.as_bytes(), 3, 0));
        let some = batch.retain(Some(Timestamp(99)), |record| record.key.is_some()).unwrap();
        let some = RecordBatch::parse(some.batch.as_bytes().clone()).unwrap();
        assert_eq!((some.base_offset(), some.last_offset(), some.record_count()), (Offset(1234), Offset(1236), 2));
        assert_eq!((some.producer_id(), some.base_sequence(), some.last_sequence()), (ProducerId(9), Sequence(40), Sequence(42)));
        assert_eq!(some.delete_horizon(), Some(Timestamp(99)));
        let offsets: Vec<Offset> = some.records().unwrap().map(|record| record.unwrap().offset).collect();
        assert_eq!(offsets, [Offset(1234), Offset(1236)]);
        assert_eq!(read(&some), [fixture_records().remove(0), fixture_records().remove(2)]);
        let none = some.retain(None, |_| false).unwrap();
        let none = RecordBatch::parse(none.batch.as_bytes().clone()).unwrap();
        assert_eq!((none.record_count(), none.next_offset(), none.delete_horizon()), (0, Offset(1237), Some(Timestamp(99))));
        assert_eq!(read(&none), []);
    }
}

fn any_bytes(max: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from)
}

fn any_record() -> impl Strategy<Value = Record> {
    let header = (any_bytes(12), prop::option::of(any_bytes(20))).prop_map(|(key, value)| Header { key, value });
    (any::<i64>(), prop::option::of(any_bytes(40)), prop::option::of(any_bytes(300)), prop::collection::vec(header, 0..4))
        .prop_map(|(timestamp, key, value, headers)| Record { timestamp: Timestamp(timestamp), key, value, headers })
}

fn any_batch() -> impl Strategy<Value = (Vec<Record>, RecordBatch)> {
    let stamps = (any::<u32>(), 0..i64::MAX / 2, any::<i16>(), 0..i32::MAX, any::<bool>());
    (prop::collection::vec(any_record(), 1..20), prop::sample::select(CODECS.to_vec()), stamps).prop_map(|(records, codec, stamps)| {
        let (epoch, offset, producer_epoch, sequence, transactional) = stamps;
        let batch = built(codec, &records)
            .with_producer(ProducerId(offset / 3), ProducerEpoch(producer_epoch), Sequence(sequence), transactional)
            .with_base_offset(Offset(offset), LeaderEpoch(epoch as i32));
        (records, batch)
    })
}

/// Walks as far as the bytes allow, both ways.
fn walk(batch: &RecordBatch) {
    let limit = DecompressionLimit { bytes_max: 1 << 20, ..DecompressionLimit::default() };
    if let Ok(records) = batch.records_within(limit) {
        let owned = records.filter(Result::is_ok).count();
        let mut views = batch.records_within(limit).expect("it was decompressed a moment ago");
        let mut seen = 0;
        while let Some(Ok(view)) = views.next_view() {
            seen += 1;
            assert_eq!(view.headers().count(), view.header_count());
        }
        assert_eq!(owned, seen);
    }
}

/// The same bytes with a checksum that fits, so that the damage reaches the walker.
fn resealed(bytes: &[u8]) -> Bytes {
    let mut bytes = BytesMut::from(bytes);
    crate::batch::seal(&mut bytes);
    bytes.freeze()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn batches_round_trip((records, batch) in any_batch()) {
        let parsed = RecordBatch::parse(batch.as_bytes().clone()).unwrap();
        prop_assert_eq!(read(&parsed), records.clone());
        prop_assert_eq!(parsed.header(), batch.header());
        prop_assert_eq!(parsed.record_count() as usize, records.len());
        prop_assert_eq!(parsed.max_timestamp(), records.iter().map(|record| record.timestamp).max().unwrap());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in any_bytes(400)) {
        let _ = RecordBatch::parse(bytes.clone()).map(|batch| walk(&batch));
        let mut run = bytes;
        while let Ok(Some(batch)) = RecordBatch::split(&mut run) {
            walk(&batch);
        }
    }

    #[test]
    fn damaged_batches_with_a_fitting_checksum_never_panic(
        (_, batch) in any_batch(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = batch.as_bytes().to_vec();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            if at != 16 {
                bytes[at] = byte;
            }
        }
        let _ = RecordBatch::parse(resealed(&bytes)).map(|batch| walk(&batch));
        let keep = BATCH_HEADER_BYTES + cut.index(bytes.len() - BATCH_HEADER_BYTES + 1);
        let _ = RecordBatch::parse(resealed(&bytes[..keep])).map(|batch| walk(&batch));
    }

    #[test]
    fn truncated_batches_are_refused((_, batch) in any_batch(), cut in any::<prop::sample::Index>()) {
        let keep = cut.index(batch.size_bytes());
        prop_assert!(RecordBatch::parse(batch.as_bytes().slice(..keep)).is_err());
    }

    #[test]
    fn markers_are_control_batches(id in 0..i64::MAX, epoch in 0..i16::MAX, commit in any::<bool>()) {
        let kind = if commit { ControlType::Commit } else { ControlType::Abort };
        let marker = end_marker(kind, (ProducerId(id), ProducerEpoch(epoch)), Timestamp(1), 0);
        let parsed = RecordBatch::parse(marker.as_bytes().clone()).unwrap();
        prop_assert!(parsed.is_control());
        prop_assert_eq!(parsed.base_sequence(), Sequence::NONE);
    }
}
