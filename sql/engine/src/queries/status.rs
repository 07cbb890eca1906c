//! How a running query is doing, for a progress display and SHOW QUERIES.

use log_model::Timestamp;
use streams_runtime::topology::{NodeKind, Topology};
use streams_runtime::{DropReason, StreamsMetrics};

/// A query at one moment. Counts begin at 0 with the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryStatus {
    /// The relation it fills.
    pub name: String,
    /// Records read.
    pub rows_in: u64,
    /// Records written.
    pub rows_out: u64,
    /// Records still to be read, as last seen.
    pub lag: i64,
    /// Records sent to the dead-letter topic.
    pub dead_letters: u64,
    /// Rows dropped because their window had closed.
    pub late: u64,
    /// Records that retention or somebody else deleted before they were read.
    pub deleted: u64,
    /// Bytes of state, roughly.
    pub state_bytes: u64,
    /// The least watermark; `None` while unknown.
    pub watermark: Option<Timestamp>,
    /// Each step, in the order of the topology.
    pub steps: Vec<StepStatus>,
    /// Whether it runs: it was started, has not been stopped and has not failed.
    pub running: bool,
    /// Why it has failed, if it has.
    pub error: Option<String>,
}

impl QueryStatus {
    /// In one word: `running`, `failed` or `stopped`.
    pub fn state(&self) -> &'static str {
        match (self.running, &self.error) {
            (true, _) => "running",
            (false, Some(_)) => "failed",
            (false, None) => "stopped",
        }
    }
}

/// A step of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepStatus {
    /// Its kind: `source`, `filter`, `tumble`, `sink`, …
    pub kind: &'static str,
    /// Its name in the topology.
    pub name: String,
    /// Rows taken.
    pub rows_in: u64,
    /// Rows given.
    pub rows_out: u64,
}

impl QueryStatus {
    pub(super) fn of(name: &str, metrics: &StreamsMetrics, topology: &Topology, error: Option<String>) -> QueryStatus {
        let kind_of = |name: &str| topology.nodes().iter().find(|node| node.name == name).map(|node| kind(&node.kind));
        let steps: Vec<StepStatus> = metrics
            .nodes
            .iter()
            .map(|node| StepStatus {
                kind: kind_of(&node.name).unwrap_or("step"),
                name: node.name.clone(),
                rows_in: node.rows_in,
                rows_out: node.rows_out,
            })
            .collect();
        let sum = |wanted: &str, rows: fn(&StepStatus) -> u64| steps.iter().filter(|step| step.kind == wanted).map(rows).sum();
        QueryStatus {
            name: name.to_string(),
            rows_in: sum("source", |step| step.rows_in),
            rows_out: sum("sink", |step| step.rows_out),
            lag: metrics.sources.iter().map(|source| source.lag).sum(),
            dead_letters: metrics.dead_letters,
            late: metrics.dropped(DropReason::Late),
            deleted: metrics.dropped(DropReason::Deleted),
            state_bytes: metrics.stores.iter().map(|store| store.size_bytes).sum(),
            watermark: metrics.watermarks.iter().flatten().min().copied().filter(|watermark| *watermark > Timestamp::MIN),
            steps,
            running: error.is_none(),
            error,
        }
    }
}

fn kind(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Source { .. } => "source",
        NodeKind::RepartitionSource { .. } => "shuffled",
        NodeKind::Operator { kind, .. } => kind,
        NodeKind::Sink { .. } => "sink",
        NodeKind::RepartitionSink { .. } => "shuffle",
    }
}
