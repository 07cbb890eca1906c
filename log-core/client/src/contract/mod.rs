//! What every log must do: one suite of asynchronous cases, run against each implementation.
//!
//! A case gets a fresh, empty log and panics if the log breaks its promise. [`log_contract!`](crate::log_contract) turns each into a `#[test]` of
//! its own; [`CASES`] lists them for other harnesses. Cases know no implementation: offsets after a transaction are not assumed to be adjacent
//! (a Kafka cluster stores markers there), and nothing sleeps.
//!
//! All cases hold for a log in the process of its clients. A log over a network answers later than at the next call, so its harness waits between calls for a
//! case; and the cases of [`LOCAL_ONLY`] are not about it.
//!
//! ```
//! use log_client::{Log, contract, memory::MemoryLog};
//! use std::sync::Arc;
//!
//! for case in contract::CASES.iter().take(3) {
//!     futures::executor::block_on((case.run)(Arc::new(MemoryLog::new())));
//! }
//! ```
#![allow(missing_docs, reason = "the name of a case is the sentence it checks")]
#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]

pub mod consuming;
pub mod groups;
mod harness;
mod list;
pub mod producing;
pub mod topics;
pub mod transactions;

pub use list::{CASES, Case, LOCAL_ONLY, Run};
