//! Disks that fail, fill up and hang, directories that are taken or too new, and many threads at once.

use crate::model::{OPTIONS, PATH, numbered_batch as batch, open, read_all, values as numbers};
use log_env::{Disk, Env, Fault, FaultKind, FaultOn, Mono, OpenMode, SimDisk, SimRandom};
use log_model::{ErrorKind, FlushMode, Offset, TopicConfig, TopicId, TopicName, TopicPartition};
use log_record::RecordBatch;
use log_storage::{DataDirectory, DirectoryOptions, Error, Isolation};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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

/// Appends and checkpoints until something fails. Gives the numbers acknowledged, and the failure.
fn run_until_failure(disk: &SimDisk, acknowledged: &mut Vec<u64>) -> (Option<DataDirectory>, Option<Error>) {
    let directory = match open(disk) {
        Ok(directory) => directory,
        Err(error) => return (None, Some(error)),
    };
    let work = |acknowledged: &mut Vec<u64>| -> Result<(), Error> {
        directory.create_partitions(&partition(0).topic, 0..1, ID, &config())?;
        for number in 0..40 {
            append(&directory, 0, number)?;
            acknowledged.push(number);
            if number % 8 == 7 {
                directory.checkpoint()?;
            }
        }
        Ok(())
    };
    let error = work(acknowledged).err();
    (Some(directory), error)
}

fn check_dead(directory: &DataDirectory) {
    assert!(directory.is_dead());
    let calls = [
        append(directory, 0, 99).map(|_| ()),
        directory.flush().map(|_| ()),
        directory.checkpoint(),
        directory.write_behind().map(|_| ()),
        directory.maintain(0).map(|_| ()),
        directory.read(&partition(0), Offset::ZERO, 1, Isolation::ReadCommitted).map(|_| ()),
        directory.append_os(&partition(0), batch(99), 0).map(|_| ()),
    ];
    for call in calls {
        assert_eq!(call.unwrap_err().kind(), ErrorKind::Closed);
    }
}

#[test]
fn a_disk_failure_ends_the_directory_and_loses_nothing_acknowledged() {
    let mut struck = 0;
    let faults = (0..70).map(|skip| Fault { on: FaultOn::Sync, kind: FaultKind::Broken, path_part: String::new(), skip, count: 1 });
    let journal = (0..30).map(|skip| Fault { on: FaultOn::Write, kind: FaultKind::Broken, path_part: "journal/".into(), skip, count: 1 });
    let segments = (0..10).map(|skip| Fault { on: FaultOn::Write, kind: FaultKind::Broken, path_part: ".log".into(), skip, count: 1 });
    let full_syncs = (0..70).map(|skip| Fault { on: FaultOn::Sync, kind: FaultKind::NoSpace, path_part: String::new(), skip, count: 1 });
    let names = (0..30).map(|skip| Fault { on: FaultOn::Name, kind: FaultKind::Broken, path_part: String::new(), skip, count: 1 });
    for (number, fault) in faults.chain(full_syncs).chain(journal).chain(segments).chain(names).enumerate() {
        let disk = SimDisk::new();
        disk.inject(fault.clone());
        let mut acknowledged = Vec::new();
        let (directory, error) = run_until_failure(&disk, &mut acknowledged);
        if let (Some(directory), Some(error)) = (&directory, &error) {
            assert_eq!(error.kind(), ErrorKind::Closed, "{fault:?} {error}");
            let syncs = disk.sync_count();
            check_dead(directory);
            assert_eq!(disk.sync_count(), syncs, "a failed sync is never tried again");
            struck += 1;
        }
        disk.clear_faults();
        drop(directory);
        for image in [disk.crash(&SimRandom::new(number as u64)), disk.clone()] {
            let state = read_all(&open(&image).unwrap()).unwrap();
            let found = state.get(&partition(0)).map(numbers).unwrap_or_default();
            assert!(found.starts_with(&acknowledged), "{fault:?}: {acknowledged:?} was acknowledged, {found:?} is left");
        }
    }
    assert!(struck > 130, "only {struck} failures struck");
}

#[test]
fn a_full_disk_refuses_appends_serves_reads_and_goes_on_once_there_is_room() {
    for capacity in (60_000..160_000).step_by(7_001) {
        let disk = SimDisk::new();
        let directory = open(&disk).unwrap();
        directory.create_partitions(&partition(0).topic, 0..2, ID, &config()).unwrap();
        disk.set_capacity(Some(capacity));
        let (mut acknowledged, mut number, mut refusals) = (Vec::new(), 0, 0);
        while refusals < 5 {
            number += 1;
            match append(&directory, 0, number) {
                Ok(_) => acknowledged.push(number),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
                    refusals += 1;
                }
            }
            assert!(number < 2000, "the disk never fills");
        }
        assert!(!directory.is_dead());
        // What was refused may have been staged: it is not lost if it was, but nothing else may show.
        let found = numbers(&read_all(&directory).unwrap()[&partition(0)]);
        assert!(acknowledged.iter().all(|number| found.contains(number)), "reads go on");
        let after = open(&disk.crash(&SimRandom::new(capacity))).map(|directory| read_all(&directory).unwrap());
        if let Ok(after) = after {
            let found = numbers(&after[&partition(0)]);
            assert!(acknowledged.iter().all(|number| found.contains(number)), "nothing acknowledged is lost at {capacity}");
        }
        disk.set_capacity(Some(capacity + 200_000));
        append(&directory, 0, number + 1).expect("there is room again");
        directory.checkpoint().unwrap();
        let found = numbers(&read_all(&open(&disk.crash(&SimRandom::new(1))).unwrap()).unwrap()[&partition(0)]);
        assert!(acknowledged.iter().chain([&(number + 1)]).all(|number| found.contains(number)));
    }
}

#[test]
fn a_second_opening_is_refused_and_names_the_first() {
    let disk = SimDisk::new();
    let first = open(&disk).unwrap();
    let message = open(&disk).unwrap_err().to_string();
    assert!(message.contains(&format!("process {} (", std::process::id())), "{message}");
    drop(first);
    open(&disk).unwrap();
}

#[test]
fn a_newer_format_is_refused_with_both_versions() {
    let disk = SimDisk::new();
    drop(open(&disk).unwrap());
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, b"directory 2\n") as u32;
    let file = disk.open(&Path::new(PATH).join("headwater.version"), OpenMode::Write).unwrap();
    file.write_at(format!("headwater-directory 2 {crc:08x}\n").as_bytes(), 0).unwrap();
    let error = open(&disk).unwrap_err();
    assert!(matches!(error, Error::UnsupportedVersion { found: 2, supported: 1, .. }), "{error}");
}

#[test]
fn a_refused_batch_takes_back_the_whole_entry() {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    let small = TopicConfig { max_message_bytes: 100, ..config() };
    directory.create_partition(&partition(0), ID, &config()).unwrap();
    directory.create_partition(&partition(1), TopicId(Uuid::from_u128(2)), &small).unwrap();
    for _ in 0..200 {
        let entry = vec![(partition(0), vec![batch(1)]), (partition(1), vec![batch(2)])];
        assert!(matches!(directory.stage(entry, 0).unwrap_err(), Error::BatchTooLarge { .. }));
    }
    assert_eq!(directory.info(&partition(0)).unwrap().log_end, Offset(0));
    assert_eq!(append(&directory, 0, 3).unwrap(), Offset(0));
    let unknown = directory.stage(vec![(partition(0), vec![batch(1)]), (partition(9), vec![batch(2)])], 0).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Missing);
}

#[test]
fn appends_without_the_journal_survive_the_process_and_keep_a_prefix_after_a_power_cut() {
    let disk = SimDisk::new();
    disk.start_trace();
    let directory = open(&disk).unwrap();
    let os = TopicConfig { flush: FlushMode::Os, ..config() };
    directory.create_partitions(&partition(0).topic, 0..1, ID, &os).unwrap();
    let created = disk.crash_points();
    let written: Vec<u64> = (0..30).collect();
    for number in &written {
        directory.append_os(&partition(0), batch(*number), 0).unwrap();
        if *number == 12 {
            directory.checkpoint().unwrap();
        }
        let survivors = numbers(&read_all(&open(&disk.copy()).unwrap()).unwrap()[&partition(0)]);
        assert_eq!(survivors, written[..=*number as usize], "the process died");
    }
    let random = SimRandom::new(5);
    for point in created..disk.crash_points() {
        for _ in 0..10 {
            let found = numbers(&read_all(&open(&disk.image(point, &random)).unwrap()).unwrap()[&partition(0)]);
            assert!(written.starts_with(&found), "{found:?}");
        }
    }
    let found = numbers(&read_all(&open(&disk.crash(&random)).unwrap()).unwrap()[&partition(0)]);
    assert!(found.len() > 12, "what a checkpoint covers is durable");
}

#[test]
fn staging_and_reading_go_on_while_a_sync_hangs() {
    let disk = SimDisk::new();
    let directory = open(&disk).unwrap();
    directory.create_partitions(&partition(0).topic, 0..1, ID, &config()).unwrap();
    append(&directory, 0, 0).unwrap();
    disk.freeze();
    std::thread::scope(|scope| {
        _ = directory.stage(vec![(partition(0), vec![batch(1)])], 0).unwrap();
        let flush = scope.spawn(|| directory.flush());
        while disk.waiting_syncs() == 0 {
            std::thread::yield_now();
        }
        let staged = directory.stage(vec![(partition(0), vec![batch(2)])], 0).unwrap();
        let fetched = directory.read(&partition(0), Offset::ZERO, 1 << 20, Isolation::ReadCommitted).unwrap();
        assert_eq!(fetched.high_watermark, Offset(1), "what is not durable is not visible");
        disk.thaw();
        assert!(flush.join().unwrap().unwrap().lsn < staged.lsn);
        assert_eq!(directory.flush().unwrap().lsn, staged.lsn, "the next group was staged meanwhile");
    });
    assert_eq!(directory.info(&partition(0)).unwrap().high_watermark, Offset(3));
}

#[test]
fn many_threads_append_read_and_checkpoint_at_once() {
    const THREADS: u64 = 3;
    const ENTRIES: u64 = 400;
    let disk = SimDisk::new();
    let (env, _sim) = Env::simulated_on(1, disk.clone());
    let options = DirectoryOptions { journal_file_bytes: 64 << 10, hot_bytes_max: 100 << 10, group_bytes_max: 20 << 10, ..OPTIONS };
    let directory = DataDirectory::open(&env, Path::new(PATH), options).unwrap();
    directory.create_partitions(&partition(0).topic, 0..4, ID, &config()).unwrap();
    let (is_done, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let producers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let directory = &directory;
                scope.spawn(move || {
                    for number in 0..ENTRIES {
                        let (a, b) = ((number % 4) as i32, ((number + thread + 1) % 4) as i32);
                        let parts = vec![(partition(a), vec![batch(number)]), (partition(b), vec![batch(number)])];
                        _ = directory.stage(parts, 0).unwrap();
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !is_done.load(Ordering::Acquire) {
                acknowledged.fetch_max(directory.flush().unwrap().lsn, Ordering::AcqRel);
            }
        });
        scope.spawn(|| {
            while !is_done.load(Ordering::Acquire) {
                directory.write_behind().unwrap();
                directory.maintain(0).unwrap();
                if directory.needs_checkpoint(Mono(0)) {
                    directory.checkpoint().unwrap();
                }
                for log in read_all(&directory).unwrap().values() {
                    let bases: Vec<i64> =
                        log.batches.iter().map(|bytes| RecordBatch::parse(bytes.clone()).unwrap().base_offset().0).collect();
                    assert!(bases.iter().enumerate().all(|(index, base)| index as i64 == *base), "no gap, no repetition");
                }
            }
        });
        for producer in producers {
            producer.join().unwrap();
        }
        is_done.store(true, Ordering::Release);
    });
    directory.flush().unwrap();
    assert!(directory.hot_bytes() <= options.hot_bytes_max + 20_000);
    let state = read_all(&directory).unwrap();
    assert_eq!(state.values().map(|log| log.batches.len() as u64).sum::<u64>(), 2 * THREADS * ENTRIES);
    drop(directory);
    assert_eq!(read_all(&open(&disk.crash(&SimRandom::new(3))).unwrap()).unwrap(), state);
}
