//! Handlers as their clients see them: requests over a simulated network.

pub(crate) mod client;
mod member;
mod txn;
mod wire;

mod access;
mod authorization;
mod cluster;
mod configs;
mod fetch;
mod groups;
mod produce;
mod refused_requests;
mod topics;
mod transactions;
