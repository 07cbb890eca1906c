//! When the results of a window go on.

/// When the results of windows are emitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmitStrategy {
    /// On every update: early results, refined later. At most one per window and key for each batch while caching is on.
    #[default]
    OnUpdate,
    /// Once, when the window is closed: its end and the grace period have passed.
    OnWindowClose,
}
