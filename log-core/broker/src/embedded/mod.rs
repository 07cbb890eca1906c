//! The face of a node for clients in its own process: the traits of `log-client`.

mod admin;
mod consumer;
#[cfg(test)]
pub(crate) mod contract_tests;
mod embedded_log;
#[cfg(test)]
mod failure_tests;
#[cfg(test)]
mod maintenance_tests;
mod producer;
#[cfg(test)]
mod restart_tests;
#[cfg(test)]
pub(crate) mod test_world;
mod transactions;

pub use embedded_log::EmbeddedLog;
