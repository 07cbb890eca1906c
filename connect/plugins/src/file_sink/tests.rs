//! Whole lives of a file sink: rotation, restart at every point, refusals, leftovers, the manifest.

use super::{FileName, FileSinkTask, MANIFEST};
use crate::{csv_file_sink, json_file_sink};
use connect_api::{
    Data, Error, Offset, Plugin, PluginFactory, Rejected, SinkContext, SinkOffsets, SinkRecord, SinkTask, TopicName, TopicPartition, Value,
};
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

fn partition() -> TopicPartition {
    TopicName::new("my-topic").unwrap().partition(3)
}

fn record(offset: i64) -> SinkRecord {
    let value = Value::Map(vec![(Value::from("n"), Value::Int64(offset)), (Value::from("t"), Value::from("a,\"b\"\nc"))]);
    SinkRecord {
        partition: partition(),
        offset: Offset(offset),
        timestamp: (1000 + offset).into(),
        key: Data::null(),
        value: Data::schemaless(value),
        headers: Vec::new(),
    }
}

fn start(plugin: &Plugin, directory: &Path, options: &[(&str, &str)]) -> Box<dyn SinkTask> {
    let mut entries: BTreeMap<String, String> = options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    entries.insert("directory".into(), directory.to_str().unwrap().into());
    let PluginFactory::Sink(make) = &plugin.factory else { unreachable!("it is a sink") };
    let mut task = make().task();
    block_on(task.start(&plugin.config.parse(&entries).unwrap(), SinkContext::default())).unwrap();
    task
}

fn open(task: &mut Box<dyn SinkTask>) -> i64 {
    block_on(task.open(&[partition()])).unwrap().get(&partition()).map_or(0, |offset| offset.0)
}

fn put(task: &mut Box<dyn SinkTask>, offsets: std::ops::Range<i64>) -> Vec<Rejected> {
    block_on(task.put(&offsets.map(record).collect::<Vec<_>>())).unwrap()
}

fn at(offset: i64) -> SinkOffsets {
    SinkOffsets::from([(partition(), Offset(offset))])
}

fn files(directory: &Path, extension: &str) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| FileName::parse(name, extension).is_some());
    names.sort();
    names
}

/// The numbers in all finished JSON files, in the order of their names.
fn numbers(directory: &Path) -> Vec<i64> {
    let text: String = files(directory, "jsonl").iter().map(|name| std::fs::read_to_string(directory.join(name)).unwrap()).collect();
    text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["n"].as_i64().unwrap()).collect()
}

fn manifest(directory: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(directory.join(MANIFEST)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn files_are_finished_when_due_and_named_by_their_offsets() {
    let directory = tempfile::tempdir().unwrap();
    let mut task = start(&json_file_sink::plugin(), directory.path(), &[("flush.size", "4")]);
    assert_eq!(open(&mut task), 0);
    put(&mut task, 0..10);
    assert_eq!(block_on(task.pre_commit(&at(10))).unwrap(), at(8));
    assert_eq!(files(directory.path(), "jsonl"), ["my-topic-3-0000000000-0000000003.jsonl", "my-topic-3-0000000004-0000000007.jsonl"]);
    assert!(directory.path().join("my-topic-3-0000000008.jsonl.inprogress").exists());
    assert_eq!(block_on(task.flush(&at(10))).unwrap(), at(10));
    assert_eq!(numbers(directory.path()), (0..10).collect::<Vec<_>>());
    let manifest = manifest(directory.path());
    assert_eq!(manifest.len(), 3);
    assert_eq!((&manifest[1]["first_offset"], &manifest[1]["rows"], &manifest[1]["max_timestamp"]), (&4.into(), &4.into(), &1007.into()));
    let bytes = std::fs::read(directory.path().join("my-topic-3-0000000004-0000000007.jsonl")).unwrap();
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, &bytes);
    assert_eq!((&manifest[1]["bytes"], &manifest[1]["crc32"]), (&bytes.len().into(), &format!("{crc:08x}").into()));
}

#[test]
fn record_time_and_size_end_a_file_too() {
    for options in [[("rotate.interval.ms", "3")], [("file.max.bytes", "60")]] {
        let directory = tempfile::tempdir().unwrap();
        let mut task = start(&json_file_sink::plugin(), directory.path(), &options);
        open(&mut task);
        put(&mut task, 0..9);
        block_on(task.flush(&at(9))).unwrap();
        assert_eq!(numbers(directory.path()), (0..9).collect::<Vec<_>>());
        assert!(files(directory.path(), "jsonl").len() >= 3, "{options:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    let mut task = start(&json_file_sink::plugin(), directory.path(), &[("rotate.schedule.interval.ms", "0")]);
    open(&mut task);
    put(&mut task, 0..2);
    assert_eq!(block_on(task.pre_commit(&at(2))).unwrap(), at(2));
}

#[test]
fn a_second_writer_of_a_partition_is_refused_and_leftovers_go_on_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut task = start(&json_file_sink::plugin(), directory.path(), &[("flush.size", "4")]);
    open(&mut task);
    put(&mut task, 0..6);
    let mut second = start(&json_file_sink::plugin(), directory.path(), &[]);
    let error = block_on(second.open(&[partition()])).unwrap_err();
    assert!(error.to_string().contains("another sink writes my-topic-3 into"), "{error}");
    drop(task);
    assert_eq!(open(&mut second), 4);
    assert!(!directory.path().join("my-topic-3-0000000004.jsonl.inprogress").exists());
}

#[test]
fn a_lost_manifest_is_written_again_from_the_files() {
    for (plugin, extension) in [(json_file_sink::plugin(), "jsonl"), (csv_file_sink::plugin(), "csv")] {
        let directory = tempfile::tempdir().unwrap();
        let mut task = start(&plugin, directory.path(), &[("flush.size", "3")]);
        open(&mut task);
        put(&mut task, 0..7);
        block_on(task.flush(&at(7))).unwrap();
        drop(task);
        let before = manifest(directory.path());
        std::fs::remove_file(directory.path().join(MANIFEST)).unwrap();
        assert_eq!(open(&mut start(&plugin, directory.path(), &[])), 7);
        let after = manifest(directory.path());
        assert_eq!(files(directory.path(), extension).len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            for field in ["file", "rows", "bytes", "crc32", "first_offset", "last_offset"] {
                assert_eq!(before[field], after[field], "{field}");
            }
        }
    }
}

#[test]
fn null_values_follow_their_option() {
    let null = || SinkRecord { value: Data::null(), ..record(1) };
    for (option, rejected, lines) in [("fail", 1, 2), ("ignore", 0, 2), ("write", 0, 3)] {
        let directory = tempfile::tempdir().unwrap();
        let mut task = start(&json_file_sink::plugin(), directory.path(), &[("behavior.on.null.values", option)]);
        open(&mut task);
        let found = block_on(task.put(&[record(0), null(), record(2)])).unwrap();
        assert_eq!(found.len(), rejected, "{option}");
        assert_eq!(block_on(task.flush(&at(3))).unwrap(), at(3));
        let text = std::fs::read_to_string(directory.path().join("my-topic-3-0000000000-0000000002.jsonl")).unwrap();
        assert_eq!(text.lines().count(), lines, "{option}");
    }
}

#[test]
fn a_directory_that_cannot_be_used_is_a_clear_error() {
    let plugin = json_file_sink::plugin();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let cases =
        [(directory.path().join("no/such"), "neither it nor its parent exists; create it"), (file.clone(), "it is not a directory")];
    for (path, reason) in cases {
        let path = path.to_str().unwrap();
        let config = plugin.config.parse(&[("directory", path)]).unwrap();
        let PluginFactory::Sink(make) = &plugin.factory else { unreachable!("it is a sink") };
        let errors = make().validate(&config);
        assert_eq!(errors[0].to_string(), format!("invalid value {path:?} for option directory: {reason}"));
        let mut task = make().task();
        let error = block_on(task.start(&config, SinkContext::default())).unwrap_err();
        assert!(matches!(&error, Error::Outside { place, .. } if place == path), "{error}");
    }
    let fresh = directory.path().join("fresh");
    start(&plugin, &fresh, &[]);
    assert!(fresh.is_dir());
}

#[test]
fn a_task_used_before_its_start_says_so() {
    let mut task = FileSinkTask::new(|_| unreachable!("it is never started"));
    assert!(matches!(block_on(task.open(&[])), Err(Error::Bug { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Deliveries of any size, commits, and deaths between any two calls: every record stands in exactly one finished file.
    #[test]
    fn every_record_stands_in_one_file_however_often_the_task_dies(
        steps in prop::collection::vec((0u8..4, 1i64..8), 1..40),
        flush_size in 1u8..6,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let size = flush_size.to_string();
        let begin = || start(&json_file_sink::plugin(), directory.path(), &[("flush.size", &size)]);
        let mut task = begin();
        let mut next = open(&mut task);
        for (kind, count) in steps {
            match kind {
                // Some of it comes twice, as after a call that was repeated.
                0 | 1 => {
                    put(&mut task, next..next + count);
                    put(&mut task, next + count / 2..next + count);
                    next += count;
                }
                2 => prop_assert!(block_on(task.pre_commit(&at(next))).unwrap()[&partition()].0 <= next),
                _ => {
                    drop(task);
                    task = begin();
                    next = open(&mut task);
                }
            }
        }
        block_on(task.flush(&at(next))).unwrap();
        prop_assert_eq!(numbers(directory.path()), (0..next).collect::<Vec<_>>());
        prop_assert_eq!(manifest_rows(directory.path()), next);
    }
}

fn manifest_rows(directory: &Path) -> i64 {
    if directory.join(MANIFEST).exists() { manifest(directory).iter().map(|entry| entry["rows"].as_i64().unwrap()).sum() } else { 0 }
}
