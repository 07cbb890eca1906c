//! A disk without room: what is refused is not stored, and room can be made from inside.

use crate::model::{OPTIONS, numbered_batch as batch, open, read_all, read_log, values};
use log_env::{Fault, FaultKind, FaultOn, Mono, SimDisk, SimRandom};
use log_model::{
    CompressionType, ErrorKind, FlushMode, Offset, ProducerEpoch, ProducerId, Sequence, Timestamp, TopicConfig, TopicId, TopicName,
    TopicPartition,
};
use log_record::BatchBuilder;
use log_storage::{DataDirectory, Error};
use std::time::Duration;
use uuid::Uuid;

const KEPT: TopicId = TopicId(Uuid::from_u128(1));
const DOOMED: TopicId = TopicId(Uuid::from_u128(2));

fn kept() -> TopicPartition {
    TopicName::new("kept").unwrap().partition(0)
}

fn doomed() -> TopicPartition {
    TopicName::new("doomed").unwrap().partition(0)
}

fn config() -> TopicConfig {
    TopicConfig { segment_bytes: 3000, retention_ms: -1, max_message_bytes: 1 << 20, ..TopicConfig::default() }
}

fn append(directory: &DataDirectory, partition: &TopicPartition, number: u64) -> Result<Offset, Error> {
    let staged = directory.stage(vec![(partition.clone(), vec![batch(number)])], 0)?;
    assert!(directory.flush()?.lsn >= staged.lsn);
    Ok(staged.results[0].1.base_offset)
}

/// A disk that is full of two topics.
fn filled(capacity: u64) -> (SimDisk, DataDirectory) {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    directory.create_partition(&kept(), KEPT, &config()).unwrap();
    directory.create_partition(&doomed(), DOOMED, &config()).unwrap();
    disk.set_capacity(Some(capacity));
    let mut refusals = 0;
    for number in 0.. {
        let partition = if number % 4 == 0 { kept() } else { doomed() };
        if let Err(error) = append(&directory, &partition, number) {
            assert_eq!(error.kind(), ErrorKind::Full, "{error}");
            refusals += 1;
        }
        if refusals == 3 {
            break;
        }
    }
    (disk, directory)
}

fn check_resumed(disk: &SimDisk, directory: &DataDirectory, way: &str) {
    for number in 1000..1010 {
        append(directory, &kept(), number).unwrap_or_else(|error| panic!("after {way}: {error}"));
    }
    directory.checkpoint().unwrap();
    let found = values(&read_log(&open(&disk.crash(&SimRandom::new(1))).unwrap(), &kept()).unwrap());
    assert!((1000..1010).all(|number| found.contains(&number)), "after {way}: {found:?}");
}

#[test]
fn a_full_disk_is_freed_by_deleting_and_by_retention() {
    for capacity in (150_000..230_000).step_by(7_777) {
        let (disk, directory) = filled(capacity);
        directory.delete_topic(DOOMED).unwrap();
        check_resumed(&disk, &directory, "deleting a topic");

        let (disk, directory) = filled(capacity);
        let end = directory.info(&doomed()).unwrap().high_watermark;
        assert_eq!(directory.delete_records(&doomed(), end).unwrap(), end);
        // The first round may not yet have room for a checkpoint.
        _ = directory.maintain(0);
        check_resumed(&disk, &directory, "deleting records");

        let (disk, directory) = filled(capacity);
        directory.set_config(DOOMED, &TopicConfig { retention_ms: 1000, ..config() }).unwrap();
        _ = directory.maintain(1 << 40);
        check_resumed(&disk, &directory, "retention");
    }
}

#[test]
fn a_batch_refused_by_a_full_page_cache_is_not_stored_and_its_sequence_is_free() {
    for capacity in (60_000..75_000).step_by(501) {
        let disk = SimDisk::new();
        let directory = open(&disk).unwrap();
        directory.create_partition(&kept(), KEPT, &TopicConfig { flush: FlushMode::Os, ..config() }).unwrap();
        disk.set_capacity(Some(capacity));
        let stamped = |number: u64| batch(number).with_producer(ProducerId(7), ProducerEpoch(0), Sequence(number as i32), false);
        let mut number = 0;
        while directory.append_os(&kept(), stamped(number), 0).is_ok() {
            number += 1;
            assert!(number < 1000, "the disk never fills");
        }
        let error = directory.append_os(&kept(), stamped(number), 0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Full, "{error}");
        assert_eq!(directory.info(&kept()).unwrap().log_end, Offset(number as i64));
        assert_eq!(values(&read_all(&directory).unwrap()[&kept()]), (0..number).collect::<Vec<_>>());
        disk.set_capacity(None);
        let outcome = directory.append_os(&kept(), stamped(number), 0).unwrap();
        assert_eq!((outcome.base_offset, outcome.is_duplicate), (Offset(number as i64), false), "{capacity}");
        assert!(directory.append_os(&kept(), stamped(number), 0).unwrap().is_duplicate);
        directory.checkpoint().unwrap();
        let after = open(&disk.crash(&SimRandom::new(2))).unwrap();
        assert_eq!(values(&read_all(&after).unwrap()[&kept()]), (0..=number).collect::<Vec<_>>());
    }
}

#[test]
fn the_largest_entry_always_finds_a_place_and_a_larger_one_never() {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    directory.create_partition(&kept(), KEPT, &config()).unwrap();
    let sized = |size_bytes: usize| {
        let mut builder = BatchBuilder::new(CompressionType::None);
        builder.append_parts(Timestamp(0), None, Some(&vec![b'x'; size_bytes - 80]), &[]).unwrap();
        builder.build()
    };
    let max_bytes = usize::try_from(OPTIONS.entry_bytes_max()).unwrap();
    let largest = sized(max_bytes - 40);
    assert!(max_bytes - largest.size_bytes() < 80, "the batch with its headers is about as large as an entry may be");
    for round in 0..20 {
        append(&directory, &kept(), round).unwrap();
        _ = directory.stage(vec![(kept(), vec![largest.clone()])], 0).unwrap();
    }
    let error = directory.stage(vec![(kept(), vec![sized(max_bytes)])], 0).unwrap_err();
    assert!(matches!(error, Error::EntryTooLarge { .. }) && error.kind() == ErrorKind::Invalid, "{error}");
}

#[test]
fn a_checkpoint_is_due_after_a_while_however_little_was_appended() {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    directory.create_partition(&kept(), KEPT, &config()).unwrap();
    directory.create_partition(&doomed(), DOOMED, &TopicConfig { flush: FlushMode::Os, ..config() }).unwrap();
    directory.checkpoint().unwrap();
    let at = |seconds: u64| Mono::default().plus(Duration::from_secs(seconds));
    assert!(!directory.needs_checkpoint(at(0)) && !directory.needs_checkpoint(at(1000)), "nothing has changed");
    let appends: [&dyn Fn(); 2] =
        [&|| _ = append(&directory, &kept(), 0).unwrap(), &|| _ = directory.append_os(&doomed(), batch(0), 0).unwrap()];
    for (round, append) in (1..).zip(appends) {
        append();
        let start = round * 1000;
        assert!(!directory.needs_checkpoint(at(start)));
        append();
        assert!(!directory.needs_checkpoint(at(start + 29)));
        assert!(directory.needs_checkpoint(at(start + 30)));
        directory.checkpoint().unwrap();
        assert!(!directory.needs_checkpoint(at(start + 31)) && !directory.needs_checkpoint(at(start + 500)));
    }
    let needed = (0..100).take_while(|number| {
        directory.append_os(&doomed(), batch(*number), 0).unwrap();
        !directory.needs_checkpoint(at(5000))
    });
    assert!((20..60).contains(&needed.count()), "much in the page cache is reason enough");
}

#[test]
fn a_call_that_panics_ends_the_directory() {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    directory.create_partition(&kept(), KEPT, &config()).unwrap();
    append(&directory, &kept(), 0).unwrap();
    disk.inject(Fault { on: FaultOn::Sync, kind: FaultKind::Panic, path_part: "journal".into(), skip: 0, count: 1 });
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| append(&directory, &kept(), 1)));
    assert!(panicked.is_err() && directory.is_dead());
    let error = append(&directory, &kept(), 2).unwrap_err();
    assert!(error.kind() == ErrorKind::Closed && error.to_string().contains("a bug"), "{error}");
    drop(directory);
    let found = values(&read_log(&open(&disk).unwrap(), &kept()).unwrap());
    assert!([&[0][..], &[0, 1]].contains(&&found[..]), "{found:?}");
}
