//! What can be wrong with bytes or values.
//!
//! Decoding stops at the first error; positions are counted from the start of the reader's bytes.

use log_model::ErrorKind;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why bytes are no message, or a value cannot become one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes end inside a field.
    #[error("at byte {at}: {needed} bytes are needed and {remaining} are left")]
    Truncated {
        /// Position of the field.
        at: usize,
        /// Bytes that the field needs.
        needed: usize,
        /// Bytes that are there.
        remaining: usize,
    },
    /// A null where the version does not allow one.
    #[error("at byte {at}: null in a field that cannot be null")]
    UnexpectedNull {
        /// Position behind the null.
        at: usize,
    },
    /// A length below -1.
    #[error("at byte {at}: negative length {length}")]
    NegativeLength {
        /// Position behind the length.
        at: usize,
        /// The length.
        length: i64,
    },
    /// More elements, tags or bytes of a string than any message may have.
    #[error("at byte {at}: {count} {what}, the limit is {limit}")]
    TooMany {
        /// Position behind the count.
        at: usize,
        /// What is counted.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A count that the bytes behind it cannot hold.
    #[error("at byte {at}: {count} elements cannot lie in the {remaining} bytes that are left")]
    CountBeyondBytes {
        /// Position behind the count.
        at: usize,
        /// The count.
        count: usize,
        /// Bytes that are left.
        remaining: usize,
    },
    /// The elements would take more memory than a message of this size may cause.
    #[error("at byte {at}: {needed} bytes of memory for elements, {left} are allowed")]
    OverBudget {
        /// Position of the array.
        at: usize,
        /// Memory the array needs.
        needed: usize,
        /// Memory that is left for the message.
        left: usize,
    },
    /// A variable-length number of more than 32 bits.
    #[error("at byte {at}: a number of variable length does not end")]
    VarintTooLong {
        /// Position of the number.
        at: usize,
    },
    /// A string that is no UTF-8.
    #[error("at byte {at}: a string is not UTF-8")]
    InvalidUtf8 {
        /// Position of the string's bytes.
        at: usize,
    },
    /// A tagged field that does not fill its length.
    #[error("at byte {at}: tagged field {tag} has {left} bytes too many")]
    TagLength {
        /// Position behind the field's value.
        at: usize,
        /// The tag.
        tag: u32,
        /// Bytes between the end of the value and the end of the field.
        left: usize,
    },
    /// A value that no encoding can carry.
    #[error("{count} {what}, the limit is {limit}")]
    Unencodable {
        /// What is counted.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// An API that is not served.
    #[error("unknown api key {0}")]
    UnknownApi(i16),
    /// A version of a message that is not served.
    #[error("{message} has no version {version}, only {first} to {last}")]
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version asked for.
        version: i16,
        /// The first version that exists.
        first: i16,
        /// The last version that exists.
        last: i16,
    },
    /// The key of a record is of another type.
    #[error("the key is of record type {found}, {expected} is expected")]
    RecordType {
        /// The type in the key.
        found: i16,
        /// The type asked for.
        expected: i16,
    },
    /// The length of a frame is negative, too small for a header or over the limit.
    #[error("a frame of {length} bytes, between {least} and {limit} are allowed")]
    FrameLength {
        /// The length as sent.
        length: i32,
        /// The shortest frame.
        least: usize,
        /// The longest frame.
        limit: usize,
    },
}

impl Error {
    /// What to do about it: every error here is [`ErrorKind::Invalid`], the sender must change the bytes.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}
