//! The one place with unsafe code: librdkafka's C interface behind safe types.
//!
//! What always holds: a pointer handed to librdkafka outlives its use there; what librdkafka owns is freed once, by the type that holds it; a value given as
//! "opaque" comes back through exactly one event. Nothing here blocks unless its name ends in `_blocking`.
//!
//! Answers come through one *background queue* per client, which librdkafka serves from a thread of its own and hands to [`client::on_event`]: delivery
//! reports go to their [`Receipt`](super::receipt::Receipt), answers of admin calls and commits to the future that waits for them.
//!
//! Not here: what anything means. Source: `rdkafka.h` of librdkafka 2.12.
#![allow(unsafe_code, reason = "librdkafka is a C library; its calls are confined to this folder")]

mod admin;
mod client;
mod consumer;
mod fault;
mod partitions;
mod producer;

pub(super) use admin::{ConfigEntry, OffsetQuery};
pub(super) use client::{Client, Role};
pub(super) use consumer::{Arrival, Fetched};
pub(super) use fault::Fault;
pub(super) use partitions::{PartitionEntry, PartitionList};
pub(super) use producer::TopicHandle;
