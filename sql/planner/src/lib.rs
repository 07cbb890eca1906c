//! SQL text to streaming plan, on DataFusion's parser and logical planner.
//!
//! [`Script::parse`] fills variables and parses statements; [`Planner`] checks them against a catalog ([`Relations`]) and plans their queries
//! ([`StreamPlan`]). Nothing here runs, reads or writes anything: the same text and catalog always give the same plan.

mod error;
mod interval;
pub mod plan;
mod query;
mod relation;
mod statement;
mod text;
mod types;

pub use error::{Error, Location, Place, Result};
pub use plan::StreamPlan;
pub use query::{BatchQuery, Explainer, PlannedRelation, Planner, PushQuery};
pub use relation::{Column, QueryDefinition, Relation, RelationOptions, Relations};
pub use statement::{
    ColumnDefinition, ConnectorKind, CreateConnector, CreateRelation, Drop, DropKind, Insert, Name, OptionEntry, ParsedStatement,
    QueryText, RelationKind, Script, Show, Statement, WatermarkDefinition,
};
pub use text::{SourceText, Variables, nearest};
pub use types::SqlType;

#[cfg(test)]
mod tests;
