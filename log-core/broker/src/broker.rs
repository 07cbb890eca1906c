//! What all connections of a node share.

use crate::handlers::{Authorizer, FetchSessions};
use crate::listener::{Budgets, Complaints, Peers, StopSignal};
use crate::node::core::Core;
use log_model::BrokerConfig;
use parking_lot::RwLock;
use std::sync::Arc;
use std::time::Duration;

/// The limits of connections, from the node's configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) frame_bytes_max: usize,
    pub(crate) connections_max: usize,
    pub(crate) connections_per_ip_max: usize,
    /// `None`: connections may be silent for ever.
    pub(crate) idle: Option<Duration>,
}

/// Where clients are told to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// One node, as its Kafka clients see it.
pub(crate) struct Broker {
    pub(crate) core: Arc<Core>,
    pub(crate) node_id: i32,
    pub(crate) cluster_id: String,
    pub(crate) advertised: Endpoint,
    pub(crate) limits: Limits,
    /// The configuration now: what it was started with, and what clients changed since.
    pub(crate) config: RwLock<Arc<BrokerConfig>>,
    /// The entries it was started with.
    pub(crate) static_config: BrokerConfig,
    /// Whether topics live by this configuration: not where it is only that of somebody who looks after the log beside its server.
    pub(crate) leads_topics: bool,
    pub(crate) budgets: Budgets,
    pub(crate) peers: Arc<Peers>,
    pub(crate) complaints: Complaints,
    pub(crate) stopping: StopSignal,
    /// Given when connections did not end in time.
    pub(crate) cut_off: StopSignal,
    pub(crate) fetch_sessions: FetchSessions,
    pub(crate) authorizer: Authorizer,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("node_id", &self.node_id).field("cluster_id", &self.cluster_id).finish_non_exhaustive()
    }
}

impl Broker {
    /// The configuration now.
    pub(crate) fn config(&self) -> Arc<BrokerConfig> {
        self.config.read().clone()
    }
}
