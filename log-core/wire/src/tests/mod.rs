//! Tests over all messages and versions, and over what stands around messages.

mod bounds;
mod cutter;
mod differential;
mod frames;
mod kafka_bytes;
mod layout;
mod record_keys;
mod round_trip;
mod schema_text;
mod versions;
