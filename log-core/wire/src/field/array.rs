//! Arrays: a count, then the elements. The count is admitted by the reader before the vector is allocated, at its exact size.

use super::{ReadField, ReadNullable, WriteField, WriteNullable, present};
use crate::{Format, Reader, Result, Writer};

impl<'a, T: ReadField<'a>> ReadField<'a> for Vec<T> {
    const MIN_BYTES: usize = 1;
    fn read(reader: &mut Reader<'a>, format: Format) -> Result<Self> {
        let value = Self::read_nullable(reader, format)?;
        present(reader, value)
    }
}

impl<'a, T: ReadField<'a>> ReadNullable<'a> for Vec<T> {
    fn read_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>> {
        let Some(count) = reader.length(format)? else { return Ok(None) };
        reader.admit(count, T::MIN_BYTES, size_of::<T>())?;
        let mut elements = Vec::with_capacity(count);
        for _ in 0..count {
            elements.push(T::read(reader, format)?);
        }
        Ok(Some(elements))
    }
}

impl<T: WriteField> WriteField for Vec<T> {
    fn write(&self, writer: &mut Writer, format: Format) {
        Self::write_nullable(Some(self), writer, format);
    }
}

impl<T: WriteField> WriteNullable for Vec<T> {
    fn write_nullable(value: Option<&Self>, writer: &mut Writer, format: Format) {
        writer.length(value.map(Vec::len), format);
        value.into_iter().flatten().for_each(|element| element.write(writer, format));
    }
}
