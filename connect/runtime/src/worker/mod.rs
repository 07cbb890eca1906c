//! The worker's face: connectors are created, described, changed and removed; everything is drained or stopped.

mod connector;
mod drain;
mod face;
mod lifecycle;

pub use face::Worker;
