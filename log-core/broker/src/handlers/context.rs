//! What a handler knows of the request it answers.

use crate::broker::Broker;
use crate::listener::{Session, Share};
use crate::node::core::Core;
use futures::future::{Either, select};
use log_model::KafkaCode;
use parking_lot::Mutex;
use std::pin::pin;
use std::sync::Arc;

/// One request's surroundings.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) session: Arc<Session>,
    /// The version of the request; the response has the same.
    pub(crate) version: i16,
    /// What the client calls itself; empty if it does not say.
    pub(crate) client_id: String,
    /// Parts of the node's budget that the answer holds until it is written.
    shares: Mutex<Vec<Share>>,
}

impl Context {
    pub(crate) fn new(session: Arc<Session>, version: i16, client_id: String) -> Context {
        Context { session, version, client_id, shares: Mutex::default() }
    }

    pub(crate) fn broker(&self) -> &Arc<Broker> {
        &self.session.broker
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.session.broker.core
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.core().now_ms()
    }

    /// Refuses groups of the consumer protocol where `group.coordinator.rebalance.protocols` leaves them out. Errors: `UnsupportedVersion`.
    pub(super) fn serves_consumer_groups(&self) -> Result<(), KafkaCode> {
        match self.broker().config().group_coordinator_rebalance_protocols.iter().any(|protocol| protocol == "consumer") {
            true => Ok(()),
            false => Err(KafkaCode::UnsupportedVersion),
        }
    }

    /// What comes of waiting; `None` if the server stops meanwhile.
    pub(super) async fn unless_stopping<T>(&self, waiting: impl Future<Output = Option<T>>) -> Option<T> {
        match select(pin!(waiting), pin!(self.broker().stopping.wait())).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => None,
        }
    }

    /// Keeps a share of the budget until the answer is written.
    pub(crate) fn hold(&self, share: Share) {
        self.shares.lock().push(share);
    }

    pub(crate) fn take_shares(&self) -> Vec<Share> {
        std::mem::take(&mut self.shares.lock())
    }
}
