//! What all benchmarks share: warm memory, CPU time, repetition, one line of a table per measurement.
//!
//! Protocol: memory is touched before every run because the first touch of a page dominates everything else; each measurement is
//! repeated and printed as minimum, median and maximum; CPU seconds per million records stand beside every rate because they survive a
//! change of machine. Nothing here asserts a time.

mod measure;
mod memory;
mod report;
mod session;

pub use measure::{Measured, measure};
pub use memory::warm;
pub use report::{Row, header, print};
pub use session::{InFlight, runtime, session};
