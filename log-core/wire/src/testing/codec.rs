//! One value per message type that can read, write and invent it, so that tests walk over all of them.

use super::{Sample, Sampler};
use crate::{Decode, Encode, Message, Reader, Result, VersionRange, Writer};
use bytes::Bytes;

/// A message type, behind functions.
#[derive(Clone, Copy, Debug)]
pub struct Codec {
    /// Kafka's name of the message.
    pub name: &'static str,
    /// API key or record type.
    pub code: Option<i16>,
    /// Its versions.
    pub versions: VersionRange,
    /// The first flexible version.
    pub flexible_from: Option<i16>,
    /// Reads the bytes: how many the message took, and how much of the budget of memory.
    pub decode: fn(&Bytes, i16) -> Result<Decoded>,
    /// Reads the bytes, and writes what was read.
    pub recode: fn(&Bytes, i16) -> Result<Bytes>,
    /// The encoding of a random message.
    pub sample: fn(u64, i16) -> Result<Bytes>,
    /// Writes a random message, reads it, and tells whether the two are equal.
    pub round_trips: fn(u64, i16) -> Result<bool>,
}

/// What decoding took.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// Bytes of the message.
    pub bytes: usize,
    /// Memory for elements.
    pub memory_bytes: usize,
}

macro_rules! codecs {
    ($(($code:expr, $message:path))*) => {
        &[$(Codec {
            name: <$message as Message>::NAME,
            code: $code,
            versions: <$message as Message>::VERSIONS,
            flexible_from: <$message as Message>::FLEXIBLE_FROM,
            decode: |bytes, version| {
                let mut reader = Reader::new(bytes);
                let budget = reader.budget_bytes();
                <$message>::decode(&mut reader, version)?;
                Ok(Decoded { bytes: reader.position(), memory_bytes: budget - reader.budget_bytes() })
            },
            recode: |bytes, version| {
                let message = <$message>::decode(&mut Reader::new(bytes), version)?;
                let mut writer = Writer::new();
                message.encode(&mut writer, version);
                writer.finish_in_one()
            },
            sample: |seed, version| {
                let message = <$message>::sample(&mut Sampler::new(seed), <$message as Message>::format(version)?);
                let mut writer = Writer::new();
                message.encode(&mut writer, version);
                writer.finish_in_one()
            },
            round_trips: |seed, version| {
                let message = <$message>::sample(&mut Sampler::new(seed), <$message as Message>::format(version)?);
                let mut writer = Writer::new();
                message.encode(&mut writer, version);
                let bytes = writer.finish_in_one()?;
                let mut reader = Reader::new(&bytes);
                Ok(<$message>::decode(&mut reader, version)? == message && reader.remaining_bytes() == 0)
            },
        }),*]
    };
}

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
