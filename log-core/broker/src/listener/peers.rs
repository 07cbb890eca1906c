//! Who is connected: how many, from where, and how long silent.

use log_env::Mono;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerLimits {
    pub(crate) connections_max: usize,
    pub(crate) connections_per_ip_max: usize,
}

/// All connections of a listener.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    state: Mutex<State>,
    /// Told whenever one leaves.
    left: Notify,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    by_id: BTreeMap<u64, Arc<Activity>>,
    by_ip: BTreeMap<IpAddr, usize>,
}

/// When a connection last did something, and how to end it.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    last: AtomicU64,
    is_over: Notify,
}

impl Activity {
    pub(crate) fn note(&self, now: Mono) {
        self.last.store(now.0, Ordering::Relaxed);
    }

    /// Resolves when the connection has been silent for too long. Cancel safe.
    pub(crate) async fn too_long_silent(&self) {
        self.is_over.notified().await;
    }
}

/// A connection's place among the others, for as long as it lives.
#[derive(Debug)]
pub(crate) struct PeerPlace {
    pub(crate) id: u64,
    pub(crate) address: SocketAddr,
    pub(crate) activity: Arc<Activity>,
    peers: Arc<Peers>,
}

impl Peers {
    /// A place for a connection from `address`, or which limit leaves none.
    pub(crate) fn admit(self: &Arc<Self>, address: SocketAddr, limits: PeerLimits, now: Mono) -> Result<PeerPlace, &'static str> {
        let mut state = self.state.lock();
        if state.by_id.len() >= limits.connections_max {
            return Err("max.connections");
        }
        let of_ip = state.by_ip.entry(address.ip()).or_default();
        if *of_ip >= limits.connections_per_ip_max {
            return Err("max.connections.per.ip");
        }
        *of_ip += 1;
        state.next_id += 1;
        let id = state.next_id;
        let activity = Arc::new(Activity::default());
        activity.note(now);
        state.by_id.insert(id, activity.clone());
        drop(state);
        Ok(PeerPlace { id, address, activity, peers: self.clone() })
    }

    /// Ends the connections that did nothing for `idle`.
    pub(crate) fn end_silent(&self, now: Mono, idle: Duration) {
        for activity in self.state.lock().by_id.values() {
            if now.since(Mono(activity.last.load(Ordering::Relaxed))) >= idle {
                activity.is_over.notify_one();
            }
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.state.lock().by_id.len()
    }

    /// Resolves when nobody is connected any more. Cancel safe.
    pub(crate) async fn all_gone(&self) {
        loop {
            let left = self.left.notified();
            if self.count() == 0 {
                return;
            }
            left.await;
        }
    }
}

impl Drop for PeerPlace {
    fn drop(&mut self) {
        let mut state = self.peers.state.lock();
        state.by_id.remove(&self.id);
        if let Some(count) = state.by_ip.get_mut(&self.address.ip()) {
            *count -= 1;
            if *count == 0 {
                state.by_ip.remove(&self.address.ip());
            }
        }
        drop(state);
        self.peers.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_hold_in_total_and_per_address_and_places_come_back() {
        let peers = Arc::new(Peers::default());
        let limits = PeerLimits { connections_max: 3, connections_per_ip_max: 2 };
        let from = |text: &str| peers.admit(text.parse().unwrap(), limits, Mono(0));
        let first = from("127.0.0.1:1").unwrap();
        let _second = from("127.0.0.1:2").unwrap();
        assert_eq!(from("127.0.0.1:3").unwrap_err(), "max.connections.per.ip");
        let _third = from("127.0.0.2:3").unwrap();
        assert_eq!(from("127.0.0.3:3").unwrap_err(), "max.connections");
        drop(first);
        assert_eq!(peers.count(), 2);
        from("127.0.0.1:4").unwrap();
    }
}
