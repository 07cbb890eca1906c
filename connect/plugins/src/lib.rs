//! Built-in converters and connectors, one folder each; [`all`] is the one list where they register.
//!
//! These are about the outside world, so files and clocks are used directly here and nowhere below: no crate under this one sees them. Nothing here
//! knows the log or the worker.
#![allow(clippy::disallowed_methods, reason = "connectors are about the outside world: files and clocks are their business")]

mod registry;

pub mod converters;
pub mod csv_file_sink;
pub mod datagen_source;
pub mod file_sink;
pub mod file_stream_source;
pub mod file_tail_source;
pub mod json_file_sink;
mod text;

pub use registry::all;
