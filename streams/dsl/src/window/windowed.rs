//! A key together with the window it belongs to.

use std::fmt;

/// The half-open span of time `[start, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// The first millisecond in the window.
    pub start_ms: i64,
    /// The first millisecond after the window.
    pub end_ms: i64,
}

impl Window {
    /// The window that starts at `start_ms` and lasts `size_ms`. Its end is cut at the largest timestamp.
    pub(crate) fn starting(start_ms: i64, size_ms: i64) -> Window {
        Window { start_ms, end_ms: start_ms.saturating_add(size_ms) }
    }
}

/// A key in a window: the key of windowed aggregates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Windowed<K> {
    /// The key.
    pub key: K,
    /// The window.
    pub window: Window,
}

impl<K: fmt::Display> fmt::Display for Windowed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}@{}/{}]", self.key, self.window.start_ms, self.window.end_ms)
    }
}
