//! Tests of stream programs without a log: rows in, rows out, stores in between, one record at a time.
//!
//! [`TopologyTestDriver`] runs the very operators and tasks that production runs, with stores in memory and one partition for each topic. Not
//! tested here: several partitions, threads, restarts.

mod driver;
mod error;
mod store_view;
mod task;
mod topic;

pub use driver::TopologyTestDriver;
pub use error::TestError;
pub use store_view::{KeyValueStore, WindowStore};
pub use topic::{TestRecord, TestTopic};
