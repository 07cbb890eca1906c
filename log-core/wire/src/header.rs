//! What stands before every request and every response.
//!
//! ```text
//! request   v1: api_key i16 | api_version i16 | correlation_id i32 | client_id nullable string (never compact)
//!           v2: the same, then tagged fields
//! response  v0: correlation_id i32
//!           v1: the same, then tagged fields
//! ```
//!
//! Source: `RequestHeader.json`, `ResponseHeader.json` of Kafka 4.3.1 (request header v0 left with ControlledShutdown v0).

use crate::field::{Cow, ReadNullable, WriteNullable};
use crate::{ApiKey, Error, Format, Reader, Result, Writer};

/// How the client id is laid out in every version.
const CLASSIC: Format = Format { version: 1, flexible: false };
const FLEXIBLE: Format = Format { version: 2, flexible: true };

/// The header of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader<'a> {
    /// The API.
    pub api_key: ApiKey,
    /// The version of the request, which may be one that is not served.
    pub api_version: i16,
    /// The client's number for the request; the response carries it back.
    pub correlation_id: i32,
    /// What the client calls itself.
    pub client_id: Option<Cow<'a, str>>,
}

impl<'a> RequestHeader<'a> {
    /// Reads the header in the version that API and request version imply. An unknown request version is no error here: the server
    /// answers it.
    ///
    /// # Errors
    /// [`Error::UnknownApi`], after which nothing is known about the bytes; anything else if they are damaged.
    pub fn decode(reader: &mut Reader<'a>) -> Result<Self> {
        let key = reader.i16()?;
        let api_version = reader.i16()?;
        let api_key = ApiKey::of(key).ok_or(Error::UnknownApi(key))?;
        let correlation_id = reader.i32()?;
        let client_id = Cow::read_nullable(reader, CLASSIC)?;
        if api_key.request_header_version(api_version) >= 2 {
            reader.skip_tags(FLEXIBLE)?;
        }
        Ok(RequestHeader { api_key, api_version, correlation_id, client_id })
    }

    /// Writes the header in the version that API and request version imply.
    pub fn encode(&self, writer: &mut Writer) {
        writer.i16(self.api_key.code());
        writer.i16(self.api_version);
        writer.i32(self.correlation_id);
        Cow::write_nullable(self.client_id.as_ref(), writer, CLASSIC);
        if self.api_key.request_header_version(self.api_version) >= 2 {
            writer.no_tags(FLEXIBLE);
        }
    }
}

/// The header of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHeader {
    /// The number of the request.
    pub correlation_id: i32,
}

impl ResponseHeader {
    /// Reads the header of the response to a request of this API and version.
    ///
    /// # Errors
    /// If the bytes are damaged.
    pub fn decode(reader: &mut Reader<'_>, api_key: ApiKey, api_version: i16) -> Result<Self> {
        let correlation_id = reader.i32()?;
        if api_key.response_header_version(api_version) >= 1 {
            reader.skip_tags(FLEXIBLE)?;
        }
        Ok(ResponseHeader { correlation_id })
    }

    /// Writes the header of the response to a request of this API and version.
    pub fn encode(self, writer: &mut Writer, api_key: ApiKey, api_version: i16) {
        writer.i32(self.correlation_id);
        if api_key.response_header_version(api_version) >= 1 {
            writer.no_tags(FLEXIBLE);
        }
    }
}
