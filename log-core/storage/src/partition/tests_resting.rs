//! Indexes of the active segment that were let go: read again when they are needed, as they were.

use super::testing::{FOLDER, append, batch_of, create, keyed, open, small_segments, values_from};
use super::{AppendOrigin, PartitionLog, RecoveryPoint};
use log_env::{Disk, OpenMode, SimDisk, SimRandom};
use log_model::{Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicConfig};
use log_record::control::{ControlType, end_marker};
use std::path::{Path, PathBuf};

/// One segment, an entry for almost each batch.
fn config() -> TopicConfig {
    TopicConfig { segment_bytes: 1 << 20, ..small_segments() }
}

fn file(name: &str) -> PathBuf {
    Path::new(FOLDER).join(format!("{:020}.{name}", 0))
}

fn fill(log: &mut PartitionLog, numbers: std::ops::Range<i64>) {
    for number in numbers {
        append(log, keyed(&[("k", Some(&format!("v{number}")))], 1000 + number));
    }
    log.write_all().unwrap();
}

fn values(count: i64) -> Vec<(i64, String)> {
    (0..count).map(|number| (number, format!("v{number}"))).collect()
}

fn resting(disk: &SimDisk) -> (PartitionLog, RecoveryPoint) {
    let mut log = create(disk, &config());
    fill(&mut log, 0..50);
    assert!(log.index_bytes() == 0, "what is not synced is not to be let go");
    let point = log.sync().unwrap();
    assert!(log.index_bytes() > 500, "{}", log.index_bytes());
    log.let_indexes_go();
    assert_eq!(log.index_bytes(), 0);
    (log, point)
}

/// The disk of a log whose indexes were never let go.
fn never_resting(count: i64) -> SimDisk {
    let disk = SimDisk::new();
    let mut log = create(&disk, &config());
    fill(&mut log, 0..50);
    log.sync().unwrap();
    fill(&mut log, 50..count);
    log.sync().unwrap();
    disk
}

#[test]
fn a_reader_has_them_loaded() {
    let disk = SimDisk::new();
    let (mut log, point) = resting(&disk);
    assert_eq!(log.max_timestamp().unwrap(), Some(Timestamp(1049)));
    assert_eq!(log.begin_sync().segment_count(), 0);
    assert_eq!(log.sync().unwrap(), point, "the recovery point says what it said");
    assert_eq!(log.index_bytes(), 0, "for all that they are not needed");
    log.evict(usize::MAX);
    assert_eq!(values_from(&log, Offset(30), 1), &values(50)[30..]);
    assert_eq!(log.find_by_timestamp(Timestamp(1020)).unwrap().unwrap().offset, Offset(20));
    assert!(log.index_bytes() > 500);
}

#[test]
fn a_writer_goes_on_where_they_ended() {
    let disk = SimDisk::new();
    let (mut log, _) = resting(&disk);
    fill(&mut log, 50..90);
    log.sync().unwrap();
    let expected = never_resting(90);
    for name in ["index", "timeindex", "log"] {
        assert_eq!(disk.read_all(&file(name)).unwrap(), expected.read_all(&file(name)).unwrap(), "{name}");
    }
    log.let_indexes_go();
    let entries = log.recovery_point().time_entries;
    log.roll().unwrap();
    log.sync().unwrap();
    let times = disk.read_all(&file("timeindex")).unwrap();
    assert_eq!(times.len(), (entries as usize + 1) * 12, "sealed with the largest timestamp");
    assert_eq!(times[times.len() - 12..][..8], 1089_i64.to_be_bytes());
}

#[test]
fn lost_index_files_are_built_anew() {
    for (name, has_reader) in [("index", false), ("index", true), ("timeindex", false), ("timeindex", true)] {
        let disk = SimDisk::new();
        let (mut log, _) = resting(&disk);
        disk.open(&file(name), OpenMode::Write).unwrap().set_length(30).unwrap();
        if has_reader {
            log.evict(usize::MAX);
            assert_eq!(values_from(&log, Offset(0), 1), values(50));
            log.let_indexes_go();
        }
        fill(&mut log, 50..90);
        let point = log.sync().unwrap();
        assert!(log.damage().is_none());
        assert_eq!(disk.read_all(&file(name)).unwrap(), never_resting(90).read_all(&file(name)).unwrap(), "{name} {has_reader}");
        let log = open(&disk, &config(), &point);
        assert_eq!(values_from(&log, Offset(0), 1), values(90), "{name} {has_reader}");
        assert_eq!(log.find_by_timestamp(Timestamp(1080)).unwrap().unwrap().offset, Offset(80));
    }
}

#[test]
fn damage_that_shows_when_a_writer_needs_them_keeps_no_accepted_batch_from_its_place() {
    let disk = SimDisk::new();
    let (mut log, _) = resting(&disk);
    disk.open(&file("index"), OpenMode::Write).unwrap().set_length(30).unwrap();
    disk.flip_bit(&file("log"), 8 * 500).unwrap();
    log.evict(usize::MAX);
    fill(&mut log, 50..60);
    assert!(log.damage().is_some(), "the segment could not be walked");
    let point = log.sync().unwrap();
    assert_eq!(point.offset, Offset(60));
    disk.flip_bit(&file("log"), 8 * 500).unwrap();
    assert_eq!(values_from(&open(&disk, &config(), &point), Offset(0), 1), values(60), "once the damage is mended");
}

/// A log with one aborted transaction, synced.
fn with_aborted(disk: &SimDisk) -> (PartitionLog, RecoveryPoint) {
    let mut log = create(disk, &config());
    fill(&mut log, 0..20);
    append(&mut log, batch_of(&["b"]).with_producer(ProducerId(7), ProducerEpoch(0), Sequence(0), true));
    let marker = end_marker(ControlType::Abort, (ProducerId(7), ProducerEpoch(0)), Timestamp(0), 1);
    let prepared = log.prepare_from(AppendOrigin::Coordinator, vec![marker], 0).unwrap();
    log.commit(prepared.next_offset());
    log.write_all().unwrap();
    let point = log.sync().unwrap();
    (log, point)
}

#[test]
fn aborted_transactions_stay_known() {
    let disk = SimDisk::new();
    let (mut log, _) = with_aborted(&disk);
    let expected = log.aborted_in(Offset(0)..Offset(30)).unwrap();
    assert_eq!(expected.len(), 1);
    log.let_indexes_go();
    assert_eq!(log.aborted_in(Offset(0)..Offset(30)).unwrap(), expected);
    append(&mut log, batch_of(&["c"]));
    log.write_all().unwrap();
    assert_eq!(log.aborted_in(Offset(0)..Offset(30)).unwrap(), expected);
}

#[test]
fn aborted_transactions_outlive_a_crash_after_the_other_indexes_were_built_anew() {
    for wakes in [false, true] {
        let disk = SimDisk::new();
        let (mut log, point) = with_aborted(&disk);
        let expected = log.aborted_in(Offset(0)..Offset(30)).unwrap();
        log.let_indexes_go();
        for name in ["index", "timeindex"] {
            disk.open(&file(name), OpenMode::Write).unwrap().set_length(3).unwrap();
        }
        if wakes {
            // Another distance between entries, so that those of the file are not those in memory.
            log.set_config(TopicConfig { index_interval_bytes: 300, ..config() });
            fill(&mut log, 50..51);
        } else {
            drop(open(&disk, &config(), &point));
        }
        for seed in 0..10 {
            let log = open(&disk.crash(&SimRandom::new(seed)), &config(), &point);
            assert_eq!(log.aborted_in(Offset(0)..Offset(22)).unwrap(), expected, "{wakes} {seed}");
        }
    }
}

#[test]
fn an_index_whose_end_lies_is_built_anew() {
    for (name, entry_bytes, bit) in [("index", 8, 11), ("timeindex", 12, 8 * 8 + 11)] {
        let disk = SimDisk::new();
        let (mut log, _) = resting(&disk);
        let length = disk.open(&file(name), OpenMode::Read).unwrap().length_bytes().unwrap();
        disk.flip_bit(&file(name), (length - entry_bytes) * 8 + bit).unwrap();
        fill(&mut log, 50..90);
        let point = log.sync().unwrap();
        assert!(log.damage().is_none());
        log.evict(usize::MAX);
        assert_eq!(values_from(&log, Offset(0), 1), values(90), "{name}");
        assert_eq!(disk.read_all(&file(name)).unwrap(), never_resting(90).read_all(&file(name)).unwrap(), "{name}");
        assert_eq!(values_from(&open(&disk, &config(), &point), Offset(0), 1), values(90), "{name}");
    }
}

#[test]
fn lost_aborted_transactions_fence_the_partition() {
    let disk = SimDisk::new();
    let (log, point) = with_aborted(&disk);
    drop(log);
    disk.open(&file("txnindex"), OpenMode::Write).unwrap().set_length(0).unwrap();
    let damage = open(&disk, &config(), &point).damage().cloned().expect("nothing else tells them");
    assert_eq!(damage.path, file("txnindex"));
}
