//! Relations: what a stream or table is once its statement has been checked, and the rules that check it.

mod columns;
mod declare;
mod definition;
mod relation_options;
mod watermark;

pub use definition::{Column, QueryDefinition, Relation, Relations};
pub use relation_options::RelationOptions;

pub(crate) use columns::PSEUDO_COLUMNS;
pub(crate) use declare::{declare, describe_output};
