//! Types of fixed size: numbers in network order, booleans, ids.
//!
//! Every byte but zero is true, as Kafka reads it.

use super::{ReadField, WriteField};
use crate::{Format, Reader, Result, Writer};
use uuid::Uuid;

macro_rules! number {
    ($($rust:ty: $bytes:literal),*) => {$(
        impl<'a> ReadField<'a> for $rust {
            const MIN_BYTES: usize = $bytes;
            fn read(reader: &mut Reader<'a>, _: Format) -> Result<Self> {
                reader.array().map(<$rust>::from_be_bytes)
            }
        }
        impl WriteField for $rust {
            fn write(&self, writer: &mut Writer, _: Format) {
                writer.slice(&self.to_be_bytes());
            }
        }
    )*};
}

number!(i8: 1, i16: 2, u16: 2, i32: 4, u32: 4, i64: 8, f64: 8);

impl<'a> ReadField<'a> for bool {
    const MIN_BYTES: usize = 1;
    fn read(reader: &mut Reader<'a>, _: Format) -> Result<Self> {
        reader.array().map(|[byte]| byte != 0)
    }
}

impl WriteField for bool {
    fn write(&self, writer: &mut Writer, _: Format) {
        writer.slice(&[u8::from(*self)]);
    }
}

impl<'a> ReadField<'a> for Uuid {
    const MIN_BYTES: usize = 16;
    fn read(reader: &mut Reader<'a>, _: Format) -> Result<Self> {
        reader.array().map(Uuid::from_bytes)
    }
}

impl WriteField for Uuid {
    fn write(&self, writer: &mut Writer, _: Format) {
        writer.slice(self.as_bytes());
    }
}
