//! Handlers as their clients see them: requests over a simulated network.

pub(crate) mod client;

mod access;
mod authorization;
mod cluster;
mod configs;
mod refused_requests;
mod topics;
