//! How keys and values become bytes and back.

mod builtin;
mod error;
mod integer;
mod json;
mod message_pack;
mod raw;
#[cfg(test)]
mod round_trips;
mod serde;
mod text;
mod time_windowed;

pub(crate) use builtin::builtin;
pub use error::SerdeError;
pub use integer::Integer;
pub use json::Json;
pub use message_pack::MessagePack;
pub use raw::RawBytes;
pub use serde::{Serde, SerdeRef};
pub use text::Text;
pub use time_windowed::TimeWindowed;
