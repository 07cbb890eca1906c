//! What tests of several layers share: [`MetLog`], a log whose calls are met on their way, and [`small_disk`], a file system that runs full. Only tests
//! use this crate.

mod met_log;
mod skipped;
mod small_disk;
mod workspace;

pub use met_log::{Call, Meet, MetLog};
pub use skipped::say_skipped;
pub use small_disk::{mount_namespace, small_disk};
pub use workspace::workspace;
