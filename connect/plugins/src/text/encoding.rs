//! How the bytes of a line become a value.

use bytes::Bytes;
use connect_api::{Data, Error, Result};

/// The words of the option `encoding`.
pub(crate) const ENCODINGS: &[&str] = &["bytes", "utf8", "utf8-lossy"];

/// How the bytes of a line become a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As they are.
    Bytes,
    /// As text; a line that is no UTF-8 goes through the error policy.
    Utf8,
    /// As text; what is no UTF-8 becomes U+FFFD.
    Utf8Lossy,
}

impl Encoding {
    /// From one of [`ENCODINGS`].
    pub(crate) fn parse(word: &str) -> Encoding {
        match word.to_ascii_lowercase().as_str() {
            "bytes" => Encoding::Bytes,
            "utf8-lossy" => Encoding::Utf8Lossy,
            _ => Encoding::Utf8,
        }
    }

    /// The value of a line. Errors: it is no UTF-8.
    pub(crate) fn decode(self, bytes: &Bytes) -> Result<Data> {
        match self {
            Encoding::Bytes => Ok(Data::bytes(bytes.clone())),
            Encoding::Utf8Lossy => Ok(Data::text(String::from_utf8_lossy(bytes))),
            Encoding::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Data::text(text)),
                Err(error) => Err(Error::data(format!(
                    "the line is not UTF-8 at its byte {}; set encoding=bytes or encoding=utf8-lossy to take it as it is",
                    error.valid_up_to()
                ))),
            },
        }
    }
}
