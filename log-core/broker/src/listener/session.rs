//! What a connection has told of itself, for its handlers.

use crate::broker::Broker;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;

/// One client on one connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) broker: Arc<Broker>,
    pub(crate) peer: SocketAddr,
    /// The client id of its last request.
    client_id: Mutex<String>,
}

impl Session {
    pub(crate) fn new(broker: Arc<Broker>, peer: SocketAddr) -> Session {
        Session { broker, peer, client_id: Mutex::default() }
    }

    pub(crate) fn client_id(&self) -> String {
        self.client_id.lock().clone()
    }

    /// Remembers what a request header says.
    pub(crate) fn note_client_id(&self, client_id: Option<&str>) {
        let client_id = client_id.unwrap_or_default();
        let mut known = self.client_id.lock();
        if *known != client_id {
            client_id.clone_into(&mut known);
        }
    }

    /// The client's host as Kafka writes it in group descriptions.
    pub(crate) fn client_host(&self) -> String {
        format!("/{}", self.peer.ip())
    }
}
