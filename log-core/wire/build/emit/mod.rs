//! Values to Rust: what each file in `OUT_DIR` holds.
//!
//! The generated code is thin: each field is one line that calls the runtime in `src/`, so that compile time stays small.

mod api_key;
mod catalogue;
mod message;
mod names;
mod sample;
mod structs;

pub(crate) use api_key::api_keys;
pub(crate) use catalogue::catalogue;
pub(crate) use message::messages;
