//! SQL: the engine that runs continuous queries and answers batch ones, and what it returns.

/// The version of Arrow that the batches are of.
pub use sql_engine::arrow;
pub use sql_engine::{
    ConnectorStatus, Engine, EngineOptions, Error, ParsedStatement, QueryStatus, RecordBatch, Result, Rows, SchemaRef, Script, StateStores,
    Statement, StatementResult, StepStatus, Variables, json_rows,
};
