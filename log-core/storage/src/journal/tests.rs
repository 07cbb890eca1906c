//! The journal by itself: what is written is read back, and damage is told apart from a torn tail.

use super::{Entry, EntryEncoder, JournalOptions, JournalPosition, JournalScan, JournalWriter, SectorBuffer, no_memory};
use crate::{Error, Result};
use log_env::{Disk, Fault, FaultKind, FaultOn, SimDisk, SimRandom};
use log_model::ErrorKind;
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

const PATH: &str = "journal";
const OPTIONS: JournalOptions = JournalOptions { file_bytes: 4096, files_max: 6 };

fn open(disk: &SimDisk, position: JournalPosition) -> Result<(JournalWriter, Vec<Vec<u8>>)> {
    disk.create_dir_all(Path::new(PATH)).unwrap();
    let mut entries = Vec::new();
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let writer = JournalScan::new(disk, Path::new(PATH), OPTIONS, position).run(|entry| {
        match entry {
            Entry::Change(bytes) => entries.push(bytes.to_vec()),
            Entry::Batches(_) => panic!("only changes were written"),
        }
        Ok(())
    })?;
    Ok((writer, entries))
}

/// Writes each group of entries with one call, from the end of what was read.
fn write(writer: &JournalWriter, groups: &[Vec<Vec<u8>>]) {
    write_on(writer, &mut SectorBuffer::new(writer.durable_lsn()), groups);
}

fn write_on(writer: &JournalWriter, buffer: &mut SectorBuffer, groups: &[Vec<Vec<u8>>]) {
    for group in groups {
        for entry in group {
            EntryEncoder::push_change(buffer, entry);
        }
        assert!(writer.make_room(buffer.end_lsn()).unwrap());
        writer.write(&mut buffer.take(no_memory())).unwrap();
    }
}

fn entries_of(sizes: &[usize]) -> Vec<Vec<u8>> {
    sizes.iter().enumerate().map(|(number, size)| vec![number as u8 + 1; *size]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn entries_are_read_back_over_files_and_restarts(lives in prop::collection::vec(prop::collection::vec(prop::collection::vec(0usize..900, 1..4), 0..4), 1..4)) {
        let (disk, mut expected) = (SimDisk::new(), Vec::new());
        for life in lives {
            let (writer, found) = open(&disk, JournalPosition::default()).unwrap();
            prop_assert_eq!(&found, &expected);
            let groups: Vec<_> = life.iter().map(|sizes| entries_of(sizes)).collect();
            let bytes: usize = groups.iter().flatten().map(Vec::len).sum();
            // Each life begins a file of its own: stay within the six there may be.
            if bytes < 5000 {
                write(&writer, &groups);
                expected.extend(groups.into_iter().flatten());
            }
        }
        prop_assert_eq!(open(&disk, JournalPosition::default()).unwrap().1, expected);
    }

    #[test]
    fn any_bytes_in_a_file_are_refused_or_ignored(bytes in prop::collection::vec(any::<u8>(), 0..3000), position in 0u64..4096) {
        let disk = SimDisk::new();
        write(&open(&disk, JournalPosition::default()).unwrap().0, &[entries_of(&[100, 700, 900])]);
        let path = disk.files().remove(0);
        disk.open(&path, log_env::OpenMode::Write).unwrap().write_at(&bytes, position).unwrap();
        match open(&disk, JournalPosition::default()) {
            Ok((_, found)) => prop_assert!(entries_of(&[100, 700, 900]).starts_with(&found)),
            Err(error) => prop_assert!(matches!(error, Error::Corrupt { .. }), "{error}"),
        }
    }
}

#[test]
fn files_before_the_checkpoint_serve_again_and_the_stream_goes_on() {
    let disk = SimDisk::new();
    let mut position = JournalPosition::default();
    let mut last = Vec::new();
    for life in 0..5 {
        let (writer, found) = open(&disk, position).unwrap();
        assert_eq!(found, last, "life {life}");
        let mut buffer = SectorBuffer::new(writer.durable_lsn());
        for round in 0..10 {
            last = entries_of(&[1500, 10 * life + round]);
            position = writer.position(writer.durable_lsn());
            write_on(&writer, &mut buffer, std::slice::from_ref(&last));
            // The checkpoint is always one round behind.
            writer.release(position).unwrap();
        }
        assert!(disk.files().len() <= OPTIONS.files_max);
    }
}

#[test]
fn the_limit_of_files_holds_until_some_are_released() {
    let disk = SimDisk::new();
    let (writer, _) = open(&disk, JournalPosition::default()).unwrap();
    assert!(!writer.make_room(1 << 20).unwrap());
    assert_eq!(disk.files().len(), OPTIONS.files_max);
}

#[test]
fn a_flipped_bit_in_the_stream_names_file_and_sector() {
    let disk = SimDisk::new();
    write(&open(&disk, JournalPosition::default()).unwrap().0, &[entries_of(&[900])]);
    let path = disk.files().remove(0);
    disk.flip_bit(&path, (512 * 2 + 7) * 8).unwrap();
    let error = open(&disk, JournalPosition::default()).unwrap_err();
    assert!(matches!(&error, Error::Corrupt { path: found, position: 1024, .. } if *found == path), "{error}");
}

#[test]
fn a_lost_file_in_use_is_damage() {
    let disk = SimDisk::new();
    let (writer, _) = open(&disk, JournalPosition::default()).unwrap();
    write(&writer, &[entries_of(&[3000, 3000])]);
    let position = writer.position(0);
    assert!(position.is_started);
    let files = disk.files();
    for lost in [&files[0], &files[1]] {
        let copy = disk.copy();
        copy.remove_file(lost).unwrap();
        let result = open(&copy, position);
        // Without the last file its entries cannot be told from a torn tail; the first one is named by the position.
        assert_eq!(result.is_err(), *lost == files[0]);
    }
}

#[test]
fn sectors_of_a_lost_tail_never_come_back() {
    for seed in 0..300 {
        let disk = SimDisk::new();
        write(&open(&disk, JournalPosition::default()).unwrap().0, &[entries_of(&[400])]);
        disk.start_trace();
        let (writer, _) = open(&disk, JournalPosition::default()).unwrap();
        write(&writer, &[entries_of(&[700, 700, 700])]);
        let random = SimRandom::new(seed);
        let points = disk.crash_points();
        let cut = disk.image(points.saturating_sub(2), &random);
        let (writer, found) = open(&cut, JournalPosition::default()).unwrap();
        let mut expected = found.clone();
        write(&writer, &[vec![vec![99; 300]]]);
        expected.push(vec![99; 300]);
        assert_eq!(open(&cut, JournalPosition::default()).unwrap().1, expected, "seed {seed}");
    }
}

#[test]
fn a_group_over_several_files_may_be_written_again_after_a_full_disk() {
    // The write that fails is that of the header or of the sectors, in each of the files the group reaches over.
    for (file, skip) in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)] {
        let disk = SimDisk::new();
        let (writer, _) = open(&disk, JournalPosition::default()).unwrap();
        write(&writer, &[entries_of(&[700])]);
        let mut buffer = SectorBuffer::new(0);
        entries_of(&[700]).iter().for_each(|entry| EntryEncoder::push_change(&mut buffer, entry));
        drop(buffer.take(no_memory()));
        let more = entries_of(&[3000, 3000, 900]);
        more.iter().for_each(|entry| EntryEncoder::push_change(&mut buffer, entry));
        assert!(writer.make_room(buffer.end_lsn()).unwrap());
        let mut group = buffer.take(no_memory());
        let path_part = format!("{file:020}.journal");
        disk.inject(Fault { on: FaultOn::Write, kind: FaultKind::NoSpace, path_part, skip, count: 2 });
        let mut failures = 0;
        while let Err(error) = writer.write(&mut group) {
            assert_eq!(error.kind(), ErrorKind::Full);
            failures += 1;
        }
        // The first file has its header already.
        assert_eq!(failures, if (file, skip) == (0, 1) { 0 } else { 2 }, "file {file}, write {skip}");
        let found = open(&disk, JournalPosition::default()).unwrap().1;
        assert_eq!(found, [entries_of(&[700]), more].concat());
    }
}
