//! The contract of a serde: one type, one layout of bytes, both ways.

use super::SerdeError;
use bytes::Bytes;
use std::sync::Arc;

/// Turns values of `T` into bytes and back. Nulls never reach it: an absent key or value is null bytes.
///
/// # Guarantees
/// Equal values give equal bytes: rows are grouped and partitioned by the bytes of their key.
///
/// # Examples
/// A serde of one's own:
/// ```
/// use streams_dsl::{Serde, SerdeError};
///
/// #[derive(Clone, Copy, PartialEq, Debug)]
/// enum Level { Low, High }
///
/// struct LevelSerde;
///
/// impl Serde<Level> for LevelSerde {
///     fn describe(&self) -> String {
///         "level".into()
///     }
///     fn serialize(&self, value: &Level, out: &mut Vec<u8>) -> Result<(), SerdeError> {
///         out.push(*value as u8);
///         Ok(())
///     }
///     fn deserialize(&self, bytes: &[u8]) -> Result<Level, SerdeError> {
///         match bytes {
///             [0] => Ok(Level::Low),
///             [1] => Ok(Level::High),
///             _ => Err(SerdeError::new("a level", format!("{bytes:?}"))),
///         }
///     }
/// }
///
/// let mut out = Vec::new();
/// LevelSerde.serialize(&Level::High, &mut out).unwrap();
/// assert_eq!(LevelSerde.deserialize(&out), Ok(Level::High));
/// ```
pub trait Serde<T>: Send + Sync + 'static {
    /// The layout in a word or two. It is part of the identity of stores and repartition topics: another layout, another store.
    fn describe(&self) -> String;

    /// Appends the bytes of `value` to `out`.
    fn serialize(&self, value: &T, out: &mut Vec<u8>) -> Result<(), SerdeError>;

    /// The value of these bytes.
    fn deserialize(&self, bytes: &[u8]) -> Result<T, SerdeError>;

    /// The value of bytes that may be kept: a serde whose values hold bytes need not copy them.
    fn deserialize_shared(&self, bytes: &Bytes) -> Result<T, SerdeError> {
        self.deserialize(bytes)
    }
}

/// A shared serde.
pub type SerdeRef<T> = Arc<dyn Serde<T>>;
