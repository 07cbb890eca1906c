//! Converters under Kafka Connect's class names: text, JSON, bytes and whole numbers.

pub mod byte_array;
pub mod json;
pub mod number;
pub mod string;
