//! The operators of the typed API against Kafka Streams' semantics, record by record.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod aggregations;
mod batches;
mod dead_letters;
mod names;
mod stateless;
mod support;
mod tables;
mod windows;
