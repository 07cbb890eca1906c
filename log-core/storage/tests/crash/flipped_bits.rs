//! One bit rots in any file of a stopped directory: it is noticed, or what it was part of is rebuilt; it is never served.

use crate::model::{Log, open, read_all, read_log};
use crate::workload::run;
use log_env::{Random, SimDisk, SimRandom};
use log_model::{ErrorKind, FlushMode, Timestamp, TopicPartition};
use log_storage::{DataDirectory, Error};
use std::collections::BTreeMap;
use std::path::Path;

/// No record of the workload is later.
const MOMENT_MAX: i64 = 150;
/// How many bits of each file are tried.
const BITS_PER_FILE: u64 = 40;

#[derive(Debug, Default)]
struct Outcomes {
    refused_to_open: u64,
    refused_to_serve: u64,
    unharmed: u64,
}

fn kind_of(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    name.rsplit('.').next().unwrap().to_owned()
}

/// Where the records of some moments are, for what the time indexes say.
fn times(directory: &DataDirectory, partitions: &[TopicPartition]) -> Result<Vec<Option<i64>>, Error> {
    let mut found = Vec::new();
    for partition in partitions {
        // Every moment there is, and one beyond.
        for moment in 0..=MOMENT_MAX {
            found.push(directory.find_by_timestamp(partition, Timestamp(moment))?.map(|at| at.offset.0));
        }
    }
    Ok(found)
}

/// Damage says so. The version file alone may also be taken for that of a newer program, if its first line is hit.
fn refused(error: &Error, path: &Path) -> bool {
    error.kind() == ErrorKind::Corrupt || (kind_of(path) == "version" && matches!(error, Error::UnsupportedVersion { .. }))
}

/// Whether the partition is served, as it was; otherwise it says that it is damaged.
///
/// What no checkpoint covers of a topic that is not durable is not known to have been there: it may be cut off where it rots.
fn check_partition(directory: &DataDirectory, partition: &TopicPartition, expected: &Expected) -> bool {
    let is_damaged = |error: &Error| assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    let by_time = times(directory, std::slice::from_ref(partition)).inspect_err(is_damaged);
    let read = read_log(directory, partition).inspect_err(is_damaged);
    if let Ok(found) = &read
        && expected.may_be_cut
        && *found != expected.log
    {
        assert!(expected.log.batches.starts_with(&found.batches), "{partition} serves something else");
        return true;
    }
    if let Ok(found) = &by_time {
        assert_eq!(*found, expected.times, "{partition} finds other records by time");
    }
    if let Ok(found) = &read {
        assert_eq!(*found, expected.log, "{partition} serves something else");
    }
    by_time.is_ok() && read.is_ok()
}

/// What a partition serves while nothing is flipped.
struct Expected {
    log: Log,
    times: Vec<Option<i64>>,
    may_be_cut: bool,
}

type AllExpected = BTreeMap<TopicPartition, Expected>;

fn flip(disk: &SimDisk, path: &Path, bit: u64, expected: &AllExpected, outcomes: &mut Outcomes) {
    let image = disk.copy();
    image.flip_bit(path, bit).unwrap();
    match open(&image) {
        Err(error) => {
            assert!(refused(&error, path), "{error}");
            outcomes.refused_to_open += 1;
        }
        Ok(directory) => {
            assert_eq!(directory.partitions(), expected.keys().cloned().collect::<Vec<_>>());
            let served = expected.iter().filter(|(partition, expected)| check_partition(&directory, partition, expected)).count();
            if served == expected.len() { outcomes.unharmed += 1 } else { outcomes.refused_to_serve += 1 }
        }
    }
}

#[test]
fn one_flipped_bit_is_noticed_or_harmless_in_every_file() {
    let mut by_kind: BTreeMap<String, Outcomes> = BTreeMap::new();
    for seed in 1..=8 {
        let run = run(seed, 60);
        let random = SimRandom::new(seed);
        let disk = run.disk.copy();
        let directory = open(&disk).unwrap();
        // Half of the directories are stopped cleanly, so that everything is below the checkpoint; the others have all in the journal.
        if seed % 2 == 0 {
            directory.close().unwrap();
        }
        drop(directory);
        let disk = disk.copy();
        let directory = open(&disk.copy()).unwrap();
        let whole = read_all(&directory).unwrap();
        let expect = |(partition, log): (&TopicPartition, Log)| Expected {
            times: times(&directory, std::slice::from_ref(partition)).unwrap(),
            may_be_cut: log.flush == FlushMode::Os && seed % 2 == 1,
            log,
        };
        let expected: AllExpected = whole.into_iter().map(|(partition, log)| (partition.clone(), expect((&partition, log)))).collect();
        for path in disk.files() {
            let bits = disk.read_all(&path).unwrap().len() as u64 * 8;
            for _ in 0..BITS_PER_FILE.min(bits) {
                let (bit, outcomes) = (random.below(bits), by_kind.entry(kind_of(&path)).or_default());
                let check = || flip(&disk, &path, bit, &expected, outcomes);
                if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)) {
                    eprintln!("run {seed}, {}, bit {bit} of {bits}", path.display());
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
    println!("{by_kind:#?}");
    for kind in ["journal", "log", "index", "timeindex", "snapshot", "leader-epoch-checkpoint", "metadata", "checkpoint", "version"] {
        assert!(by_kind.contains_key(kind), "no {kind} file was tried");
    }
    for (kind, outcomes) in [("metadata", &by_kind["metadata"]), ("checkpoint", &by_kind["checkpoint"]), ("version", &by_kind["version"])] {
        assert_eq!((outcomes.unharmed, outcomes.refused_to_serve), (0, 0), "{kind}");
    }
    assert!(by_kind["journal"].refused_to_open > 0 && by_kind["log"].refused_to_serve > 0);
}
