//! What a directory looks like while it is open and once it is closed.

use crate::model::{PATH, numbered_batch, open, read_log, values};
use log_env::{Disk, OpenMode, SimDisk};
use log_model::{FlushMode, TopicConfig, TopicId, TopicName, TopicPartition};
use std::path::Path;
use uuid::Uuid;

const PARTITIONS: i32 = 5;

fn partition(index: i32) -> TopicPartition {
    TopicName::new("t").unwrap().partition(index)
}

fn file_bytes(disk: &SimDisk, index: i32) -> u64 {
    let path = Path::new(PATH).join("topics").join(partition(index).to_string()).join(format!("{:020}.log", 0));
    disk.open(&path, OpenMode::Read).unwrap().length_bytes().unwrap()
}

#[test]
fn files_have_room_while_they_are_written_and_none_when_the_directory_is_closed() {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    let config = TopicConfig { segment_bytes: 25_600, flush: FlushMode::Os, ..TopicConfig::default() };
    directory.create_partitions(&partition(0).topic, 0..PARTITIONS, TopicId(Uuid::from_u128(1)), &config).unwrap();
    for number in 0..30 {
        for index in 0..PARTITIONS {
            directory.append_os(&partition(index), numbered_batch(number), 0).unwrap();
        }
    }
    let size_bytes = |index| directory.info(&partition(index)).unwrap().size_bytes;
    for index in 0..PARTITIONS {
        assert_eq!(file_bytes(&disk, index), size_bytes(index).next_multiple_of(400));
    }
    let expected: Vec<u64> = (0..PARTITIONS).map(size_bytes).collect();
    assert!(!expected[0].is_multiple_of(400), "there is room");
    directory.close().unwrap();
    drop(directory);
    assert_eq!((0..PARTITIONS).map(|index| file_bytes(&disk, index)).collect::<Vec<_>>(), expected);
    let directory = open(&disk).unwrap();
    assert_eq!(values(&read_log(&directory, &partition(0)).unwrap()), (0..30).collect::<Vec<_>>());
}
