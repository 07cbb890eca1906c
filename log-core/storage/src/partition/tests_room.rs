//! Room behind the batches: made while a segment grows, gone when it is sealed, and nobody's data after a death.

use super::testing::{FOLDER, append, batch_of, create, open, values_from};
use super::{PartitionLog, RecoveryPoint};
use log_env::{Disk, OpenMode, SimDisk, SimRandom};
use log_model::{FlushMode, Offset, TopicConfig};
use std::path::{Path, PathBuf};

/// Steps of 100 bytes, from 1,600 bytes on.
fn config() -> TopicConfig {
    TopicConfig { segment_bytes: 6400, flush: FlushMode::Os, ..TopicConfig::default() }
}

fn log_file(base: Offset) -> PathBuf {
    Path::new(FOLDER).join(format!("{base:020}.log"))
}

fn file_bytes(disk: &SimDisk, base: Offset) -> u64 {
    disk.open(&log_file(base), OpenMode::Read).unwrap().length_bytes().unwrap()
}

/// Appends and writes one batch after the other, some 100 bytes each, as acknowledged from the page cache.
fn fill(log: &mut PartitionLog, numbers: std::ops::Range<i64>) {
    for number in numbers {
        append(log, batch_of(&[&format!("{number:034}")]));
        log.write_all().unwrap();
    }
}

fn filled(numbers: std::ops::Range<i64>) -> Vec<(i64, String)> {
    numbers.map(|number| (number, format!("{number:034}"))).collect()
}

#[test]
fn a_file_grows_in_steps_and_is_cut_when_it_is_sealed() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &config());
    fill(&mut log, 0..10);
    let size_bytes = |log: &PartitionLog| log.segment_facts().unwrap().last().unwrap().size_bytes;
    assert_eq!(file_bytes(&disk, Offset(0)), size_bytes(&log), "a small segment has none");
    for number in 10..45 {
        fill(&mut log, number..number + 1);
        let expected = match size_bytes(&log) {
            1600.. => size_bytes(&log).next_multiple_of(100),
            small => small,
        };
        assert_eq!(file_bytes(&disk, Offset(0)), expected, "with {number}");
    }
    log.roll().unwrap();
    assert_eq!(file_bytes(&disk, Offset(0)), log.segment_facts().unwrap()[0].size_bytes);
    assert_eq!(values_from(&log, Offset(0), 1 << 20), filled(0..45));
}

#[test]
fn room_that_a_death_leaves_behind_is_cut_and_written_over() {
    for synced in [0, 20, 45] {
        let disk = SimDisk::new();
        let mut log = create(&disk, &config());
        fill(&mut log, 0..synced);
        let point = log.sync().unwrap();
        fill(&mut log, synced..45);
        drop(log);
        let with_room = file_bytes(&disk, Offset(0));
        let mut log = open(&disk, &config(), &point);
        let size_bytes = log.segment_facts().unwrap()[0].size_bytes;
        assert!(size_bytes < with_room, "{size_bytes} {with_room}");
        assert_eq!(file_bytes(&disk, Offset(0)), size_bytes);
        fill(&mut log, 45..55);
        assert_eq!(values_from(&open(&disk, &config(), &point), Offset(0), 1 << 20), filled(0..55));
    }
}

#[test]
fn room_whose_cut_was_lost_does_not_take_the_next_segment_along() {
    for (behind, expected) in [(&[0; 90][..], 0..55), (&[0, 0, 1][..], 0..45), (&[7; 90][..], 0..45)] {
        let disk = SimDisk::new();
        let mut log = create(&disk, &config());
        fill(&mut log, 0..45);
        log.roll().unwrap();
        fill(&mut log, 45..55);
        drop(log);
        let sealed = disk.open(&log_file(Offset(0)), OpenMode::Write).unwrap();
        sealed.write_at(behind, file_bytes(&disk, Offset(0))).unwrap();
        let log = open(&disk, &config(), &RecoveryPoint::default());
        assert_eq!(values_from(&log, Offset(0), 1 << 20), filled(expected), "{behind:?}");
    }
}

#[test]
fn a_cut_counts_as_synced_only_with_a_sync_that_began_after_it() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &config());
    fill(&mut log, 0..45);
    let before = log.begin_sync();
    before.run(super::Syncing::Each).unwrap();
    log.roll().unwrap();
    log.finish_sync(before).unwrap();
    let is_cut = |disk: &SimDisk| file_bytes(disk, Offset(0)) == log.segment_facts().unwrap()[0].size_bytes;
    let images = |disk: &SimDisk| (0..20).map(|seed| disk.crash(&SimRandom::new(seed))).collect::<Vec<_>>();
    assert!(is_cut(&disk) && !images(&disk).iter().all(is_cut), "it may not last yet");
    fill(&mut log, 45..55);
    let point = log.sync().unwrap();
    assert_eq!(point.segment, Offset(45));
    for image in images(&disk) {
        assert_eq!(file_bytes(&image, Offset(0)), file_bytes(&disk, Offset(0)));
        assert_eq!(values_from(&open(&image, &config(), &point), Offset(0), 1 << 20), filled(0..55));
    }
}
