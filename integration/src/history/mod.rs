//! A checker of histories: what clients of a log did and saw, and whether a log that keeps its promises could have answered so.
//!
//! A [`History`] is a list of [`Operation`]s, each with its invocation, its completion and its [`Outcome`]. Every value is sent once, so a value says who
//! wrote it. [`check`] derives who wrote and who read what, and the order of each partition, and looks for every [`Kind`] of anomaly.
//! [`check_copies`] looks at a job that copies values from topic to topic exactly once.
//!
//! Not here: who runs the clients. Source of the model: `jepsen.tests.kafka`, and Adya's names for cycles.

mod anomaly;
mod check;
mod checks;
mod copies;
mod graph;
mod index;
#[cfg(test)]
mod legal;
#[cfg(test)]
mod legal_tests;
mod operation;
mod order;
#[cfg(test)]
mod script;

pub use anomaly::{Anomaly, Kind, Report};
pub use check::check;
pub use copies::{Copied, check_copies};
pub use operation::{Action, ClientId, History, Key, Operation, Outcome, Value, Work};
