//! `DatagenSource`: generated records, the same for the same seed, resumable at any row.
//!
//! Every row is a pure function of seed and row number, so the source offset is `{"row":n}` and a restart continues exactly. Templates: `access-log`
//! (lines of a web server's log), `counter` (the row number) and `json` (orders). [`AccessLog`] is also there as a plain value, for writing such a log to a file.

mod access_log;
mod plugin;
mod random;
mod task;
mod template;

pub use access_log::{AccessLog, AccessLogOptions};
pub use plugin::plugin;
