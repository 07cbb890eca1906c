//! The accept loop: every connection gets a place or is closed at once, and a watch ends those that are silent for too long.

use crate::broker::Broker;
use crate::listener::connection::serve;
use crate::listener::peers::PeerLimits;
use crate::listener::session::Session;
use futures::FutureExt;
use futures::future::{Either, select};
use log_env::{Mono, NetListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// After a failed accept: the process may be out of file handles, which others give back.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(50);
/// Refused connections are reported at most so often.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// Accepts until the server stops.
pub(crate) async fn run(broker: Arc<Broker>, mut listener: Box<dyn NetListener>) {
    let clock = broker.core.env.clock.clone();
    let mut refused = Refused::default();
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
                refused.report(clock.now(), || format!("a connection could not be accepted: {error}"));
                clock.sleep(REST_AFTER_FAILURE).await;
                continue;
            }
        };
        let limits =
            PeerLimits { connections_max: broker.limits.connections_max, connections_per_ip_max: broker.limits.connections_per_ip_max };
        match broker.peers.admit(address, limits, clock.now()) {
            Ok(place) => {
                let session = Arc::new(Session::new(broker.clone(), address));
                broker.core.env.spawner.spawn("kafka-connection", serve(stream, place, session).boxed());
            }
            Err(limit) => refused.report(clock.now(), || format!("a connection from {address} is closed: {limit} is reached")),
        }
    }
}

/// Keeps a flood of refusals from flooding the log.
#[derive(Default)]
struct Refused {
    reported: Option<Mono>,
    since_then: u64,
}

impl Refused {
    fn report(&mut self, now: Mono, what: impl FnOnce() -> String) {
        self.since_then += 1;
        if self.reported.is_none_or(|reported| now.since(reported) >= REPORT_EVERY) {
            tracing::warn!(count = self.since_then, "{}", what());
            self.reported = Some(now);
            self.since_then = 0;
        }
    }
}

/// Ends silent connections until the server stops.
pub(crate) async fn watch_silent(broker: Arc<Broker>) {
    let Some(idle) = broker.limits.idle else { return };
    let clock = &broker.core.env.clock;
    let period = (idle / 4).clamp(Duration::from_millis(20), Duration::from_secs(30));
    loop {
        if let Either::Right(_) = select(clock.sleep(period), pin!(broker.stopping.wait())).await {
            return;
        }
        broker.peers.end_silent(clock.now(), idle);
    }
}
