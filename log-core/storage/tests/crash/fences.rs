//! Damaged and unreadable partitions: they refuse to serve, and nothing they had accepted is lost, nor its offsets given out again.

use crate::model::{OPTIONS, PATH, numbered_batch as batch, open, open_with, read_all, read_log, values};
use log_env::{Disk, Fault, FaultKind, FaultOn, OpenMode, Random, SimDisk, SimRandom};
use log_model::{ErrorKind, FlushMode, Offset, TopicConfig, TopicId, TopicName, TopicPartition};
use log_storage::{DataDirectory, DirectoryOptions, Error, Isolation};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const ID: TopicId = TopicId(Uuid::from_u128(1));

fn partition(index: i32) -> TopicPartition {
    TopicName::new("t").unwrap().partition(index)
}

fn config() -> TopicConfig {
    TopicConfig { segment_bytes: 3000, retention_ms: -1, ..TopicConfig::default() }
}

fn append(directory: &DataDirectory, index: i32, number: u64) -> Result<Offset, Error> {
    let staged = directory.stage(vec![(partition(index), vec![batch(number)])], 0)?;
    assert!(directory.flush()?.lsn >= staged.lsn);
    Ok(staged.results[0].1.base_offset)
}

/// A directory with two partitions of so many records, all below a checkpoint, opened anew so that reads go to the disk.
fn filled(disk: &SimDisk, count: u64) -> DataDirectory {
    let directory = open(disk).unwrap();
    directory.create_partitions(&partition(0).topic, 0..2, ID, &config()).unwrap();
    for number in 0..count {
        append(&directory, 0, number).unwrap();
        append(&directory, 1, number).unwrap();
    }
    directory.close().unwrap();
    drop(directory);
    open(disk).unwrap()
}

fn segments(disk: &SimDisk, index: i32) -> Vec<PathBuf> {
    let folder = Path::new(PATH).join("topics").join(partition(index).to_string());
    disk.files().into_iter().filter(|path| path.starts_with(&folder) && path.extension().is_some_and(|kind| kind == "log")).collect()
}

fn is_fenced(directory: &DataDirectory, index: i32) -> bool {
    directory.info(&partition(index)).unwrap().damage.is_some()
}

fn check_whole(disk: &SimDisk, count: u64) {
    let directory = open(disk).unwrap();
    for index in 0..2 {
        assert_eq!(values(&read_log(&directory, &partition(index)).unwrap()), (0..count).collect::<Vec<_>>(), "partition {index}");
        assert_eq!(append(&directory, index, count).unwrap(), Offset(count as i64));
    }
}

#[test]
fn what_was_accepted_before_damage_is_read_survives_checkpoints_and_restarts() {
    let disk = SimDisk::new();
    drop(filled(&disk, 30));
    // A sync of the whole file system would make durable what nobody asked for.
    let directory = open_with(&disk, DirectoryOptions { sync_each_max: usize::MAX, ..OPTIONS }).unwrap();
    let rotten = segments(&disk, 0)[0].clone();
    disk.flip_bit(&rotten, 3000).unwrap();
    for number in 30..40 {
        append(&directory, 0, number).unwrap();
        append(&directory, 1, number).unwrap();
    }
    // One more is on its way when the damage is found.
    let staged = directory.stage(vec![(partition(0), vec![batch(40)]), (partition(1), vec![batch(40)])], 0).unwrap();
    assert_eq!(directory.read(&partition(0), Offset(0), 1 << 20, Isolation::ReadCommitted).unwrap_err().kind(), ErrorKind::Corrupt);
    assert!(directory.flush().unwrap().lsn >= staged.lsn);
    assert_eq!(append(&directory, 0, 41).unwrap_err().kind(), ErrorKind::Corrupt, "under the fence nothing new is accepted");
    directory.checkpoint().unwrap();
    directory.maintain(0).unwrap();
    for seed in 0..5 {
        let disk = disk.crash(&SimRandom::new(seed));
        let directory = open(&disk).unwrap();
        assert_eq!(directory.info(&partition(0)).unwrap().log_end, Offset(41), "no offset is given out again");
        assert_eq!(directory.read(&partition(0), Offset(0), 1 << 20, Isolation::ReadCommitted).unwrap_err().kind(), ErrorKind::Corrupt);
        drop(directory);
        disk.flip_bit(&rotten, 3000).unwrap();
        check_whole(&disk, 41);
    }
}

/// A directory whose journal has more than its segments, with the active segment of partition 0 cut short. Gives what was cut off.
fn cut_short(disk: &SimDisk) -> (PathBuf, Vec<u8>) {
    let directory = filled(disk, 30);
    for number in 30..40 {
        append(&directory, 0, number).unwrap();
        append(&directory, 1, number).unwrap();
    }
    directory.delete_records(&partition(0), Offset(5)).unwrap();
    drop(directory);
    let active = segments(disk, 0).pop().unwrap();
    let bytes = disk.read_all(&active).unwrap();
    disk.open(&active, OpenMode::Write).unwrap().set_length(10).unwrap();
    (active, bytes)
}

fn restore(disk: &SimDisk, path: &Path, bytes: &[u8]) {
    disk.open(path, OpenMode::Write).unwrap().write_at(bytes, 0).unwrap();
}

fn check_restored(disk: &SimDisk, what: &str) {
    let directory = open(disk).unwrap();
    assert!(!is_fenced(&directory, 0), "{what}: {:?}", directory.info(&partition(0)).unwrap().damage);
    let log = read_log(&directory, &partition(0)).unwrap();
    assert_eq!((log.log_start, values(&log)), (Offset(5), (5..40).collect::<Vec<_>>()), "{what}");
    assert_eq!(append(&directory, 0, 40).unwrap(), Offset(40), "{what}");
}

#[test]
fn the_journal_of_a_partition_that_opens_damaged_waits_until_it_is_mended() {
    let disk = SimDisk::new();
    let (path, bytes) = cut_short(&disk);
    for round in 0..4 {
        let directory = open(&disk).unwrap();
        assert!(is_fenced(&directory, 0) && !is_fenced(&directory, 1));
        assert_eq!(append(&directory, 0, 99).unwrap_err().kind(), ErrorKind::Corrupt);
        // The others go on, and the journal is written over many times.
        for number in 0..100 {
            append(&directory, 1, 40 + round * 100 + number).unwrap();
        }
        directory.checkpoint().unwrap();
        directory.maintain(0).unwrap();
        if round % 2 == 0 {
            directory.close().unwrap();
        }
    }
    restore(&disk, &path, &bytes);
    for _ in 0..3 {
        check_restored(&disk.copy(), "restored");
        open(&disk).unwrap().checkpoint().unwrap();
    }
    assert!(disk.files().iter().any(|path| path.ends_with("unreplayed.batches")), "until two checkpoints of one life cover it");
    let directory = open(&disk).unwrap();
    directory.checkpoint().unwrap();
    directory.checkpoint().unwrap();
    assert!(!disk.files().iter().any(|path| path.ends_with("unreplayed.batches")));
    drop(directory);
    check_restored(&disk, "without what was kept aside");
}

#[test]
fn what_waits_for_a_damaged_partition_survives_power_cuts() {
    let disk = SimDisk::new();
    let (path, bytes) = cut_short(&disk);
    let disk = disk.copy();
    disk.start_trace();
    for _ in 0..2 {
        let directory = open(&disk).unwrap();
        append(&directory, 1, 40).unwrap();
        directory.checkpoint().unwrap();
    }
    let random = SimRandom::new(3);
    for point in 0..disk.crash_points() {
        for _ in 0..3 {
            let image = disk.image(point, &random);
            restore(&image, &path, &bytes);
            let again = image.copy();
            check_restored(&image, &format!("point {point}"));
            // And while the restored one takes it in.
            again.start_trace();
            let directory = open(&again).unwrap();
            (0..2).for_each(|_| directory.checkpoint().unwrap());
            let point = random.below(again.crash_points() as u64) as usize;
            check_restored(&again.image(point, &random), &format!("point {point} of the restored"));
        }
    }
}

#[test]
fn an_unreadable_sector_fences_its_partition_and_nothing_else() {
    let disk = SimDisk::new();
    let directory = filled(&disk, 30);
    let bad = segments(&disk, 0)[0].to_string_lossy().into_owned();
    let fault = Fault { on: FaultOn::Read, kind: FaultKind::Broken, path_part: bad, skip: 0, count: u64::MAX };
    disk.inject(fault.clone());
    // Whoever comes first finds it: maintenance looks at the oldest segment for its age.
    directory.set_config(ID, &TopicConfig { retention_ms: 1 << 60, ..config() }).unwrap();
    directory.maintain(0).unwrap();
    let error = directory.read(&partition(0), Offset(0), 1 << 20, Isolation::ReadCommitted).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(!directory.is_dead() && is_fenced(&directory, 0) && !is_fenced(&directory, 1));
    assert_eq!(values(&read_log(&directory, &partition(1)).unwrap()).len(), 30);
    append(&directory, 1, 30).unwrap();
    directory.checkpoint().unwrap();
    drop(directory);
    disk.clear_faults();
    assert_eq!(values(&read_log(&open(&disk).unwrap(), &partition(0)).unwrap()).len(), 30, "the bytes were never touched");

    // The same in the bytes that an opening looks at.
    let last = segments(&disk, 0).pop().unwrap().to_string_lossy().into_owned();
    disk.inject(Fault { path_part: last, ..fault });
    let directory = open(&disk).unwrap();
    assert!(is_fenced(&directory, 0) && !is_fenced(&directory, 1));
    directory.close().unwrap();
    drop(directory);
    disk.clear_faults();
    assert_eq!(values(&read_log(&open(&disk).unwrap(), &partition(0)).unwrap()).len(), 30, "nothing was cut for being unreadable");
}

#[test]
fn a_topic_that_becomes_durable_opens_after_a_power_cut_at_any_moment() {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    let os = TopicConfig { flush: FlushMode::Os, ..config() };
    directory.create_partitions(&partition(0).topic, 0..2, ID, &os).unwrap();
    disk.start_trace();
    for number in 0..10 {
        directory.append_os(&partition(0), batch(number), 0).unwrap();
    }
    directory.set_config(ID, &config()).unwrap();
    let is_durable = disk.crash_points() - 1;
    assert_eq!(directory.append_os(&partition(0), batch(99), 0).unwrap_err().kind(), ErrorKind::Retry, "its producers learn of it");
    for number in 10..15 {
        append(&directory, 0, number).unwrap();
    }
    let end = disk.crash_points() - 1;
    let random = SimRandom::new(1);
    for point in 0..=end {
        for _ in 0..5 {
            let found = values(&read_all(&open(&disk.image(point, &random)).unwrap()).unwrap()[&partition(0)]);
            assert!((0..15).collect::<Vec<_>>().starts_with(&found), "point {point}: {found:?}");
            assert!(point < is_durable || found.len() >= 10, "point {point}: {found:?}");
            assert!(point < end || found.len() == 15);
        }
    }
}
