//! A disk that runs full at any point of a file's life: while it is written, when it is finished, when the manifest is. What was told `Full` is told again, and
//! every record stands in one file and every file in the manifest.
//!
//! The files lie on a small file system of the test's own.

use super::{FileName, MANIFEST};
use crate::json_file_sink;
use connect_api::{
    Data, Error, ErrorKind, Offset, PluginFactory, SinkContext, SinkOffsets, SinkRecord, SinkTask, TopicName, TopicPartition, Value,
};
use futures::executor::block_on;
use log_testkit::small_disk;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

const PAGE_BYTES: u64 = 4096;
const RECORDS: i64 = 3000;

/// A file that takes all room but so many pages.
struct Ballast {
    file: File,
    bytes: u64,
}

impl Ballast {
    fn new(path: &Path, room_pages: u64) -> Ballast {
        let mut file = File::create(path).unwrap();
        let mut bytes = 0;
        while file.write_all(&[1; PAGE_BYTES as usize]).is_ok() {
            bytes += PAGE_BYTES;
        }
        let mut ballast = Ballast { file, bytes };
        ballast.shrink(room_pages);
        ballast
    }

    fn shrink(&mut self, pages: u64) {
        self.bytes -= pages * PAGE_BYTES;
        self.file.set_len(self.bytes).unwrap();
    }
}

fn partition() -> TopicPartition {
    TopicName::new("t").unwrap().partition(0)
}

fn record(offset: i64) -> SinkRecord {
    let value = Value::Map(vec![
        (Value::from("n"), Value::Int64(offset)),
        (Value::from("t"), Value::from("some sixty bytes of text beside the number")),
    ]);
    SinkRecord {
        partition: partition(),
        offset: Offset(offset),
        timestamp: 1.into(),
        key: Data::null(),
        value: Data::schemaless(value),
        headers: Vec::new(),
    }
}

/// Repeats a call while the disk is full, making a little room each time; counts how often it was.
fn patiently<T>(ballast: &mut Ballast, full: &mut u64, mut call: impl FnMut() -> Result<T, Error>) -> T {
    loop {
        match call() {
            Ok(answer) => return answer,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Full, "{error}"),
        }
        *full += 1;
        ballast.shrink(1);
    }
}

fn start(directory: &Path) -> Box<dyn SinkTask> {
    let plugin = json_file_sink::plugin();
    let config = plugin.config.parse(&[("directory", directory.to_str().unwrap()), ("flush.size", "40")]).unwrap();
    let PluginFactory::Sink(make) = &plugin.factory else { unreachable!("it is a sink") };
    let mut task = make().task();
    block_on(task.start(&config, SinkContext::default())).unwrap();
    block_on(task.open(&[partition()])).unwrap();
    task
}

#[test]
fn every_record_stands_in_one_file_and_every_file_in_the_manifest_wherever_the_disk_is_full() {
    let test = "file_sink::full_disk::every_record_stands_in_one_file_and_every_file_in_the_manifest_wherever_the_disk_is_full";
    let Some(disk) = small_disk(test, "2m") else { return };
    for room_pages in [0, 1, 2, 3, 5, 8, 13, 21, 34] {
        let directory = disk.join("out");
        let mut task = start(&directory);
        let mut ballast = Ballast::new(&disk.join("ballast"), room_pages);
        let mut full = 0;
        for first in (0..RECORDS).step_by(70) {
            let end = (first + 70).min(RECORDS);
            let records: Vec<_> = (first..end).map(record).collect();
            patiently(&mut ballast, &mut full, || block_on(task.put(&records)));
            let positions = SinkOffsets::from([(partition(), Offset(end))]);
            let safe = patiently(&mut ballast, &mut full, || block_on(task.pre_commit(&positions)));
            assert!(safe[&partition()] <= Offset(end));
        }
        let positions = SinkOffsets::from([(partition(), Offset(RECORDS))]);
        assert_eq!(patiently(&mut ballast, &mut full, || block_on(task.flush(&positions))), positions);
        assert!(full > 10, "the disk was full {full} times");
        drop(task);

        let mut names: Vec<String> =
            fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| FileName::parse(name, "jsonl").is_some());
        names.sort();
        let text: String = names.iter().map(|name| fs::read_to_string(directory.join(name)).unwrap()).collect();
        let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["n"].as_i64().unwrap();
        assert_eq!(text.lines().map(number).collect::<Vec<_>>(), (0..RECORDS).collect::<Vec<_>>());
        let manifest = fs::read_to_string(directory.join(MANIFEST)).unwrap();
        let file = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["file"].as_str().unwrap().to_string();
        assert_eq!(manifest.lines().map(file).collect::<Vec<_>>(), names);
        fs::remove_dir_all(&directory).unwrap();
    }
}
