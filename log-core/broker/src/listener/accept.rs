//! The accept loop: every connection gets a place or is closed at once, no more of them in a second than the node lets, and a watch ends those
//! that are silent for too long.

use crate::broker::Broker;
use crate::listener::connection::serve;
use crate::listener::creation_rate::CreationRate;
use crate::listener::peers::PeerLimits;
use crate::listener::session::Session;
use futures::FutureExt;
use futures::future::{Either, select};
use log_env::NetListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// After a failed accept: the process may be out of file handles, which others give back.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Silent connections are looked for at least so often.
const WATCH_EVERY: Duration = Duration::from_secs(10);

/// Accepts until the server stops.
pub(crate) async fn run(broker: Arc<Broker>, mut listener: Box<dyn NetListener>) {
    let clock = broker.core.env.clock.clone();
    let mut rate = CreationRate::default();
    loop {
        let accepted = {
            let accept = pin!(listener.accept());
            let stop = pin!(broker.stopping.wait());
            match select(accept, stop).await {
                Either::Left((accepted, _)) => accepted,
                Either::Right(_) => return,
            }
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                broker.complaints.tell(clock.now(), || tracing::warn!(%error, "a connection could not be accepted"));
                clock.sleep(REST_AFTER_FAILURE).await;
                continue;
            }
        };
        if let Some(wait) = rate.note(clock.now(), broker.config().max_connection_creation_rate)
            && let Either::Right(_) = select(clock.sleep(wait), pin!(broker.stopping.wait())).await
        {
            return;
        }
        let limits =
            PeerLimits { connections_max: broker.limits.connections_max, connections_per_ip_max: broker.limits.connections_per_ip_max };
        match broker.peers.admit(address, limits, clock.now()) {
            Ok(place) => {
                let session = Arc::new(Session::new(broker.clone(), address));
                broker.core.env.spawner.spawn("kafka-connection", serve(stream, place, session).boxed());
            }
            Err(limit) => {
                broker.complaints.tell(clock.now(), || tracing::warn!(%address, limit, "a connection is refused: the limit is reached"))
            }
        }
    }
}

/// Ends silent connections, and tells what was not told of others, until the server stops.
pub(crate) async fn watch(broker: Arc<Broker>) {
    let clock = &broker.core.env.clock;
    let period = broker.limits.idle.map_or(WATCH_EVERY, |idle| (idle / 4).clamp(Duration::from_millis(20), WATCH_EVERY));
    loop {
        if let Either::Right(_) = select(clock.sleep(period), pin!(broker.stopping.wait())).await {
            return;
        }
        let now = clock.now();
        if let Some(idle) = broker.limits.idle {
            broker.peers.end_silent(now, idle);
        }
        broker.complaints.flush(now);
    }
}
