//! The logical types: names on schemas of whole numbers and bytes that say what these mean (Kafka's `Decimal`, `Date`, `Time`, `Timestamp`).

use super::{Schema, SchemaBuilder};

/// Unscaled two's-complement big-endian bytes; parameter `scale`.
pub const DECIMAL: &str = "org.apache.kafka.connect.data.Decimal";
/// Days since 1970-01-01, as int32.
pub const DATE: &str = "org.apache.kafka.connect.data.Date";
/// Milliseconds since midnight, as int32.
pub const TIME: &str = "org.apache.kafka.connect.data.Time";
/// Milliseconds since 1970-01-01T00:00:00Z, as int64.
pub const TIMESTAMP: &str = "org.apache.kafka.connect.data.Timestamp";

/// A decimal with `scale` digits after the point.
pub fn decimal(scale: i32) -> SchemaBuilder {
    Schema::bytes().name(DECIMAL).version(1).parameter("scale", scale.to_string())
}

/// A date.
pub fn date() -> SchemaBuilder {
    Schema::int32().name(DATE).version(1)
}

/// A time of day.
pub fn time() -> SchemaBuilder {
    Schema::int32().name(TIME).version(1)
}

/// A moment.
pub fn timestamp() -> SchemaBuilder {
    Schema::int64().name(TIMESTAMP).version(1)
}
