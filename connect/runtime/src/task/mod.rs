//! One task: a future under a supervisor that runs it, reports its state and restarts it.

mod control;
mod dead_letters;
mod sink;
mod sink_offsets;
mod source;
mod supervisor;

pub(crate) use control::{Control, Target, yield_now};
pub(crate) use sink::group;
pub(crate) use supervisor::{TaskContext, supervise};
