//! `JsonConverter`: values as JSON, bare or in an envelope with their schema (Kafka's `org.apache.kafka.connect.json.JsonConverter`).
//!
//! With `schemas.enable=true` a value is `{"schema":…,"payload":…}`, as in Kafka; with `false` it is the payload alone and reads back schemaless.
//! Bytes are base64; a map whose keys are text is an object, any other map an array of pairs. Logical types keep their physical form, so a decimal is
//! the base64 of its unscaled bytes: `decimal.format=NUMERIC` is not here.

mod converter;
mod decode;
mod encode;
mod schema_json;

pub use converter::{JsonConverter, plugin};
pub(crate) use encode::to_json as value_to_json;
