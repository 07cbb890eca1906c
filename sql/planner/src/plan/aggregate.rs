//! Grouping, with and without a window of event time.
//!
//! Output columns of both: the window start first (only with a window, as timestamp in milliseconds), then the groups, then the aggregates, each
//! in the order given; the node's schema names them.

use datafusion::logical_expr::Expr;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Groups by a tumbling window and keys.
#[derive(Clone, Debug)]
pub struct TumbleAggregate {
    /// The windows.
    pub window: Window,
    /// The event time of a row: a timestamp column (index into the input's schema).
    pub time_column: usize,
    /// Further keys.
    pub group_exprs: Vec<Expr>,
    /// What is computed of each group.
    pub aggregates: Vec<AggregateCall>,
    /// When results are put out.
    pub emit: EmitMode,
    /// Whether the input has a watermark on the time column: closed windows are forgotten, and rows without a time are no rows of it. Without it state only
    /// grows.
    pub closes: bool,
    /// The input never takes rows back.
    pub append_only_input: bool,
}

/// Fixed-size windows side by side: window n covers `[offset + n·size, offset + (n+1)·size)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The length; above zero.
    pub size_ms: i64,
    /// Where a window starts, modulo the size; `0 ≤ offset < size`.
    pub offset_ms: i64,
    /// A window closes when the watermark reaches its end plus this.
    pub grace_ms: i64,
}

/// Groups by keys without a window; no keys means one group of all rows.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The keys.
    pub group_exprs: Vec<Expr>,
    /// What is computed of each group.
    pub aggregates: Vec<AggregateCall>,
    /// The input never takes rows back.
    pub append_only_input: bool,
}

/// One aggregate of a grouping.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// The function.
    pub function: AggregateFunction,
    /// Its argument; none for `count(*)`.
    pub argument: Option<Expr>,
    /// Only rows for which this is true count (`FILTER (WHERE …)`).
    pub filter: Option<Expr>,
}

/// The aggregate functions of continuous queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AggregateFunction {
    /// Rows.
    CountStar,
    /// Rows whose argument is not null.
    Count,
    /// Distinct arguments that are not null.
    CountDistinct,
    /// The sum; null if there was nothing but nulls.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The mean: a double, of decimals a decimal.
    Avg,
}

impl AggregateFunction {
    /// Every function, in the order listed to a user.
    pub const ALL: [AggregateFunction; 7] = [
        AggregateFunction::CountStar,
        AggregateFunction::Count,
        AggregateFunction::CountDistinct,
        AggregateFunction::Sum,
        AggregateFunction::Min,
        AggregateFunction::Max,
        AggregateFunction::Avg,
    ];

    /// How it is written in SQL.
    pub fn sql(self) -> &'static str {
        match self {
            AggregateFunction::CountStar => "count(*)",
            AggregateFunction::Count => "count",
            AggregateFunction::CountDistinct => "count(distinct …)",
            AggregateFunction::Sum => "sum",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::Avg => "avg",
        }
    }
}

/// When a grouping puts out results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EmitMode {
    /// Every epoch: what changed.
    Changes,
    /// Once a window is closed: its only, final row per group. Rows after that are late and dropped.
    OnWindowClose,
}

impl fmt::Display for EmitMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EmitMode::Changes => "EMIT CHANGES",
            EmitMode::OnWindowClose => "EMIT ON WINDOW CLOSE",
        })
    }
}
