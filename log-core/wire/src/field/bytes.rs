//! Bytes, borrowed from the frame, and records, which share it.

use super::{Cow, ReadField, ReadNullable, WriteField, WriteNullable, present};
use crate::{Format, Reader, Records, Result, Writer};

impl<'a> ReadField<'a> for Cow<'a, [u8]> {
    const MIN_BYTES: usize = 1;
    fn read(reader: &mut Reader<'a>, format: Format) -> Result<Self> {
        let value = Self::read_nullable(reader, format)?;
        present(reader, value)
    }
}

impl<'a> ReadNullable<'a> for Cow<'a, [u8]> {
    fn read_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>> {
        match reader.length(format)? {
            Some(length) => reader.slice(length).map(|bytes| Some(Cow::Borrowed(bytes))),
            None => Ok(None),
        }
    }
}

impl WriteField for Cow<'_, [u8]> {
    fn write(&self, writer: &mut Writer, format: Format) {
        Self::write_nullable(Some(self), writer, format);
    }
}

impl WriteNullable for Cow<'_, [u8]> {
    fn write_nullable(value: Option<&Self>, writer: &mut Writer, format: Format) {
        writer.length(value.map(|bytes| bytes.len()), format);
        writer.slice(value.map_or(&[], |bytes| bytes));
    }
}

impl<'a> ReadField<'a> for Records {
    const MIN_BYTES: usize = 1;
    fn read(reader: &mut Reader<'a>, format: Format) -> Result<Self> {
        let value = Self::read_nullable(reader, format)?;
        present(reader, value)
    }
}

impl<'a> ReadNullable<'a> for Records {
    fn read_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>> {
        match reader.length(format)? {
            Some(length) => reader.shared(length).map(|bytes| Some(bytes.into())),
            None => Ok(None),
        }
    }
}

impl WriteField for Records {
    fn write(&self, writer: &mut Writer, format: Format) {
        Self::write_nullable(Some(self), writer, format);
    }
}

impl WriteNullable for Records {
    fn write_nullable(value: Option<&Self>, writer: &mut Writer, format: Format) {
        writer.length(value.map(Records::size_bytes), format);
        for chunk in value.map_or(&[][..], Records::chunks) {
            writer.shared(chunk);
        }
    }
}
