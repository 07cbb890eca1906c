//! What the engine remembers: streams, tables and connectors, in a compacted topic and in memory.

mod entry;
mod flow;
mod state;
mod store;

pub(crate) use entry::{Entry, RelationEntry};
pub(crate) use state::CatalogState;
pub(crate) use store::CatalogStore;
