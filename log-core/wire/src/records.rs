//! The records of Kafka's internal topics, and the consumers' own data inside group messages.
//!
//! A key is a 16-bit record type and the message at version 0; a value, and the data of the consumer protocol, is a 16-bit version and the
//! message at this version. Generated from `schema/records/*.rec`. Source: `CoordinatorRecordSerde`, `ConsumerProtocol`.
#![allow(clippy::field_reassign_with_default, reason = "generated readers fill a default field by field, in the order of the bytes")]

use crate::{Decode, Encode, Error, Message, Reader, Result, Writer};
use bytes::Bytes;

include!(concat!(env!("OUT_DIR"), "/records.rs"));

/// The key of a record.
pub trait RecordKey: Message {
    /// The number that a key of this type starts with.
    const RECORD_TYPE: i16;
}

/// The record type that a key starts with.
///
/// # Errors
/// If the key is too short to have one.
pub fn record_type(key: &Bytes) -> Result<i16> {
    Reader::new(key).i16()
}

/// Reads a key.
///
/// # Errors
/// If the key is of another type or damaged.
pub fn decode_key<'a, K: RecordKey + Decode<'a>>(key: &'a Bytes) -> Result<K> {
    let mut reader = Reader::new(key);
    let found = reader.i16()?;
    if found != K::RECORD_TYPE {
        return Err(Error::RecordType { found, expected: K::RECORD_TYPE });
    }
    K::decode(&mut reader, K::VERSIONS.first)
}

/// Writes a key.
///
/// # Errors
/// If a string is too long.
pub fn encode_key<K: RecordKey + Encode>(key: &K) -> Result<Bytes> {
    let mut writer = Writer::new();
    writer.i16(K::RECORD_TYPE);
    key.encode(&mut writer, K::VERSIONS.first);
    writer.finish_in_one()
}

/// Reads a value of whichever version it says.
///
/// # Errors
/// If the version is unknown or the value is damaged.
pub fn decode_value<'a, V: Decode<'a>>(value: &'a Bytes) -> Result<V> {
    let mut reader = Reader::new(value);
    let version = reader.i16()?;
    V::decode(&mut reader, version)
}

/// Reads data of the consumer protocol. A version newer than ours is read as our newest: newer ones only add fields at the end.
///
/// # Errors
/// If the version is negative or the data is damaged.
pub fn decode_consumer_protocol<'a, V: Message + Decode<'a>>(data: &'a Bytes) -> Result<V> {
    let mut reader = Reader::new(data);
    let version = reader.i16()?.min(V::VERSIONS.last);
    V::decode(&mut reader, version)
}

/// Writes a value, or data of the consumer protocol, in a version.
///
/// # Errors
/// If the version is unknown or a string is too long.
pub fn encode_value<V: Encode>(value: &V, version: i16) -> Result<Bytes> {
    let mut writer = Writer::new();
    writer.i16(version);
    value.encode(&mut writer, version);
    writer.finish_in_one()
}
