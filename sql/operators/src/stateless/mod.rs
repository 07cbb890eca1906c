//! Steps that look at one row at a time, and event time.

mod evaluate;
mod event_time;
mod filter;
mod merge;
mod project;
mod watermark;

pub use event_time::event_time;
pub use filter::filter;
pub use merge::merge;
pub use project::project;
pub use watermark::watermark;

pub(crate) use evaluate::{Evaluated, Failure, dead_letter, evaluate};
