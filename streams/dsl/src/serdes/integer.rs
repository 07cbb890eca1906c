//! Integers in big-endian order (Kafka's `IntegerSerializer` and `LongSerializer`).

use super::{Serde, SerdeError};

/// `i32`, `i64` and `u64`, big-endian. Kafka has no unsigned integer: a `u64` has the bytes of the `i64` of the same bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Integer;

macro_rules! integer {
    ($int:ty, $describe:literal, $expected:literal) => {
        impl Serde<$int> for Integer {
            fn describe(&self) -> String {
                $describe.into()
            }

            fn serialize(&self, value: &$int, out: &mut Vec<u8>) -> Result<(), SerdeError> {
                out.extend_from_slice(&value.to_be_bytes());
                Ok(())
            }

            fn deserialize(&self, bytes: &[u8]) -> Result<$int, SerdeError> {
                match bytes.try_into() {
                    Ok(array) => Ok(<$int>::from_be_bytes(array)),
                    Err(_) => Err(SerdeError::new($expected, format!("{} bytes", bytes.len()))),
                }
            }
        }
    };
}

integer!(i32, "i32", "a 32-bit integer");
integer!(i64, "i64", "a 64-bit integer");
integer!(u64, "u64", "an unsigned 64-bit integer");
