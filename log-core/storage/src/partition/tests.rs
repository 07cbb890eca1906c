//! The partition as a whole: append, read, sync, open, truncate, retention, on the simulated disk.

use super::file_names::{FileKind, file_name};
use super::testing::{FOLDER, append, batch_of, create, idempotent, keyed, open, place, small_segments, topic_id, values_from};
use super::{AppendOrigin, PartitionLog, PartitionPlace, RecoveryPoint, Syncing};
use crate::error::Error;
use log_env::{DirEntry, Disk, SimDisk, SimRandom};
use log_model::{ErrorKind, FlushMode, LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicConfig};
use log_record::control::{ControlType, end_marker};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn log_file(base: i64) -> PathBuf {
    Path::new(FOLDER).join(format!("{base:020}.log"))
}

/// Ten batches of two records: `v0.0`, `v0.1`, `v1.0`, ...
fn fill(log: &mut PartitionLog) {
    for number in 0..10 {
        append(log, batch_of(&[&format!("v{number}.0"), &format!("v{number}.1")]));
    }
}

fn filled_values(from: i64) -> Vec<(i64, String)> {
    (from..20).map(|offset| (offset, format!("v{}.{}", offset / 2, offset % 2))).collect()
}

#[test]
fn batches_become_visible_with_the_commit() {
    let mut log = create(&SimDisk::new(), &TopicConfig::default());
    let prepared = log.prepare(vec![batch_of(&["a"]), batch_of(&["b", "c"])], 0).unwrap();
    assert_eq!((prepared.base_offset(), prepared.next_offset()), (Offset(0), Offset(3)));
    assert_eq!((log.log_end(), log.high_watermark()), (Offset(3), Offset(0)));
    assert!(log.read(Offset(0), Offset(3), 1 << 20).unwrap().is_empty());
    log.commit(Offset(3));
    assert_eq!(values_from(&log, Offset(0), 1), [(0, "a".into()), (1, "b".into()), (2, "c".into())]);
}

#[test]
fn undone_batches_leave_no_trace() {
    let mut log = create(&SimDisk::new(), &TopicConfig::default());
    append(&mut log, idempotent(&["a"], 1, 0, 0));
    let first = log.prepare(vec![idempotent(&["b"], 1, 0, 1)], 0).unwrap();
    let second = log.prepare(vec![idempotent(&["c"], 1, 0, 2)], 0).unwrap();
    log.undo(second);
    log.undo(first);
    assert_eq!(log.log_end(), Offset(1));
    let again = log.prepare(vec![idempotent(&["b"], 1, 0, 1)], 0).unwrap();
    assert!(!again.is_duplicate());
    assert_eq!(again.base_offset(), Offset(1));
}

#[test]
fn a_refused_batch_takes_those_before_it_along() {
    let mut log = create(&SimDisk::new(), &TopicConfig::default());
    let error = log.prepare(vec![idempotent(&["a"], 1, 0, 0), idempotent(&["c"], 1, 0, 2)], 0).unwrap_err();
    assert!(matches!(error, Error::OutOfOrderSequence { expected: Sequence(1), found: Sequence(2), .. }), "{error}");
    assert_eq!(log.log_end(), Offset(0));
    assert_eq!(append(&mut log, idempotent(&["a"], 1, 0, 0)), Offset(0));
}

#[test]
fn bad_batches_are_refused() {
    let mut log = create(&SimDisk::new(), &TopicConfig { max_message_bytes: 100, ..TopicConfig::default() });
    let marker = end_marker(ControlType::Commit, (ProducerId(1), ProducerEpoch(0)), Timestamp(0), 0);
    let no_producer = batch_of(&["a"]).with_producer(ProducerId::NONE, ProducerEpoch::NONE, Sequence::NONE, true);
    let cases = [
        (batch_of(&["x".repeat(100).as_str()]), "max.message.bytes"),
        (marker, "control"),
        (no_producer, "names no producer"),
        (batch_of(&[]), "no records"),
        (batch_of(&["a"]).with_producer(ProducerId(4), ProducerEpoch(0), Sequence::NONE, false), "no sequence"),
    ];
    for (batch, words) in cases {
        let error = log.prepare(vec![batch], 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_retry_is_told_where_the_original_is() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &TopicConfig::default());
    append(&mut log, batch_of(&["x"]));
    append(&mut log, idempotent(&["a", "b"], 1, 0, 0));
    log.write_all().unwrap();
    let point = log.sync().unwrap();
    let mut log = open(&disk, &TopicConfig::default(), &point);
    let prepared = log.prepare(vec![idempotent(&["a", "b"], 1, 0, 0)], 0).unwrap();
    assert!(prepared.is_duplicate());
    assert_eq!((prepared.base_offset(), prepared.placed()[0].last_offset), (Offset(1), Offset(2)));
    assert_eq!(log.log_end(), Offset(3));
}

#[test]
fn log_append_time_stamps_batches() {
    let config = TopicConfig { message_timestamp_type: log_model::TimestampType::LogAppendTime, ..TopicConfig::default() };
    let mut log = create(&SimDisk::new(), &config);
    let prepared = log.append_now(vec![batch_of(&["a"])], 777).unwrap();
    assert_eq!(prepared.batches()[0].max_timestamp(), Timestamp(777));
}

#[test]
fn segments_roll_and_everything_stays_readable() {
    let mut log = create(&SimDisk::new(), &small_segments());
    fill(&mut log);
    assert_eq!(log.unwritten_bytes(), log.hot_bytes());
    log.write_all().unwrap();
    assert_eq!(log.unwritten_bytes(), 0);
    assert!(log.segment_count() > 2, "{:?}", log.segment_bases());
    assert_eq!(values_from(&log, Offset(0), 100), filled_values(0));
    log.evict(usize::MAX);
    assert_eq!(log.hot_bytes(), 0);
    for from in 0..20 {
        for max_bytes in [1, 200, 1 << 20] {
            assert_eq!(values_from(&log, Offset(from), max_bytes), filled_values(from));
        }
    }
}

#[test]
fn reads_stay_within_the_log() {
    let mut log = create(&SimDisk::new(), &small_segments());
    fill(&mut log);
    log.write_all().unwrap();
    log.evict(usize::MAX);
    assert!(log.read(Offset(20), Offset(100), 1).unwrap().is_empty());
    for offset in [-1, 21] {
        assert!(matches!(log.read(Offset(offset), Offset(100), 1), Err(Error::OffsetOutOfRange { .. })));
    }
    let read = log.read(Offset(2), Offset(5), 1 << 20).unwrap();
    assert_eq!(read.iter().map(|batch| batch.base_offset().0).collect::<Vec<_>>(), [2]);
    assert!(log.read(Offset(2), Offset(3), 1 << 20).unwrap().is_empty(), "a batch that ends beyond the bound is not given");
}

#[test]
fn a_late_record_begins_a_new_segment() {
    let mut log = create(&SimDisk::new(), &TopicConfig { segment_ms: 1000, ..TopicConfig::default() });
    for timestamp in [0, 1000, 1001, 1500] {
        append(&mut log, keyed(&[("k", Some("v"))], timestamp));
        log.write_all().unwrap();
    }
    assert_eq!(log.segment_bases(), [Offset(0), Offset(2)]);
}

#[test]
fn what_was_synced_survives_a_power_cut() {
    for seed in 0..50 {
        let disk = SimDisk::new();
        let mut log = create(&disk, &small_segments());
        fill(&mut log);
        log.write_behind(700).unwrap();
        let point = log.sync().unwrap();
        let durable = point.offset;
        assert!(durable > Offset(0) && durable < Offset(20));
        log.write_all().unwrap();
        let after = disk.crash(&SimRandom::new(seed));
        let log = open(&after, &small_segments(), &point);
        assert_eq!(log.damage(), None);
        assert!(log.log_end() >= durable);
        let values = values_from(&log, Offset(0), 150);
        assert_eq!(values[..], filled_values(0)[..values.len()], "seed {seed}");
        assert_eq!(values.len() as i64, log.log_end().0);
        let again = open(&after, &small_segments(), &point);
        assert_eq!((again.log_end(), again.segment_bases()), (log.log_end(), log.segment_bases()));
    }
}

#[test]
fn replay_puts_back_what_the_segments_lost() {
    for seed in 0..20 {
        let disk = SimDisk::new();
        let mut log = create(&disk, &small_segments());
        let mut journal = Vec::new();
        for number in 0..10 {
            let prepared =
                log.append_now(vec![idempotent(&[&format!("v{number}.0"), &format!("v{number}.1")], 7, 0, number * 2)], 0).unwrap();
            journal.extend(prepared.batches().to_vec());
            if number == 4 {
                log.write_all().unwrap();
            }
        }
        let point = log.sync().unwrap();
        log.write_all().unwrap();
        let mut log = open(&disk.crash(&SimRandom::new(seed)), &small_segments(), &point);
        for batch in journal {
            log.replay(batch).unwrap();
        }
        assert_eq!(values_from(&log, Offset(0), 150), filled_values(0));
        let next = log.prepare(vec![idempotent(&["w"], 7, 0, 20)], 0).unwrap();
        assert!(!next.is_duplicate());
        log.undo(next);
        assert!(log.prepare(vec![idempotent(&["v6.0", "v6.1"], 7, 0, 12)], 0).unwrap().is_duplicate());
    }
}

#[test]
fn a_gap_in_the_replay_is_damage_unless_the_topic_allows_loss() {
    let numbered = batch_of(&["z"]).with_base_offset(Offset(30), LeaderEpoch(0));
    let mut log = create(&SimDisk::new(), &TopicConfig::default());
    append(&mut log, batch_of(&["a"]));
    log.replay(numbered.clone()).unwrap();
    let reason = log.damage().unwrap().reason.clone();
    assert!(reason.contains("ends at offset 1") && reason.contains("begins at 30"), "{reason}");
    assert_eq!(log.read(Offset(0), Offset(1), 1).unwrap_err().kind(), ErrorKind::Corrupt);

    let disk = SimDisk::new();
    let config = TopicConfig { flush: FlushMode::Os, ..small_segments() };
    let mut log = create(&disk, &config);
    append(&mut log, batch_of(&["a"]));
    log.replay(numbered).unwrap();
    log.write_all().unwrap();
    let log = open(&disk, &config, &RecoveryPoint::default());
    assert_eq!(values_from(&log, Offset(0), 1), [(0, "a".into()), (30, "z".into())]);
}

#[test]
fn a_flipped_bit_below_the_recovery_point_is_never_served() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    fill(&mut log);
    log.write_all().unwrap();
    let point = log.sync().unwrap();
    let expected = filled_values(0);
    // Behind the batches of the last segment lies room, which says nothing.
    let active = file_name(point.segment, FileKind::Log);
    let length_of = |entry: &DirEntry| if entry.name == active { point.position } else { entry.length_bytes };
    let files: Vec<(PathBuf, u64)> = Disk::list(&disk, Path::new(FOLDER))
        .unwrap()
        .into_iter()
        .filter(|entry| entry.name.ends_with(".log") || entry.name.ends_with("index"))
        .map(|entry| (Path::new(FOLDER).join(&entry.name), length_of(&entry)))
        .collect();
    let (mut fenced, mut mended) = (0, 0);
    for (path, length) in &files {
        for bit in (0..length * 8).step_by(3) {
            disk.flip_bit(path, bit).unwrap();
            let log = open(&disk, &small_segments(), &point);
            let mut next = Offset(0);
            let mut error = log.damage().cloned().map(Error::from);
            while error.is_none() && next < log.high_watermark() {
                match log.read(next, Offset(20), 100) {
                    Ok(batches) => {
                        for batch in &batches {
                            for record in batch.records().unwrap() {
                                let record = record.unwrap();
                                let value = String::from_utf8(record.value.as_ref().unwrap().to_vec()).unwrap();
                                assert_eq!((record.offset.0, value), expected[record.offset.0 as usize], "{} bit {bit}", path.display());
                            }
                        }
                        next = batches.last().unwrap().next_offset();
                    }
                    Err(found) => error = Some(found),
                }
            }
            match error {
                Some(error) => {
                    fenced += 1;
                    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
                    assert!(path.to_string_lossy().ends_with(".log"), "an index is a cache: {} bit {bit}: {error}", path.display());
                    assert_eq!(log.damage().map(|damage| damage.path.clone()), Some(path.clone()), "bit {bit}");
                    assert!(log.read(Offset(0), Offset(1), 1).is_err());
                }
                None => {
                    mended += 1;
                    assert!(path.to_string_lossy().ends_with("index"), "{} bit {bit} was not noticed", path.display());
                    assert_eq!(next, Offset(20));
                }
            }
            disk.flip_bit(path, bit).unwrap();
        }
    }
    assert!(fenced > 500 && mended > 20, "{fenced} {mended}");
}

#[test]
fn missing_and_shortened_files_fence_the_partition() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    fill(&mut log);
    log.write_all().unwrap();
    let point = log.sync().unwrap();
    let bases = log.segment_bases();
    let (last, middle) = (bases[bases.len() - 1], bases[1]);
    for (base, cut) in [(last, None), (last, Some(10)), (middle, None), (middle, Some(61))] {
        let copy = disk.crash(&SimRandom::new(0));
        match cut {
            None => copy.remove_file(&log_file(base.0)).unwrap(),
            Some(bytes) => copy.open(&log_file(base.0), log_env::OpenMode::Write).unwrap().set_length(bytes).unwrap(),
        }
        let log = open(&copy, &small_segments(), &point);
        let mut next = Offset(0);
        let error = loop {
            match log.read(next, Offset(20), 1 << 20) {
                Ok(batches) => next = batches.last().expect("damage shows before the end").next_offset(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{base} {cut:?}");
        assert!(log.damage().is_some());
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    fill(&mut log);
    disk.set_capacity(Some(disk.used_bytes() + 500));
    let error = loop {
        match log.write_behind(200) {
            Ok(0) => panic!("the disk is too small"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert_eq!(values_from(&log, Offset(0), 1), filled_values(0));
    disk.set_capacity(None);
    log.write_all().unwrap();
    let point = log.sync().unwrap();
    assert_eq!(values_from(&open(&disk, &small_segments(), &point), Offset(0), 1), filled_values(0));
}

#[test]
fn what_a_failed_write_left_is_cut_before_the_segment_is_sealed() {
    let disk = SimDisk::new();
    let mut config = TopicConfig { segment_bytes: 4000, ..small_segments() };
    let mut log = create(&disk, &config);
    fill(&mut log);
    log.write_behind(1).unwrap();
    disk.set_capacity(Some(disk.used_bytes() + 300));
    assert_eq!(log.write_behind(1000).unwrap_err().kind(), ErrorKind::Full);
    disk.set_capacity(None);
    let file = disk.open(&log_file(0), log_env::OpenMode::Write).unwrap();
    file.write_at(&[7; 300], file.length_bytes().unwrap()).unwrap();
    config.segment_bytes = 100;
    log.set_config(config.clone());
    log.write_all().unwrap();
    let log = open(&disk, &config, &RecoveryPoint::default());
    assert_eq!(values_from(&log, Offset(0), 1), filled_values(0));
}

#[test]
fn timestamps_find_offsets() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    let times = [5, 3, 9, 9, 4, 20, 15, 30, 29, 31];
    for time in times {
        append(&mut log, keyed(&[("k", Some("v")), ("l", Some("w"))], time));
    }
    log.write_behind(500).unwrap();
    log.evict(usize::MAX);
    for timestamp in 0..35 {
        let naive = times.iter().position(|time| *time >= timestamp).map(|index| index as i64 * 2);
        let found = log.find_by_timestamp(Timestamp(timestamp)).unwrap();
        assert_eq!(found.map(|found| found.offset.0), naive, "timestamp {timestamp}");
    }
    assert_eq!(log.max_timestamp().unwrap(), Some(Timestamp(31)));
}

#[test]
fn transactions_hold_the_last_stable_offset_and_aborts_are_listed() {
    let disk = SimDisk::new();
    let config = small_segments();
    let mut log = create(&disk, &config);
    let transactional =
        |value: &str, id: i64, sequence: i32| batch_of(&[value]).with_producer(ProducerId(id), ProducerEpoch(0), Sequence(sequence), true);
    let marker = |kind, id| end_marker(kind, (ProducerId(id), ProducerEpoch(0)), Timestamp(0), 1);
    append(&mut log, batch_of(&["plain"]));
    append(&mut log, transactional("a", 1, 0));
    append(&mut log, transactional("b", 2, 0));
    assert_eq!(log.last_stable_offset(), Offset(1));
    let staged = log.prepare_from(AppendOrigin::Coordinator, vec![marker(ControlType::Abort, 1)], 0).unwrap();
    assert_eq!(log.last_stable_offset(), Offset(1), "a marker counts once it is durable");
    log.commit(staged.next_offset());
    assert_eq!(log.last_stable_offset(), Offset(2));
    let staged = log.prepare_from(AppendOrigin::Coordinator, vec![marker(ControlType::Commit, 2)], 0).unwrap();
    log.commit(staged.next_offset());
    assert_eq!(log.last_stable_offset(), Offset(5));
    let listed =
        |log: &PartitionLog| log.aborted_in(Offset(0)..Offset(5)).unwrap().iter().map(|entry| entry.producer_id.0).collect::<Vec<_>>();
    assert_eq!(listed(&log), [1]);
    log.write_all().unwrap();
    assert_eq!(listed(&log), [1]);
    let point = log.sync().unwrap();
    assert_eq!(listed(&open(&disk, &config, &point)), [1]);
    assert_eq!(listed(&open(&disk, &config, &RecoveryPoint::default())), [1]);
    assert!(log.aborted_in(Offset(4)..Offset(5)).unwrap().is_empty());
}

#[test]
fn the_log_start_moves_and_segments_below_it_go() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    fill(&mut log);
    log.write_all().unwrap();
    let second = log.segment_bases()[1];
    assert_eq!(log.delete_records(second).unwrap(), second);
    assert!(matches!(log.read(Offset(0), Offset(20), 1), Err(Error::OffsetOutOfRange { .. })));
    assert!(log.delete_records(Offset(21)).is_err());
    assert_eq!(log.retention(0).unwrap().segment_count, 0, "nothing is synced yet");
    let point = log.sync().unwrap();
    assert_eq!(log.retention(0).unwrap().segment_count, 1);
    assert!(!disk.exists(&log_file(0)).unwrap());
    let log = open(&disk, &small_segments(), &point);
    assert_eq!(log.log_start(), second);
    assert_eq!(values_from(&log, second, 1), filled_values(second.0));
}

#[test]
fn an_old_log_empties_itself_and_keeps_its_offsets() {
    let disk = SimDisk::new();
    let config = TopicConfig { retention_ms: 1000, ..small_segments() };
    let mut log = create(&disk, &config);
    fill(&mut log);
    log.write_all().unwrap();
    let point = log.sync().unwrap();
    let count = log.segment_count();
    assert_eq!(log.retention(5000).unwrap().segment_count, count);
    assert_eq!((log.log_start(), log.log_end(), log.size_bytes()), (Offset(20), Offset(20), 0));
    for seed in 0..20 {
        let mut log = open(&disk.crash(&SimRandom::new(seed)), &config, &point);
        assert_eq!(log.damage(), None);
        assert_eq!((log.log_start(), log.log_end()), (Offset(20), Offset(20)));
        assert_eq!(append(&mut log, batch_of(&["w"])), Offset(20));
    }
}

#[test]
fn truncation_takes_producers_and_epochs_back() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    for number in 0..10 {
        log.set_leader_epoch(LeaderEpoch(number / 4));
        append(&mut log, idempotent(&["x"], 1, 0, number));
    }
    log.write_behind(500).unwrap();
    log.sync().unwrap();
    assert_eq!(log.end_offset_for_epoch(LeaderEpoch(1)), Some((LeaderEpoch(1), Offset(8))));
    let point = log.recovery_point_below(Offset(5));
    assert_eq!(log.truncate_to(Offset(5)).unwrap(), Offset(5));
    assert_eq!(log.end_offset_for_epoch(LeaderEpoch(9)), Some((LeaderEpoch(1), Offset(5))));
    let log_again = open(&disk, &small_segments(), &point);
    for mut log in [log, log_again] {
        assert_eq!(log.log_end(), Offset(5));
        assert_eq!(append(&mut log, idempotent(&["x"], 1, 0, 5)), Offset(5));
    }
}

#[test]
fn a_directory_of_another_topic_is_refused() {
    let disk = SimDisk::new();
    drop(create(&disk, &TopicConfig::default()));
    let other = serde_json::from_str("\"10112233-4455-6677-8899-aabbccddeeff\"").unwrap();
    let disk: Arc<dyn Disk> = Arc::new(disk);
    let open =
        |id| PartitionLog::open(PartitionPlace { topic_id: id, ..place(disk.clone(), &TopicConfig::default()) }, &RecoveryPoint::default());
    assert!(open(topic_id()).is_ok());
    assert_eq!(open(other).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn a_sync_that_a_truncation_overtook_counts_for_nothing() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    fill(&mut log);
    log.write_all().unwrap();
    let job = log.begin_sync();
    log.truncate_to(Offset(4)).unwrap();
    job.run(Syncing::Each).unwrap();
    assert_eq!(log.finish_sync(job).unwrap().offset, Offset(0));
    assert_eq!(log.sync().unwrap().offset, Offset(4));
}

#[test]
fn every_crash_point_of_a_long_life_recovers() {
    let disk = SimDisk::new();
    let mut log = create(&disk, &small_segments());
    disk.start_trace();
    // What a checkpoint would say, and what must be there, from each crash point on.
    let mut promises = vec![(0, RecoveryPoint::default(), Offset(0))];
    for round in 0..6 {
        for number in 0..6 {
            append(&mut log, idempotent(&[&format!("v{round}.{number}")], 1, 0, round * 6 + number));
            if number % 2 == 1 {
                log.write_behind(300).unwrap();
            }
        }
        log.write_all().unwrap();
        if round == 4 {
            log.delete_records(Offset(13)).unwrap();
        }
        let point = log.sync().unwrap();
        promises.push((disk.crash_points() - 1, point.clone(), point.offset));
        log.retention(0).unwrap();
    }
    assert!(log.log_start() == Offset(13) && log.segment_bases()[0] > Offset(0));
    let random = SimRandom::new(11);
    let points = disk.crash_points();
    for crash in 0..points {
        // Right after a sync the checkpoint may still be the one before.
        let known: Vec<_> = promises.iter().filter(|promise| promise.0 <= crash).rev().take(2).collect();
        for (_, point, durable) in known {
            for _ in 0..4 {
                let image = disk.image(crash, &random);
                let mut log = open(&image, &small_segments(), point);
                assert_eq!(log.damage(), None, "crash point {crash} of {points}");
                assert!(log.log_end() >= *durable, "crash point {crash} of {points}");
                let values = values_from(&log, log.log_start(), 200);
                let expected = (log.log_start().0..log.log_end().0).map(|offset| (offset, format!("v{}.{}", offset / 6, offset % 6)));
                assert_eq!(values, expected.collect::<Vec<_>>(), "crash point {crash} of {points}");
                let next = idempotent(&["next"], 1, 0, log.log_end().0 as i32);
                assert_eq!(append(&mut log, next).0, values.last().map_or(log.log_start().0, |last| last.0 + 1));
            }
        }
    }
}
