//! What every type of field can do.

use crate::{Error, Format, Reader, Result, Writer};

/// A type of field that can be read.
pub trait ReadField<'a>: Sized {
    /// The fewest bytes an encoding has in any version. It bounds counts: an array of `n` needs `n` times as many.
    const MIN_BYTES: usize;

    /// Reads a value that cannot be null.
    fn read(reader: &mut Reader<'a>, format: Format) -> Result<Self>;
}

/// A type of field that can be written.
pub trait WriteField {
    /// Writes a value that cannot be null.
    fn write(&self, writer: &mut Writer, format: Format);
}

/// A type of field that may be null where the schema says so.
pub trait ReadNullable<'a>: ReadField<'a> {
    /// Reads a value or null.
    fn read_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>>;
}

/// A type of field that may be null where the schema says so.
pub trait WriteNullable: WriteField {
    /// Writes a value or null.
    fn write_nullable(value: Option<&Self>, writer: &mut Writer, format: Format);
}

/// The value, or an error where there is a null.
pub(super) fn present<T>(reader: &Reader<'_>, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::UnexpectedNull { at: reader.position() })
}
