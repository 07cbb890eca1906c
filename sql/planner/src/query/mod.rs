//! Queries: from a parsed SELECT through DataFusion's logical plan to a streaming plan.
//!
//! The way of a continuous query: [`refuse`] what cannot run over endless input → replace `window_start` and `window_end`
//! ([`window_columns`]) → DataFusion's planner, type coercion and a few of its rules ([`logical`]) → one rule a logical node ([`convert`]).
//! A batch query takes only the second step here; DataFusion does the rest.

mod context;
mod convert;
mod errors;
mod improve;
mod logical;
mod planner;
mod refuse;
mod session;
mod tumble;
mod window_columns;

pub use planner::{BatchQuery, Explainer, PlannedRelation, Planner, PushQuery};
