//! Requests and responses: a module a message, holding its structs; the messages themselves stand here too.
//!
//! Generated from `schema/*.api`. Field names are Kafka's in snake case; the documentation of a field tells its versions.
#![allow(clippy::field_reassign_with_default, reason = "generated readers fill a default field by field, in the order of the bytes")]

include!(concat!(env!("OUT_DIR"), "/messages.rs"));
