//! What every top-level message offers.

use crate::api_key::{ApiKey, VersionRange};
use crate::field::{ReadField, WriteField};
use crate::{Error, Format, Reader, Result, Writer};

/// A message: it has versions.
pub trait Message {
    /// Kafka's name, like `ProduceRequest`.
    const NAME: &'static str;
    /// The versions that can be decoded and encoded.
    const VERSIONS: VersionRange;
    /// The first flexible version.
    const FLEXIBLE_FROM: Option<i16>;

    /// The layout of a version.
    ///
    /// # Errors
    /// [`Error::UnsupportedVersion`] for versions outside [`Self::VERSIONS`].
    fn format(version: i16) -> Result<Format> {
        let VersionRange { first, last } = Self::VERSIONS;
        if !Self::VERSIONS.contains(version) {
            return Err(Error::UnsupportedVersion { message: Self::NAME, version, first, last });
        }
        Ok(Format { version, flexible: Self::FLEXIBLE_FROM.is_some_and(|from| version >= from) })
    }
}

/// A request.
pub trait Request: Message {
    /// Its API.
    const API_KEY: ApiKey;
    /// What answers it, in the same version.
    type Response<'r>: Response + Decode<'r>;
}

/// A response.
pub trait Response: Message {
    /// Its API.
    const API_KEY: ApiKey;
}

/// A message that can be read.
pub trait Decode<'a>: Sized {
    /// Reads the message. Bytes behind it stay in the reader.
    ///
    /// # Errors
    /// An [`Error`] that says what is wrong at which byte; nothing was allocated beyond the reader's budget.
    fn decode(reader: &mut Reader<'a>, version: i16) -> Result<Self>;
}

/// A message that can be written.
pub trait Encode {
    /// Writes the message. What is wrong with it (an unknown version, a string too long) comes out of [`Writer::finish`].
    fn encode(&self, writer: &mut Writer, version: i16);
}

impl<'a, M: Message + ReadField<'a>> Decode<'a> for M {
    fn decode(reader: &mut Reader<'a>, version: i16) -> Result<Self> {
        M::read(reader, M::format(version)?)
    }
}

impl<M: Message + WriteField> Encode for M {
    fn encode(&self, writer: &mut Writer, version: i16) {
        match M::format(version) {
            Ok(format) => self.write(writer, format),
            Err(error) => writer.fail(error),
        }
    }
}
