//! A data directory under power cuts, rot, failing and full disks: one test binary on the simulated disk.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod closing;
mod compaction;
mod disk_faults;
mod fences;
mod flipped_bits;
mod full_disk;
mod model;
mod power_cuts;
mod stored_formats;
mod workload;
