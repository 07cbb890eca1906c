//! What the client of a request may do, and Kafka's code for what it may not.
//!
//! Connections do not authenticate: whoever speaks is `User:ANONYMOUS`, from the address that its connection comes from.

use crate::handlers::Context;
use log_model::KafkaCode;
use log_model::acl::{AclAccess, AclOperation, CLUSTER_NAME, ResourceType};

/// Who speaks where nobody has to say so (Kafka's `KafkaPrincipal.ANONYMOUS`).
const ANONYMOUS: &str = "User:ANONYMOUS";

impl Context {
    /// Whether nobody needs to be asked for: everybody may do everything.
    pub(super) fn allows_everything(&self) -> bool {
        self.broker().authorizer.is_open()
    }

    /// Whether the client may do this to the thing of this name.
    pub(super) fn allows(&self, operation: AclOperation, resource_type: ResourceType, name: &str) -> bool {
        self.broker().authorizer.is_open() || {
            let host = self.session.peer.ip().to_canonical().to_string();
            let access = AclAccess { principal: ANONYMOUS, host: &host, operation };
            self.broker().authorizer.allows(&access, resource_type, name)
        }
    }

    /// Whether the client may do this to some thing of the type (KIP-679).
    pub(super) fn allows_any(&self, operation: AclOperation, resource_type: ResourceType) -> bool {
        self.broker().authorizer.is_open() || {
            let host = self.session.peer.ip().to_canonical().to_string();
            let access = AclAccess { principal: ANONYMOUS, host: &host, operation };
            self.broker().authorizer.allows_any(&access, resource_type)
        }
    }

    /// Whether the client may do this to the cluster.
    pub(super) fn allows_cluster(&self, operation: AclOperation) -> bool {
        self.allows(operation, ResourceType::Cluster, CLUSTER_NAME)
    }

    /// As [`allows`](Context::allows). Errors: the code of the resource type.
    pub(super) fn authorize(&self, operation: AclOperation, resource_type: ResourceType, name: &str) -> Result<(), KafkaCode> {
        if self.allows(operation, resource_type, name) {
            return Ok(());
        }
        tracing::debug!(peer = %self.session.peer, %operation, %resource_type, name, "an access was denied");
        Err(denied(resource_type))
    }

    /// As [`allows_cluster`](Context::allows_cluster). Errors: `ClusterAuthorizationFailed`.
    pub(super) fn authorize_cluster(&self, operation: AclOperation) -> Result<(), KafkaCode> {
        self.authorize(operation, ResourceType::Cluster, CLUSTER_NAME)
    }

    /// Whether the client may make this topic: whoever may make any of the cluster's needs no ACL of its own. Errors:
    /// `TopicAuthorizationFailed`.
    pub(super) fn authorize_creation(&self, topic: &str) -> Result<(), KafkaCode> {
        match self.allows_cluster(AclOperation::Create) {
            true => Ok(()),
            false => self.authorize(AclOperation::Create, ResourceType::Topic, topic),
        }
    }
}

const fn denied(resource_type: ResourceType) -> KafkaCode {
    match resource_type {
        ResourceType::Topic => KafkaCode::TopicAuthorizationFailed,
        ResourceType::Group => KafkaCode::GroupAuthorizationFailed,
        ResourceType::TransactionalId => KafkaCode::TransactionalIdAuthorizationFailed,
        ResourceType::DelegationToken => KafkaCode::DelegationTokenAuthorizationFailed,
        ResourceType::Cluster | ResourceType::User | ResourceType::Any | ResourceType::Unknown => KafkaCode::ClusterAuthorizationFailed,
    }
}
