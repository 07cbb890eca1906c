//! The limits that hold for every message, whoever sent it.
//!
//! Source: Kafka 4.4's upgrade notes for the counts, `Message` classes of kafka-clients for the string length.

/// Elements of one array.
pub const ELEMENTS_MAX: usize = 1_000_000;

/// Tagged fields of one struct.
pub const TAGS_MAX: u32 = 10_000;

/// Bytes of one string.
pub const STRING_BYTES_MAX: usize = i16::MAX as usize;

/// Memory for elements that each byte of a message may cause.
pub const MEMORY_PER_BYTE: usize = 10;

/// Memory for elements that every message may cause, however short.
pub const MEMORY_BASE_BYTES: usize = 64 * 1024;
