//! How each type of field is read and written: what the generated code calls, one line a field.

mod array;
mod bytes;
mod fixed;
mod structs;
mod text;
mod traits;

pub use structs::{read_nullable_tagged, write_never_null, write_nullable_tagged};
pub use traits::{ReadField, ReadNullable, WriteField, WriteNullable};

pub(crate) use crate::api_key::{ApiKey, VersionRange};
pub(crate) use crate::message::{Message, Request, Response};
pub(crate) use crate::records::RecordKey;
#[cfg(any(test, feature = "testing"))]
pub(crate) use crate::testing::{Sample, Sampler};
pub(crate) use crate::{Format, Reader, Records, Result, Writer};
pub(crate) use std::borrow::Cow;
pub(crate) use structs::nullable_struct;
use traits::present;
pub(crate) use uuid::Uuid;
