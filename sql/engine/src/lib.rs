//! Catalog, statements, running queries and batch SELECT.
//!
//! [`Engine`] executes the statements of `sql-planner` on a log: definitions live in the compacted topic `__headwater_sql`; each `CREATE … AS SELECT` runs
//! as a streams application; a batch `SELECT` runs on DataFusion over snapshots of topics. Connectors are run by a [`ConnectorHost`].

mod catalog;
mod compile;
mod connector_host;
mod engine;
mod error;
mod options;
mod queries;
mod result;
mod statements;
mod tables;
mod topics;

/// The version of Arrow that the batches are of.
pub use arrow;
pub use arrow::array::RecordBatch;
pub use arrow::datatypes::SchemaRef;
pub use catalog::topic_users;
pub use connector_host::{ConnectorDefinition, ConnectorHost, ConnectorStatus, NoConnectors};
pub use engine::Engine;
pub use error::{Error, Result};
pub use options::{EngineOptions, StateStores};
pub use queries::{QueryStatus, StepStatus};
pub use result::{Rows, StatementResult, json_rows};
pub use sql_planner::{ConnectorKind, ParsedStatement, Script, Statement, Variables};
pub use topics::topic_keeper;

#[cfg(test)]
mod tests;
