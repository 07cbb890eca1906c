//! Rows as bytes of our own, for state and repartition topics: columns as parts of ordered keys, compact values, and ids of distinct keys.
//!
//! Arrow's row format is not used: its encoding may change from release to release.

mod interner;
mod key;
mod value;

pub(crate) use interner::Interner;
pub(crate) use key::{ensure_key_type, read_key_cell, value_key, value_of_key, write_key_cell};
pub(crate) use value::{ROW_VERSION, ValueReader, encode_cell, write_bytes, write_f64, write_signed, write_wide};
