//! The text of a script: variables filled in, places mapped back to what the user wrote, and nearest names.

mod nearest;
mod source;
mod variables;
mod words;

pub use nearest::nearest;
pub use source::SourceText;
pub use variables::Variables;

pub(crate) use nearest::did_you_mean;
pub(crate) use words::{in_sql, with_sql_types};
