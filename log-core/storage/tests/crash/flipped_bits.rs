//! One bit rots in any file of a stopped directory: it is noticed, or what it was part of is rebuilt; it is never served.

use crate::model::{State, open, read_all};
use crate::workload::run;
use log_env::{Random, SimDisk, SimRandom};
use log_model::{ErrorKind, Timestamp, TopicPartition};
use log_storage::{DataDirectory, Error};
use std::collections::BTreeMap;
use std::path::Path;

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
        for moment in [0, 20, 40, 60, 80] {
            found.push(directory.find_by_timestamp(partition, Timestamp(moment))?.map(|at| at.offset.0));
        }
    }
    Ok(found)
}

fn refused(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Invalid)
}

fn check_partition(directory: &DataDirectory, partition: &TopicPartition, expected: &State, wanted_times: &[Option<i64>]) -> bool {
    let one = [partition.clone()];
    let mut is_served = true;
    match times(directory, &one) {
        Ok(found) => assert_eq!(found, wanted_times, "{partition} finds other records by time"),
        Err(error) => {
            assert!(refused(&error), "{error}");
            is_served = false;
        }
    }
    match read_all(directory) {
        Ok(found) => assert_eq!(found[partition], expected[partition], "{partition} serves something else"),
        Err(error) => {
            assert!(refused(&error), "{error}");
            is_served = false;
        }
    }
    is_served
}

fn flip(
    disk: &SimDisk,
    path: &Path,
    bit: u64,
    expected: &State,
    wanted: &BTreeMap<TopicPartition, Vec<Option<i64>>>,
    outcomes: &mut Outcomes,
) {
    let image = disk.copy();
    image.flip_bit(path, bit).unwrap();
    match open(&image) {
        Err(error) => {
            assert!(refused(&error), "{error}");
            outcomes.refused_to_open += 1;
        }
        Ok(directory) => {
            assert_eq!(directory.partitions(), expected.keys().cloned().collect::<Vec<_>>());
            let served = wanted.iter().filter(|(partition, times)| check_partition(&directory, partition, expected, times)).count();
            if served == wanted.len() { outcomes.unharmed += 1 } else { outcomes.refused_to_serve += 1 }
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
        let expected = read_all(&directory).unwrap();
        let wanted: BTreeMap<_, _> =
            expected.keys().map(|partition| (partition.clone(), times(&directory, std::slice::from_ref(partition)).unwrap())).collect();
        for path in disk.files() {
            let bits = disk.read_all(&path).unwrap().len() as u64 * 8;
            for _ in 0..BITS_PER_FILE.min(bits) {
                let (bit, outcomes) = (random.below(bits), by_kind.entry(kind_of(&path)).or_default());
                let check = || flip(&disk, &path, bit, &expected, &wanted, outcomes);
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
