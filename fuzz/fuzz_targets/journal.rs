//! Any bytes in place of a stretch of the journal: the directory opens to a prefix of what was written, or refuses; it never panics, and takes no more
//! than ten times the journal's bytes beyond what the journal as it was written takes.
//!
//! The checksums of sectors and entries stop almost every mutation, so half of the inputs have them mended and reach what lies behind.
#![no_main]

use headwater_fuzz::{Counting, PER_BYTE, taken_by, within_memory};
use libfuzzer_sys::fuzz_target;
use log_env::{Env, OpenMode, SimDisk};
use log_model::{CompressionType, Offset, Timestamp, TopicConfig, TopicId, TopicName, TopicPartition};
use log_record::BatchBuilder;
use log_storage::{DataDirectory, DirectoryOptions, Isolation};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const DIRECTORY: &str = "data";
const JOURNAL_FILE_BYTES: u64 = 16 << 10;
const SECTOR_BYTES: usize = 512;
const PAYLOAD_BYTES: usize = 492;
const ENTRY_HEADER_BYTES: usize = 16;
/// The header and one sector for each of the groups written below.
const SECTORS: usize = 6;

fuzz_target!(|input: (bool, u8, u16, &[u8])| {
    let (is_mended, sector, at, bytes) = input;
    let (base, file) = base();
    let disk = base.copy();
    let mut stored = disk.read_all(file).expect("the file is there");
    if is_mended {
        let start = (1 + usize::from(sector) % (SECTORS - 1)) * SECTOR_BYTES;
        put(&mut stored[start..start + PAYLOAD_BYTES], usize::from(at), bytes);
        mend(&mut stored[start..start + SECTOR_BYTES]);
    } else {
        put(&mut stored, usize::from(at), bytes);
    }
    let (env, _sim) = Env::simulated_on(1, disk);
    env.disk.open(file, OpenMode::Write).expect("the file is there").write_at(&stored, 0).expect("the disk works");
    within_memory(stored.len() + opening_bytes() / PER_BYTE, || open_and_read(&env));
});

/// Opens the directory, reads what it has and checks its order.
fn open_and_read(env: &Env) {
    if let Ok(directory) = DataDirectory::open(env, Path::new(DIRECTORY), options())
        && let Ok(fetched) = directory.read(&partition(), Offset(0), 1 << 20, Isolation::ReadCommitted)
    {
        let mut next = Offset(0);
        for batch in &fetched.batches {
            assert!(batch.base_offset() >= next, "batches are in the order of their offsets");
            next = batch.next_offset();
        }
    }
}

/// The memory that the directory takes as it was written: files, threads and buffers, whatever the journal says.
fn opening_bytes() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| {
        let (env, _sim) = Env::simulated_on(1, base().0.copy());
        taken_by(|| open_and_read(&env))
    })
}

fn options() -> DirectoryOptions {
    DirectoryOptions { journal_file_bytes: JOURNAL_FILE_BYTES, ..DirectoryOptions::default() }
}

fn partition() -> TopicPartition {
    TopicName::new("t").expect("a legal name").partition(0)
}

/// A directory whose process died after one topic and a few batches, and its only journal file.
fn base() -> &'static (SimDisk, PathBuf) {
    static BASE: OnceLock<(SimDisk, PathBuf)> = OnceLock::new();
    BASE.get_or_init(|| {
        let (env, sim) = Env::simulated(1);
        let path = Path::new(DIRECTORY);
        let directory = DataDirectory::open(&env, path, options()).expect("an empty disk opens");
        directory.create_partition(&partition(), TopicId(Default::default()), &TopicConfig::default()).expect("there is room");
        for number in 0..3u8 {
            let mut batch = BatchBuilder::new(CompressionType::None);
            batch.append_parts(Timestamp(0), None, Some(&[number; 40]), &[]).expect("a small record");
            _ = directory.stage(vec![(partition(), vec![batch.build()])], 0).expect("there is room");
            directory.flush().expect("the disk works");
        }
        // Dropped without a close, as if the process had died.
        drop(directory);
        let journal = path.join("journal");
        let names = env.disk.list(&journal).expect("the directory is there");
        (sim.disk, journal.join(&names.first().expect("there is a file").name))
    })
}

fn put(target: &mut [u8], at: usize, bytes: &[u8]) {
    let at = at % target.len();
    let count = bytes.len().min(target.len() - at);
    target[at..at + count].copy_from_slice(&bytes[..count]);
}

/// Gives the first entry of a sector, if it ends there, and the sector the checksums they must have.
fn mend(sector: &mut [u8]) {
    let body_bytes = u32::from_le_bytes([sector[0], sector[1], sector[2], sector[3]]) as usize;
    if body_bytes <= PAYLOAD_BYTES - ENTRY_HEADER_BYTES {
        let crc = headwater_fuzz::crc32c(&sector[8..ENTRY_HEADER_BYTES + body_bytes]);
        sector[4..8].copy_from_slice(&crc.to_le_bytes());
    }
    let crc = headwater_fuzz::crc32c(&sector[..SECTOR_BYTES - 4]);
    sector[SECTOR_BYTES - 4..].copy_from_slice(&crc.to_le_bytes());
}
