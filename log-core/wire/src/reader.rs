//! Reads fields from the bytes of one message, within a budget of memory.
//!
//! The position never passes the end, and the end never passes the bytes. Every count is checked before anything is allocated for it.

use crate::limits::{ELEMENTS_MAX, MEMORY_BASE_BYTES, MEMORY_PER_BYTE, STRING_BYTES_MAX, TAGS_MAX};
use crate::{Error, Format, Result};
use bytes::Bytes;

/// A cursor over the bytes of one message.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a Bytes,
    position: usize,
    /// `position <= end <= bytes.len()`: inside a tagged field, the end of the field.
    end: usize,
    /// Memory that arrays may still take.
    budget_bytes: usize,
}

impl<'a> Reader<'a> {
    /// Reads from the start of the bytes, with the budget that belongs to as many bytes.
    pub fn new(bytes: &'a Bytes) -> Self {
        let budget_bytes = bytes.len().saturating_mul(MEMORY_PER_BYTE).saturating_add(MEMORY_BASE_BYTES);
        Reader { bytes, position: 0, end: bytes.len(), budget_bytes }
    }

    /// Bytes that have not been read.
    pub fn remaining_bytes(&self) -> usize {
        self.end - self.position
    }

    /// How many bytes have been read.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Memory that the arrays of this message may still take.
    pub fn budget_bytes(&self) -> usize {
        self.budget_bytes
    }

    /// The next `count` bytes, borrowed.
    pub fn slice(&mut self, count: usize) -> Result<&'a [u8]> {
        let at = self.advance(count)?;
        Ok(&self.bytes[at..at + count])
    }

    /// The next `count` bytes, shared with the frame.
    pub fn shared(&mut self, count: usize) -> Result<Bytes> {
        let at = self.advance(count)?;
        Ok(self.bytes.slice(at..at + count))
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(N)?);
        Ok(array)
    }

    /// A 16-bit number.
    pub fn i16(&mut self) -> Result<i16> {
        self.array().map(i16::from_be_bytes)
    }

    /// A 32-bit number.
    pub fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// An unsigned number of variable length, at most 32 bits.
    pub fn uvarint(&mut self) -> Result<u32> {
        let at = self.position;
        let mut value = 0;
        for shift in (0..=28).step_by(7) {
            let [byte] = self.array()?;
            if shift == 28 && byte > 0x0f {
                break;
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::VarintTooLong { at })
    }

    /// The length of a string; `None` for null.
    pub fn string_length(&mut self, format: Format) -> Result<Option<usize>> {
        let length = match format.flexible {
            true => i64::from(self.uvarint()?) - 1,
            false => i64::from(self.i16()?),
        };
        let length = self.checked_length(length)?;
        match length {
            Some(count) if count > STRING_BYTES_MAX => {
                Err(Error::TooMany { at: self.position, what: "bytes in a string", count, limit: STRING_BYTES_MAX })
            }
            _ => Ok(length),
        }
    }

    /// The length of bytes, records or an array; `None` for null.
    pub fn length(&mut self, format: Format) -> Result<Option<usize>> {
        let length = match format.flexible {
            true => i64::from(self.uvarint()?) - 1,
            false => i64::from(self.i32()?),
        };
        self.checked_length(length)
    }

    /// Text of `count` bytes.
    pub fn text(&mut self, count: usize) -> Result<&'a str> {
        let at = self.position;
        std::str::from_utf8(self.slice(count)?).map_err(|_| Error::InvalidUtf8 { at })
    }

    /// Admits an array of `count` elements, each at least `min_bytes` in the message and `memory_bytes` in memory.
    ///
    /// # Errors
    /// If the count is over the limit, if the remaining bytes cannot hold it, or if the memory exceeds the budget.
    pub fn admit(&mut self, count: usize, min_bytes: usize, memory_bytes: usize) -> Result<()> {
        let at = self.position;
        if count > ELEMENTS_MAX {
            return Err(Error::TooMany { at, what: "elements", count, limit: ELEMENTS_MAX });
        }
        let remaining = self.remaining_bytes();
        if count > remaining / min_bytes.max(1) {
            return Err(Error::CountBeyondBytes { at, count, remaining });
        }
        let needed = count.saturating_mul(memory_bytes);
        match self.budget_bytes.checked_sub(needed) {
            Some(left) => self.budget_bytes = left,
            None => return Err(Error::OverBudget { at, needed, left: self.budget_bytes }),
        }
        Ok(())
    }

    /// Reads the tagged fields at the end of a struct. `known` reads the value of a tag, or answers `false` for one to be skipped.
    ///
    /// # Errors
    /// If a field does not end where its length says, or `known` fails.
    pub fn tags(&mut self, format: Format, mut known: impl FnMut(&mut Self, u32) -> Result<bool>) -> Result<()> {
        if !format.flexible {
            return Ok(());
        }
        for _ in 0..self.tag_count()? {
            let tag = self.uvarint()?;
            let size = self.uvarint()? as usize;
            let outer_end = self.end;
            let start = self.position;
            let end = self.advance(size)? + size;
            (self.position, self.end) = (start, end);
            if known(self, tag)? && self.position != end {
                return Err(Error::TagLength { at: self.position, tag, left: self.remaining_bytes() });
            }
            (self.position, self.end) = (end, outer_end);
        }
        Ok(())
    }

    /// Skips all tagged fields at the end of a struct.
    pub fn skip_tags(&mut self, format: Format) -> Result<()> {
        self.tags(format, |_, _| Ok(false))
    }

    fn tag_count(&mut self) -> Result<u32> {
        let count = self.uvarint()?;
        match count > TAGS_MAX {
            true => Err(Error::TooMany { at: self.position, what: "tagged fields", count: count as usize, limit: TAGS_MAX as usize }),
            false => Ok(count),
        }
    }

    fn checked_length(&self, length: i64) -> Result<Option<usize>> {
        match length {
            -1 => Ok(None),
            0.. => Ok(Some(length as usize)),
            _ => Err(Error::NegativeLength { at: self.position, length }),
        }
    }

    /// Moves on by `count` bytes and returns where they start.
    fn advance(&mut self, count: usize) -> Result<usize> {
        let at = self.position;
        let remaining = self.remaining_bytes();
        if count > remaining {
            return Err(Error::Truncated { at, needed: count, remaining });
        }
        self.position += count;
        Ok(at)
    }
}
