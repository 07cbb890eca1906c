//! Handlers as their clients see them: requests over a simulated network.

pub(crate) mod client;
mod member;
mod txn;
pub(crate) mod wire;

mod access;
mod announced;
mod authorization;
mod beside;
mod cluster;
mod configs;
mod connection;
mod fetch;
mod groups;
mod no_room;
mod produce;
mod topics;
mod transactions;
