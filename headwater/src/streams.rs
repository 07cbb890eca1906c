//! Streams: the typed DSL, the runtime that executes its topologies, and a driver that tests them without a log.

pub use streams_dsl::*;
pub use streams_runtime::topology::{Topology, TopologyError};
pub use streams_runtime::{StreamsApp, StreamsHandle, StreamsMetrics, StreamsOptions};
pub use streams_testkit as testkit;
