//! The network face: accepts connections, cuts requests out of them, writes answers back.
//!
//! The path of a request: `accept` admits the connection within the limits of [`Peers`]; `connection` reads a frame (`frames`), hands it to
//! `handlers::start`, and writes what that answers, in order. What requests and answers hold in memory is bounded by the [`Budget`].

mod accept;
mod address;
mod budget;
mod connection;
mod frames;
mod kafka_listener;
mod peers;
mod session;
mod stop_signal;

pub(crate) use budget::{Budget, Share};
pub(crate) use frames::Frame;
pub use kafka_listener::KafkaListener;
pub(crate) use peers::Peers;
pub(crate) use session::Session;
pub(crate) use stop_signal::StopSignal;
