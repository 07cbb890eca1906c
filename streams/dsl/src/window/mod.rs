//! Windows over time: which windows a timestamp falls into, when a window is closed, and what is emitted when.

mod emit_strategy;
mod time_windows;
mod windowed;

pub use emit_strategy::EmitStrategy;
pub use time_windows::TimeWindows;
pub(crate) use time_windows::millis;
pub use windowed::{Window, Windowed};
