//! The network face: accepts connections, cuts requests out of them, writes answers back.
//!
//! The path of a request: `accept` admits the connection within the limits of [`Peers`]; `connection` reads a frame (`frames`), hands it to
//! `handlers::start`, and writes what that answers (`log_env::Outgoing`), in order. What requests and answers hold in memory, and for how long, is bounded by
//! the [`Budgets`]; who is too slow for them (`pace`) is closed.

mod accept;
mod address;
mod budget;
mod budgets;
mod complaints;
mod connection;
mod creation_rate;
mod frames;
mod kafka_listener;
mod pace;
mod peers;
mod session;
mod stop_signal;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use budget::Share;
#[cfg(test)]
pub(crate) use budgets::NEIGHBOUR_WAITS;
pub(crate) use budgets::{Budgets, REQUEST_OVERHEAD_BYTES};
pub(crate) use complaints::Complaints;
pub(crate) use frames::Frame;
pub use kafka_listener::KafkaListener;
pub(crate) use peers::Peers;
pub(crate) use session::Session;
pub(crate) use stop_signal::StopSignal;
