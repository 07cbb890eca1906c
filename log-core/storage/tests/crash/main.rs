//! A data directory under power cuts, rot, failing and full disks: one test binary on the simulated disk.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compaction;
mod disk_faults;
mod flipped_bits;
mod model;
mod power_cuts;
mod workload;
