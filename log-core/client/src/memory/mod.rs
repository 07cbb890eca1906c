//! The memory log: the whole contract without storage, for tests and for pipelines that need not outlive their process.
//!
//! All state is one structure under one lock, so every call is atomic by itself; nothing is ever written to a disk.

mod admin;
mod log;
mod partition;
mod producer;
mod state;

pub use log::MemoryLog;
