//! Structs that may be null. In its place a struct follows a byte, -1 for null and 1 otherwise; as a tagged field it follows a number of
//! variable length, 0 for null.
//!
//! Source: `MessageDataGenerator` of Kafka.

use super::{ReadField, WriteField, WriteNullable};
use crate::{Format, Reader, Result, Writer};

/// Makes a generated struct nullable.
macro_rules! nullable_struct {
    ($name:ident $(<$lifetime:lifetime>)?) => {
        impl<'a> ReadNullable<'a> for $name $(<$lifetime>)? {
            fn read_nullable(reader: &mut Reader<'a>, format: Format) -> Result<Option<Self>> {
                match <i8 as ReadField>::read(reader, format)? {
                    ..0 => Ok(None),
                    _ => Self::read(reader, format).map(Some),
                }
            }
        }
        impl$(<$lifetime>)? WriteNullable for $name $(<$lifetime>)? {
            fn write_nullable(value: Option<&Self>, writer: &mut Writer, format: Format) {
                match value {
                    None => (-1i8).write(writer, format),
                    Some(value) => {
                        1i8.write(writer, format);
                        value.write(writer, format);
                    }
                }
            }
        }
    };
}
pub(crate) use nullable_struct;

/// Reads a struct or null from a tagged field.
///
/// # Errors
/// Those of the struct.
pub fn read_nullable_tagged<'a, T: ReadField<'a>>(reader: &mut Reader<'a>, format: Format) -> Result<Option<T>> {
    match reader.uvarint()? {
        0 => Ok(None),
        _ => T::read(reader, format).map(Some),
    }
}

/// Writes a struct or null into a tagged field.
pub fn write_nullable_tagged<T: WriteField>(value: Option<&T>, writer: &mut Writer, format: Format) {
    writer.uvarint(u32::from(value.is_some()));
    if let Some(value) = value {
        value.write(writer, format);
    }
}

/// Writes a value in a version that has no null for it: null becomes empty.
pub fn write_never_null<T: WriteNullable + Default>(value: Option<&T>, writer: &mut Writer, format: Format) {
    match value {
        Some(value) => value.write(writer, format),
        None => T::default().write(writer, format),
    }
}
