//! Directories that earlier programs wrote open for ever.
//!
//! ```text
//! fixtures/version-1.txt      one line a file:  path  length  hexadecimal bytes, without the zeros at the end
//! ```
//! It holds two topics below a checkpoint and, in the journal beyond it: batches of both, deleted records, a changed configuration, a topic
//! made and a topic deleted. The process was killed. A change of any format makes a new fixture; this one stays.

use crate::model::{PATH, open, read_log, values};
use log_env::{Disk, OpenMode, SimDisk};
use log_model::{CleanupPolicy, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicName, TopicPartition};
use std::path::Path;

const VERSION_1: &str = include_str!("fixtures/version-1.txt");

fn load(fixture: &str) -> SimDisk {
    let disk = SimDisk::new();
    for line in fixture.lines() {
        let [path, length, hex] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line:?} is not a file") };
        let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let path = Path::new(path);
        disk.create_dir_all(path.parent().unwrap()).unwrap();
        let file = disk.open(path, OpenMode::CreateNew).unwrap();
        file.write_at(&bytes, 0).unwrap();
        file.set_length(length.parse().unwrap()).unwrap();
    }
    disk.copy()
}

fn partition(topic: &str, index: i32) -> TopicPartition {
    TopicName::new(topic).unwrap().partition(index)
}

#[test]
fn version_1_is_read() {
    let disk = load(VERSION_1);
    assert!(disk.files().contains(&Path::new(PATH).join("checkpoint")));
    for round in 0..2 {
        let directory = open(&disk).unwrap();
        let names: Vec<_> = directory.partitions().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["late-0", "latest-0", "orders-0", "orders-1"]);
        let first = read_log(&directory, &partition("orders", 0)).unwrap();
        assert_eq!((first.log_start, values(&first)), (Offset(2), (2..14).collect::<Vec<_>>()));
        assert_eq!(values(&read_log(&directory, &partition("orders", 1)).unwrap()), [100, 101]);
        assert_eq!(values(&read_log(&directory, &partition("late", 0)).unwrap()), [7]);
        let config = directory.info(&partition("orders", 1)).unwrap().config;
        assert_eq!((config.retention_ms, config.segment_bytes), (-1, 2000));
        let latest = directory.info(&partition("latest", 0)).unwrap().config;
        assert_eq!((latest.cleanup_policy, latest.retention_ms), (CleanupPolicy::Compact, 86_400_000));
        let found = directory.find_by_timestamp(&partition("orders", 0), Timestamp(9)).unwrap().unwrap();
        assert_eq!(found.offset, Offset(9));
        // Its producer is known.
        let stored = directory.read(&partition("latest", 0), Offset(4), 1 << 20, log_storage::Isolation::ReadCommitted).unwrap();
        let batch = stored.batches.last().unwrap().clone();
        assert_eq!((batch.producer_id(), batch.producer_epoch(), batch.base_sequence()), (ProducerId(5), ProducerEpoch(1), Sequence(4)));
        let again = directory.stage(vec![(partition("latest", 0), vec![batch])], 0).unwrap();
        assert!(again.results[0].1.is_duplicate, "round {round}");
        directory.close().unwrap();
    }
}
