//! Collects the bytes of one message: small fields in a buffer, records as chunks between them.
//!
//! Nothing fails while writing; the first thing that no encoding can carry is kept and comes out of [`Writer::finish`].

use crate::limits::STRING_BYTES_MAX;
use crate::{Error, Format, Result};
use bytes::{BufMut, Bytes, BytesMut};

/// Chunks shorter than this are copied: one write of a small copy is cheaper than a chunk of its own.
const COPY_BELOW_BYTES: usize = 256;

/// A message in the making.
#[derive(Debug, Default)]
pub struct Writer {
    buffer: BytesMut,
    /// Chunks and the position in `buffer` before which each belongs; positions never fall.
    chunks: Vec<(usize, Bytes)>,
    chunk_bytes: usize,
    error: Option<Error>,
}

/// Where the tagged fields of a struct start; see [`Writer::begin_tags`].
#[derive(Clone, Copy, Debug)]
pub struct Tags(usize);

impl Writer {
    /// An empty message.
    pub fn new() -> Self {
        Writer::default()
    }

    /// An empty message with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Writer { buffer: BytesMut::with_capacity(bytes), ..Writer::default() }
    }

    /// Bytes written so far.
    pub fn size_bytes(&self) -> usize {
        self.buffer.len() + self.chunk_bytes
    }

    /// The bytes as chunks, in order.
    ///
    /// # Errors
    /// The first thing that could not be encoded.
    pub fn finish(mut self) -> Result<Vec<Bytes>> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let mut out = Vec::with_capacity(2 * self.chunks.len() + 1);
        let mut cut = 0;
        for (position, chunk) in self.chunks {
            if position > cut {
                out.push(self.buffer.split_to(position - cut).freeze());
                cut = position;
            }
            out.push(chunk);
        }
        if !self.buffer.is_empty() {
            out.push(self.buffer.freeze());
        }
        Ok(out)
    }

    /// The bytes in one piece, copied together if there are several chunks.
    ///
    /// # Errors
    /// The first thing that could not be encoded.
    pub fn finish_in_one(self) -> Result<Bytes> {
        Ok(crate::Records::from(self.finish()?).into_bytes())
    }

    /// Keeps the error, unless there is one already.
    pub fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// Appends the bytes.
    pub fn slice(&mut self, bytes: &[u8]) {
        self.buffer.put_slice(bytes);
    }

    /// Appends the bytes, without copying them if they are many.
    pub fn shared(&mut self, bytes: &Bytes) {
        if bytes.len() < COPY_BELOW_BYTES {
            return self.slice(bytes);
        }
        self.chunk_bytes += bytes.len();
        self.chunks.push((self.buffer.len(), bytes.clone()));
    }

    /// A 16-bit number.
    pub fn i16(&mut self, value: i16) {
        self.buffer.put_i16(value);
    }

    /// A 32-bit number.
    pub fn i32(&mut self, value: i32) {
        self.buffer.put_i32(value);
    }

    /// An unsigned number of variable length.
    pub fn uvarint(&mut self, mut value: u32) {
        while value > 0x7f {
            self.buffer.put_u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.buffer.put_u8(value as u8);
    }

    /// The length of a string; `None` for null.
    pub fn string_length(&mut self, length: Option<usize>, format: Format) {
        match length {
            Some(count) if count > STRING_BYTES_MAX => {
                self.fail(Error::Unencodable { what: "bytes in a string", count, limit: STRING_BYTES_MAX });
            }
            _ if format.flexible => self.uvarint(length.map_or(0, |length| length as u32 + 1)),
            _ => self.i16(length.map_or(-1, |length| length as i16)),
        }
    }

    /// The length of bytes, records or an array; `None` for null.
    pub fn length(&mut self, length: Option<usize>, format: Format) {
        const LIMIT: usize = i32::MAX as usize - 1;
        match length {
            Some(count) if count > LIMIT => self.fail(Error::Unencodable { what: "bytes or elements", count, limit: LIMIT }),
            _ if format.flexible => self.uvarint(length.map_or(0, |length| length as u32 + 1)),
            _ => self.i32(length.map_or(-1, |length| length as i32)),
        }
    }

    /// Ends a struct that has no tagged fields.
    pub fn no_tags(&mut self, format: Format) {
        if format.flexible {
            self.buffer.put_u8(0);
        }
    }

    /// Starts the tagged fields of a struct; [`Writer::tag`] appends each. A schema has fewer than 128 of them, so that the count stays
    /// one byte.
    pub fn begin_tags(&mut self) -> Tags {
        self.buffer.put_u8(0);
        Tags(self.buffer.len() - 1)
    }

    /// Appends a tagged field; tags must rise.
    pub fn tag(&mut self, tags: Tags, tag: u32, value: impl FnOnce(&mut Self)) {
        self.buffer[tags.0] += 1;
        self.uvarint(tag);
        let start = self.buffer.len();
        let size_before = self.size_bytes();
        value(self);
        let size = self.size_bytes() - size_before;
        // The length is known only now, and goes before the value.
        let end = self.buffer.len();
        self.uvarint(size as u32);
        let shift = self.buffer.len() - end;
        self.buffer[start..].rotate_right(shift);
        for (position, _) in self.chunks.iter_mut().rev().take_while(|(position, _)| *position >= start) {
            *position += shift;
        }
    }

    /// Overwrites four bytes in the buffer with a number.
    pub(crate) fn patch_i32(&mut self, position: usize, value: i32) {
        self.buffer[position..position + 4].copy_from_slice(&value.to_be_bytes());
    }
}
