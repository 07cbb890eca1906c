//! A member of a classic group.

use crate::groups::event::{Id, JoinGroup, Token};
use bytes::Bytes;

/// What a member costs beside its texts and metadata.
const MEMBER_BYTES: usize = 256;

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its id.
    pub(crate) id: Id,
    /// Its `group.instance.id`, if it is static.
    pub(crate) instance_id: Option<Id>,
    /// Client id.
    pub(crate) client_id: String,
    /// Client host.
    pub(crate) client_host: String,
    /// How long a rebalance may wait for it.
    pub(crate) rebalance_timeout_ms: i32,
    /// How long it may be silent.
    pub(crate) session_timeout_ms: i32,
    /// Its protocols, best first.
    pub(crate) protocols: Vec<(Id, Bytes)>,
    /// Its assignment of the last completed generation.
    pub(crate) assignment: Bytes,
    /// Who waits for the end of the join phase.
    pub(crate) join: Option<Token>,
    /// Who waits for the leader's assignment.
    pub(crate) sync: Option<Token>,
    /// It has not seen a generation yet, so it cannot send heartbeats.
    pub(crate) is_new: bool,
}

impl Member {
    /// The member that a request describes.
    pub(crate) fn joining(id: Id, request: &JoinGroup) -> Member {
        Member {
            id,
            instance_id: request.instance_id.clone(),
            client_id: request.client_id.clone(),
            client_host: request.client_host.clone(),
            rebalance_timeout_ms: rebalance_timeout_ms(request),
            session_timeout_ms: request.session_timeout_ms,
            protocols: request.protocols.clone(),
            assignment: Bytes::new(),
            join: None,
            sync: None,
            is_new: true,
        }
    }

    /// Takes over what a later request of the member says.
    pub(crate) fn update(&mut self, request: &JoinGroup) {
        self.protocols.clone_from(&request.protocols);
        self.rebalance_timeout_ms = rebalance_timeout_ms(request);
        self.session_timeout_ms = request.session_timeout_ms;
    }

    /// Its metadata for a protocol.
    pub(crate) fn metadata(&self, protocol: &str) -> Bytes {
        self.protocols.iter().find(|(name, _)| &**name == protocol).map(|(_, metadata)| metadata.clone()).unwrap_or_default()
    }

    /// Whether it speaks a protocol.
    pub(crate) fn speaks(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|(name, _)| &**name == protocol)
    }

    /// What it costs.
    pub(crate) fn bytes(&self) -> usize {
        let protocols: usize = self.protocols.iter().map(|(name, metadata)| name.len() + metadata.len() + 32).sum();
        MEMBER_BYTES
            + self.id.len() * 2
            + self.instance_id.as_ref().map_or(0, |id| id.len() * 2)
            + self.client_id.len()
            + self.client_host.len()
            + protocols
    }
}

/// How long a rebalance may wait for the member; v0 has no rebalance timeout of its own.
pub(crate) fn rebalance_timeout_ms(request: &JoinGroup) -> i32 {
    if request.rebalance_timeout_ms < 0 { request.session_timeout_ms } else { request.rebalance_timeout_ms }
}
