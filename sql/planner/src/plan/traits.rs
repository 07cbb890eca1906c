//! What the planner knows of a node's output; it decides which operators and sinks are allowed.

/// Properties of a node's output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Rows are only ever added, never taken back.
    pub append_only: bool,
    /// Columns (by index) whose values no two rows share at one time; an empty list means at most one row. `None`: rows may repeat.
    pub unique_key: Option<Vec<usize>>,
    /// Columns (by index) that carry event time below which no further row comes.
    pub watermark: Vec<usize>,
}

impl Traits {
    /// The changelog mode in words: what kinds of change a reader of the output sees.
    pub fn changelog_mode(&self) -> &'static str {
        match (self.append_only, self.unique_key.is_some()) {
            (true, _) => "append",
            (false, true) => "upsert",
            (false, false) => "retract",
        }
    }
}
