//! The core of a task driven by hand.

use super::{CollectedOutput, CollectedRecord, TaskCore};
use crate::testing::{Steps, cause, topic};
use crate::topology::{StoreKind, Topology};
use crate::{ConsumedRecord, DropReason, Error};
use bytes::Bytes;
use log_model::{Offset, Timestamp};
use proptest::prelude::*;

fn record(offset: i64, key: &str, value: &str, time: i64) -> ConsumedRecord {
    let bytes = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
    let key = if key.is_empty() { None } else { bytes(key) };
    ConsumedRecord { offset: Offset(offset), timestamp: Timestamp(time), key, value: bytes(value), headers: vec![] }
}

/// Two topics merged into a count.
fn merged_count() -> Topology {
    let mut steps = Steps::default();
    let left = steps.source("left", &["a"], Some("dead"));
    let right = steps.source("right", &["b"], None);
    let store = steps.store("counts", StoreKind::Memory);
    let counted = steps.operator("count", "rows", &[store], &[left, right]);
    steps.sink("out", counted);
    steps.0.build().unwrap()
}

fn windows() -> Topology {
    let mut steps = Steps::default();
    let source = steps.source("in", &["a"], None);
    let timed = steps.operator("watermark", "5", &[], &[source]);
    let store = steps.store("windows", StoreKind::Memory);
    let closed = steps.operator("windows", "10", &[store], &[timed]);
    steps.sink("out", closed);
    steps.0.build().unwrap()
}

fn core_of(topology: &Topology) -> (TaskCore, CollectedOutput) {
    let core = TaskCore::in_memory(topology, 0).unwrap();
    let out = CollectedOutput::new(core.output_topics());
    (core, out)
}

fn text(records: &[CollectedRecord], name: &str) -> Vec<String> {
    let of = |bytes: &Option<Bytes>| bytes.as_ref().map_or("-".to_string(), |bytes| String::from_utf8_lossy(bytes).into_owned());
    records
        .iter()
        .filter(|record| record.topic == topic(name))
        .map(|record| format!("{} {} @{}", of(&record.key), of(&record.value), record.timestamp))
        .collect()
}

#[test]
fn records_are_taken_in_the_order_of_time_across_partitions() {
    let (mut core, mut out) = core_of(&merged_count());
    let (a, b) = (topic("a").partition(0), topic("b").partition(0));
    core.feed(&a, vec![record(0, "k", "", 1), record(1, "k", "", 9), record(2, "k", "", 2)]).unwrap();
    core.feed(&b, vec![record(0, "k", "", 1), record(1, "k", "", 3), record(2, "k", "", 9)]).unwrap();
    assert_eq!(core.run(&mut out).unwrap(), 6);
    assert_eq!(text(&out.take(), "out"), ["k 1 @1", "k 2 @1", "k 3 @3", "k 4 @9", "k 5 @2", "k 6 @9"]);
    assert_eq!(core.stream_time(), Timestamp(9));
    assert!(core.offsets().all(|(_, offset)| offset == Offset(3)));
}

#[test]
fn an_empty_partition_is_waited_for_unless_the_log_has_no_more_of_it() {
    let (mut core, mut out) = core_of(&merged_count());
    let (a, b) = (topic("a").partition(0), topic("b").partition(0));
    core.feed(&a, vec![record(0, "k", "", 1)]).unwrap();
    core.set_fetch_state(&b, Offset(0), false).unwrap();
    assert_eq!(core.step(&mut out).unwrap(), None);
    assert!(!core.is_idle());
    core.set_fetch_state(&b, Offset(7), true).unwrap();
    assert_eq!(core.step(&mut out).unwrap(), Some(1));
    assert!(core.is_idle());
    assert!(core.offsets().any(|(partition, offset)| *partition == b && offset == Offset(7)), "what is never shown is behind it");
}

#[test]
fn a_record_that_does_not_decode_goes_to_the_dead_letter_topic_with_its_origin() {
    let (mut core, mut out) = core_of(&merged_count());
    let a = topic("a").partition(0);
    core.feed(&a, vec![record(4, "k", "bad", 1), record(5, "k", "good", 2), record(6, "", "no key", 3)]).unwrap();
    core.run(&mut out).unwrap();
    let written = out.take();
    assert_eq!(text(&written, "out"), ["k 1 @2"]);
    assert_eq!(text(&written, "dead"), ["k bad @1"]);
    let headers: Vec<(String, String)> = written[1]
        .headers
        .iter()
        .chain(&written[0].headers)
        .map(|header| {
            let text = |bytes: &Bytes| String::from_utf8(bytes.to_vec()).unwrap();
            (text(&header.key), text(header.value.as_ref().unwrap()))
        })
        .collect();
    let header = |name: &str| headers.iter().find(|(key, _)| key == &format!("__streams.errors.{name}")).map(|(_, value)| value.as_str());
    assert_eq!(header("message"), Some("the value is bad"));
    assert_eq!((header("topic"), header("partition"), header("offset")), (Some("a"), Some("0"), Some("4")));
    let counters = core.counters();
    assert_eq!(counters.dead_letters, 1);
    let dropped = |reason: DropReason| {
        let index = DropReason::ALL.iter().position(|known| *known == reason).unwrap();
        counters.nodes.iter().map(|node| node.drops[index]).sum::<u64>()
    };
    assert_eq!((dropped(DropReason::DeadLettered), dropped(DropReason::NullKey)), (1, 1));
}

#[test]
fn without_a_dead_letter_topic_such_a_record_fails_the_task_and_says_where_it_is() {
    let (mut core, mut out) = core_of(&merged_count());
    core.feed(&topic("b").partition(0), vec![record(4, "k", "bad", 1)]).unwrap();
    let error = core.run(&mut out).unwrap_err();
    assert!(matches!(cause(&error), Error::Undeliverable { .. }), "{error}");
    assert!(error.to_string().starts_with("record b-0@4 cannot be processed: the value is bad; name a dead-letter topic"), "{error}");
}

#[test]
fn windows_close_when_the_watermark_passes_and_late_rows_are_counted() {
    let (mut core, mut out) = core_of(&windows());
    let a = topic("a").partition(0);
    for (offset, time, emitted) in
        [(0, 3, vec![]), (1, 14, vec![]), (2, 9, vec![]), (3, 15, vec!["k 0=2 @0"]), (4, 9, vec![]), (5, 31, vec!["k 10=2 @10"])]
    {
        core.feed(&a, vec![record(offset, "k", "", time)]).unwrap();
        core.run(&mut out).unwrap();
        assert_eq!(text(&out.take(), "out"), emitted, "after {time}");
    }
    assert_eq!(core.counters().nodes[2].drops[2], 1, "the row at 9 came after the window to 10 was closed");
    assert_eq!(core.open_until(), Some(Timestamp(40)));
    core.advance_to(Timestamp(40), &mut out).unwrap();
    assert_eq!(text(&out.take(), "out"), ["k 30=1 @30"]);
    assert_eq!((core.open_until(), core.watermark()), (None, Timestamp(40)));
}

#[test]
fn time_and_watermarks_survive_in_the_metadata_of_offsets() {
    let topology = windows();
    let (mut core, mut out) = core_of(&topology);
    let a = topic("a").partition(0);
    core.feed(&a, vec![record(0, "k", "", 25)]).unwrap();
    core.run(&mut out).unwrap();
    let saved = core.positions();
    let (mut again, mut out) = core_of(&topology);
    for (partition, offset, metadata) in &saved {
        again.resume(partition, *offset, metadata).unwrap();
    }
    again.open().unwrap();
    assert_eq!((again.stream_time(), again.watermark()), (Timestamp(25), Timestamp(20)));
    again.feed(&a, vec![record(1, "k", "", 9)]).unwrap();
    again.run(&mut out).unwrap();
    assert_eq!(again.counters().nodes[2].drops[2], 1, "late before the restart is late after it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_emitted_does_not_depend_on_the_batches(
        rows in proptest::collection::vec((0u8..3, 0i64..40, any::<bool>()), 1..40),
        cuts in proptest::collection::vec(1usize..9, 1..6),
    ) {
        let (mut whole, mut whole_out) = core_of(&merged_count());
        let (mut cut, mut cut_out) = core_of(&merged_count());
        let partitions = [topic("a").partition(0), topic("b").partition(0)];
        for (side, partition) in partitions.iter().enumerate() {
            let mine = rows.iter().filter(|(_, _, left)| *left == (side == 0));
            let mine: Vec<_> = mine.enumerate().map(|(offset, (key, time, _))| record(offset as i64, &key.to_string(), "", *time)).collect();
            whole.feed(partition, mine.clone()).unwrap();
            let mut rest = &mine[..];
            for size in cuts.iter().cycle() {
                let (now, later) = rest.split_at(rest.len().min(*size));
                cut.feed(partition, now.to_vec()).unwrap();
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
        }
        whole.run(&mut whole_out).unwrap();
        cut.run(&mut cut_out).unwrap();
        prop_assert_eq!(whole_out.take(), cut_out.take());
    }
}
