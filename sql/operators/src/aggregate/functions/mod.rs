//! The aggregate functions, one file each, and their list.

mod count;
mod distinct;
mod exact;
mod extreme;
mod float;
mod registry;

pub(super) use registry::{Accumulator, Input, Prepared, accumulator};
