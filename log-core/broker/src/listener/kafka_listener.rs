//! Starting and stopping the network face of a log.

use crate::broker::{Broker, Endpoint, Limits};
use crate::embedded::EmbeddedLog;
use crate::handlers::{Authorizer, FetchSessions, apply_stored_config, follow_topic_defaults, keep_started_with, over_started_with};
use crate::listener::accept;
use crate::listener::address::{loopback_address, parse_endpoint};
use crate::listener::{Budgets, Complaints, Peers, StopSignal};
use crate::node::core::Core;
use crate::node::settings::encode_setting;
use futures::FutureExt;
use futures::future::{Either, select};
use log_client::{Error, Result};
use log_env::Task;
use log_model::BrokerConfig;
use parking_lot::{Mutex, RwLock};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// The setting that names the cluster, made once.
const CLUSTER_ID: &str = "cluster.id";
/// How long a stop waits for answers that are under way.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long it waits for connections that were cut off.
const CUT_OFF_WITHIN: Duration = Duration::from_secs(5);

/// Serves a log to Kafka clients over the network. Stop it before the log is closed; dropping it stops it too, without waiting for answers to leave.
pub struct KafkaListener {
    pub(crate) broker: Arc<Broker>,
    address: SocketAddr,
    tasks: Mutex<Vec<Task>>,
}

impl KafkaListener {
    /// Listens at the first of `listeners` and serves whoever connects. The configuration's `log.dirs` has no meaning here: the log is open.
    ///
    /// # Errors
    /// `Invalid`: an address that is none, that others than this machine can reach, or a configuration that contradicts itself; `Retry`: the
    /// address is in use; `Closed`: the log is.
    pub async fn start(log: &EmbeddedLog, config: BrokerConfig) -> Result<KafkaListener> {
        let listener = KafkaListener::serve(log, config, true).await?;
        keep_started_with(&listener.broker).await;
        follow_topic_defaults(&listener.broker).await?;
        Ok(listener)
    }

    /// As [`start`](KafkaListener::start), for whoever looks after a log without being its server: topics keep what the last server gave them, and
    /// changes of the node's configuration are judged by what that was started with. They act when it starts again.
    ///
    /// # Errors
    /// As those of `start`.
    pub async fn start_beside(log: &EmbeddedLog, config: BrokerConfig) -> Result<KafkaListener> {
        KafkaListener::serve(log, config, false).await
    }

    async fn serve(log: &EmbeddedLog, config: BrokerConfig, leads_topics: bool) -> Result<KafkaListener> {
        config.validate().map_err(|error| Error::Invalid { reason: error.to_string() })?;
        let core = log.core().clone();
        let listener = match config.listeners.as_slice() {
            [one] => parse_endpoint(one)?,
            _ => return Err(Error::Invalid { reason: "listeners must name exactly one address".into() }),
        };
        let wanted = loopback_address(&listener)?;
        let listening = core.env.network.listen(wanted).await.map_err(|error| Error::Retry {
            reason: format!("cannot listen at {wanted}: {error}; choose another port or stop who uses it"),
        })?;
        let address = listening.local_address();
        let broker = Arc::new(open(core, config, address, leads_topics).await?);
        let spawner = &broker.core.env.spawner;
        let tasks = vec![
            spawner.spawn("kafka-accept", accept::run(broker.clone(), listening).boxed()),
            spawner.spawn("kafka-watch", accept::watch(broker.clone()).boxed()),
        ];
        tracing::info!(%address, cluster = %broker.cluster_id, "listening");
        Ok(KafkaListener { broker, address, tasks: Mutex::new(tasks) })
    }

    /// Where it listens; the real port if port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the cluster that this node is.
    pub fn cluster_id(&self) -> &str {
        &self.broker.cluster_id
    }

    /// How many clients are connected.
    pub fn connection_count(&self) -> usize {
        self.broker.peers.count()
    }

    /// Stops accepting, answers what has been asked, and closes all connections: whatever was acknowledged stays so, and a client that hears
    /// no answer asks again elsewhere or later.
    pub async fn stop(&self) {
        self.broker.stopping.give();
        self.broker.core.wakeups.ring_all();
        let gone = pin!(self.broker.peers.all_gone());
        if let Either::Right(_) = select(gone, self.broker.core.env.clock.sleep(STOP_WITHIN)).await {
            tracing::warn!(count = self.connection_count(), "connections are cut off: their answers were not taken in time");
            self.broker.cut_off.give();
            let gone = pin!(self.broker.peers.all_gone());
            select(gone, self.broker.core.env.clock.sleep(CUT_OFF_WITHIN)).await;
        }
        self.broker.complaints.flush(self.broker.core.env.clock.now());
        for task in self.tasks.lock().drain(..) {
            (task.abort)();
        }
    }
}

impl Drop for KafkaListener {
    fn drop(&mut self) {
        self.broker.stopping.give();
        for task in self.tasks.lock().drain(..) {
            (task.abort)();
        }
    }
}

async fn open(core: Arc<Core>, config: BrokerConfig, address: SocketAddr, leads_topics: bool) -> Result<Broker> {
    let advertised = match config.advertised_listeners.as_deref() {
        None | Some([]) => Endpoint { host: address.ip().to_string(), port: address.port() },
        Some([one, ..]) => parse_endpoint(one)?,
    };
    let limits = limits(&config, core.env.disk.open_files_max());
    let request_bytes = usize::try_from(config.queued_max_request_bytes).ok().filter(|bytes| *bytes > 0);
    let static_config = if leads_topics { config.clone() } else { over_started_with(&core, &config) };
    let effective = apply_stored_config(&core, &static_config);
    let sessions_max = usize::try_from(config.max_incremental_fetch_session_cache_slots).unwrap_or(0);
    Ok(Broker {
        authorizer: Authorizer::load(&core, &config),
        node_id: config.node_id,
        cluster_id: cluster_id(&core).await?,
        advertised,
        limits,
        config: RwLock::new(Arc::new(effective)),
        static_config,
        leads_topics,
        budgets: Budgets::new(request_bytes),
        peers: Arc::new(Peers::default()),
        complaints: Complaints::default(),
        stopping: StopSignal::default(),
        cut_off: StopSignal::default(),
        fetch_sessions: FetchSessions::new(sessions_max, core.env.random.next_u64()),
        core,
    })
}

fn limits(config: &BrokerConfig, open_files_max: Option<u64>) -> Limits {
    let count = |value: i32| usize::try_from(value).unwrap_or(0);
    // A quarter of the files the process may open is for segments, and some are for everything else.
    let handles = open_files_max.map_or(usize::MAX, |files| files as usize / 8 * 5);
    Limits {
        frame_bytes_max: count(config.socket_request_max_bytes),
        connections_max: count(config.max_connections).min(handles),
        connections_per_ip_max: count(config.max_connections_per_ip),
        idle: u64::try_from(config.connections_max_idle_ms).ok().map(Duration::from_millis),
    }
}

/// The cluster's id: 16 random bytes as Kafka writes them, kept with the log.
async fn cluster_id(core: &Arc<Core>) -> Result<String> {
    if let Some(id) = core.settings.get(CLUSTER_ID) {
        return Ok(id);
    }
    let id = crate::node::topics::new_topic_id(core.env.random.as_ref());
    let id = id_text(id.0.as_bytes());
    core.settings.set(core, vec![(CLUSTER_ID.to_owned(), Some(encode_setting(&id)?))]).await?;
    Ok(id)
}

/// URL-safe base64 without padding, as Kafka writes ids.
fn id_text(bytes: &[u8; 16]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}
