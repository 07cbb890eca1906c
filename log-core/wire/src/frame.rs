//! Frames: a length of four bytes, then a header and a message.
//!
//! The length is checked before anything waits for the bytes or makes room for them. A TLS or HTTP greeting on this port reads as a
//! length of hundreds of megabytes and is refused with it. How frames are cut out of a stream is [`Cutter`](crate::Cutter)'s.

use crate::{Encode, Error, Request, RequestHeader, Response, ResponseHeader, Result, Writer};
use bytes::Bytes;

/// Bytes of the length before a frame.
pub const LENGTH_BYTES: usize = 4;

/// The shortest request: key, version and correlation id.
pub const REQUEST_BYTES_MIN: usize = 8;

/// The shortest response: a correlation id.
pub const RESPONSE_BYTES_MIN: usize = 4;

/// The length of the frame that starts at the front of the bytes; `None` while fewer than four are there.
///
/// # Errors
/// [`Error::FrameLength`] if it is below `least_bytes` or above `limit_bytes`.
pub fn length(received: &[u8], least_bytes: usize, limit_bytes: usize) -> Result<Option<usize>> {
    let Some(prefix) = received.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
    let length = i32::from_be_bytes(*prefix);
    match usize::try_from(length) {
        Ok(bytes) if (least_bytes..=limit_bytes).contains(&bytes) => Ok(Some(bytes)),
        _ => Err(Error::FrameLength { length, least: least_bytes, limit: limit_bytes }),
    }
}

/// The frame of a request, as chunks for one vectored write.
///
/// # Errors
/// If the message has no such version, or something in it cannot be encoded.
pub fn request<R: Request + Encode>(version: i16, correlation_id: i32, client_id: Option<&str>, message: &R) -> Result<Vec<Bytes>> {
    let header = RequestHeader { api_key: R::API_KEY, api_version: version, correlation_id, client_id: client_id.map(Into::into) };
    framed(|writer| {
        header.encode(writer);
        message.encode(writer, version);
    })
}

/// The frame of the response to a request of this version, as chunks for one vectored write.
///
/// # Errors
/// If the message has no such version, or something in it cannot be encoded.
pub fn response<R: Response + Encode>(version: i16, correlation_id: i32, message: &R) -> Result<Vec<Bytes>> {
    framed(|writer| {
        ResponseHeader { correlation_id }.encode(writer, R::API_KEY, version);
        message.encode(writer, version);
    })
}

/// A frame of whatever is written, its length in front.
///
/// # Errors
/// If something cannot be encoded, or there are more than 2 GiB of it.
pub fn framed(write: impl FnOnce(&mut Writer)) -> Result<Vec<Bytes>> {
    const LIMIT: usize = i32::MAX as usize;
    let mut writer = Writer::with_capacity(128);
    writer.i32(0);
    write(&mut writer);
    let count = writer.size_bytes() - LENGTH_BYTES;
    match i32::try_from(count) {
        Ok(length) => writer.patch_i32(0, length),
        Err(_) => writer.fail(Error::Unencodable { what: "bytes in a frame", count, limit: LIMIT }),
    }
    writer.finish()
}
