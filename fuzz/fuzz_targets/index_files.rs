//! Any bytes as each of a partition's small files: offset, time and transaction index, producer snapshot, epoch history; within ten times their memory.
#![no_main]

use headwater_fuzz::{Counting, within_memory};
use libfuzzer_sys::fuzz_target;
use log_storage::partition::SmallFile;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const NAMES: [&str; 5] = [
    "00000000000000000007.index",
    "00000000000000000007.timeindex",
    "00000000000000000007.txnindex",
    "00000000000000000007.snapshot",
    "leader-epoch-checkpoint",
];

fuzz_target!(|data: &[u8]| {
    for name in NAMES {
        if let Some(file) = within_memory(data.len(), || SmallFile::read(name, data)) {
            // No entry takes less than a byte, so what is described cannot outgrow what was given.
            assert!(file.lines().count() <= data.len());
        }
    }
});
