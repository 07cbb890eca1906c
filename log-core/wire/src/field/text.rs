//! Strings: a 16-bit length, or a compact one, then UTF-8.

use super::{Cow, ReadField, ReadNullable, WriteField, WriteNullable, present};
use crate::{Format, Reader, Result, Writer};

impl<'a> ReadField<'a> for Cow<'a, str> {
    const MIN_BYTES: usize = 1;
    fn read(reader: &mut Reader<'a>, format: Format) -> Result<Self> {
        let value = Self::read_nullable(reader, format)?;
        present(reader, value)
    }
}

impl<'a> ReadNullable<'a> for Cow<'a, str> {
    fn read_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>> {
        match reader.string_length(format)? {
            Some(length) => reader.text(length).map(|text| Some(Cow::Borrowed(text))),
            None => Ok(None),
        }
    }
}

impl WriteField for Cow<'_, str> {
    fn write(&self, writer: &mut Writer, format: Format) {
        Self::write_nullable(Some(self), writer, format);
    }
}

impl WriteNullable for Cow<'_, str> {
    fn write_nullable(value: Option<&Self>, writer: &mut Writer, format: Format) {
        writer.string_length(value.map(|text| text.len()), format);
        writer.slice(value.map_or(&[], |text| text.as_bytes()));
    }
}
