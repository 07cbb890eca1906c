//! `headwater server` killed with `kill -9` again and again while librdkafka's producers and consumers work: their history must be legal.

#![allow(clippy::disallowed_methods, reason = "this test is about the outside world: processes, threads and clocks")]

mod clients;
mod kill;
mod payload;
mod program;
mod recorder;
mod role;
mod server;
mod verdict;
mod world;
