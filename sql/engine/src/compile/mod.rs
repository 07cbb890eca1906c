//! From a streaming plan to a topology: one file a node, all registered in `compiler.rs`.
//!
//! Operators are described by their plan in words, which name their stores and internal topics: the same query finds its state again.

mod aggregate;
mod collect;
mod compiler;
mod filter;
mod format;
mod project;
mod scan;
mod shuffle;
mod sink;
mod tumble;

pub(crate) use collect::{Collected, collector};
use compiler::{Compiler, Step, Stores};
pub(crate) use compiler::{Settings, compile};
pub(crate) use format::{decoded_schema, format_spec, relation_kind, write_options};
pub(crate) use scan::partition_topic;
