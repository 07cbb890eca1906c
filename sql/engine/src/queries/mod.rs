//! Running queries: those that fill relations, as streams applications, and those of a reader.

mod push;
mod running;
mod status;

pub(crate) use push::push_rows;
pub(crate) use running::Queries;
pub use status::{QueryStatus, StepStatus};
