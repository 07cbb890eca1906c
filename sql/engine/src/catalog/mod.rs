//! What the engine remembers: streams, tables and connectors, in a compacted topic and in memory.

mod entry;
mod flow;
mod state;
mod store;
mod topic_users;

pub(crate) use entry::{Entry, RelationEntry};
pub(crate) use state::CatalogState;
pub(crate) use store::CatalogStore;
pub use topic_users::topic_users;
