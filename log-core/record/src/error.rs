//! What can be wrong with the bytes of a batch.

use log_model::{CompressionType, ErrorKind};
use thiserror::Error;

/// Why bytes are not a batch, or records do not fit in one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The bytes end before the batch does.
    #[error("record batch is cut off: {needed} bytes needed, {available} there")]
    Truncated {
        /// How many bytes the batch takes.
        needed: usize,
        /// How many there are.
        available: usize,
    },
    /// Not version 2 of the format.
    #[error("record batch has magic {found}, only 2 is supported")]
    Magic {
        /// The version found.
        found: i8,
    },
    /// The CRC-32C does not match the bytes it covers.
    #[error("record batch at offset {base_offset} is damaged: its crc is {stored:#010x}, its bytes give {computed:#010x}")]
    Checksum {
        /// The batch's base offset as stored (not covered by the checksum).
        base_offset: i64,
        /// What the header says.
        stored: u32,
        /// What the bytes give.
        computed: u32,
    },
    /// A field has a value that cannot be.
    #[error("record batch is malformed: {reason}")]
    Malformed {
        /// The rule that is broken.
        reason: &'static str,
    },
    /// The compressed part cannot be decompressed.
    #[error("record batch cannot be decompressed as {codec:?}: {reason}")]
    Compression {
        /// The codec.
        codec: CompressionType,
        /// What the codec said.
        reason: String,
    },
    /// The records of the batch would take more memory than allowed.
    #[error("records of {size_bytes} bytes or more exceed the limit of {limit_bytes} bytes; send smaller batches or records")]
    TooLarge {
        /// The size reached.
        size_bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
}

impl Error {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::TooLarge { .. } => ErrorKind::Invalid,
            Error::Truncated { .. }
            | Error::Magic { .. }
            | Error::Checksum { .. }
            | Error::Malformed { .. }
            | Error::Compression { .. } => ErrorKind::Corrupt,
        }
    }

    pub(crate) fn malformed(reason: &'static str) -> Self {
        Error::Malformed { reason }
    }
}
