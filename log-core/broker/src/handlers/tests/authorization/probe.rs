//! A request, the ACLs that forbid it, and the code that says so.

use crate::handlers::tests::client::{Client, Node, code};
use futures::future::LocalBoxFuture;
use log_model::KafkaCode;
use log_model::acl::{AclOperation, AclPermissionType, CLUSTER_NAME, PatternType, ResourceType};
use log_wire::messages::create_acls_request::AclCreation;
use log_wire::messages::delete_acls_request::DeleteAclsFilter;
use log_wire::messages::{CreateAclsRequest, CreateAclsResponse};

pub(super) const TOPIC: (ResourceType, &str) = (ResourceType::Topic, "t");
pub(super) const GROUP: (ResourceType, &str) = (ResourceType::Group, "g");
pub(super) const TRANSACTION: (ResourceType, &str) = (ResourceType::TransactionalId, "x");
pub(super) const CLUSTER: (ResourceType, &str) = (ResourceType::Cluster, CLUSTER_NAME);

/// What an ACL is about: a thing and what is done to it.
pub(super) type About = ((ResourceType, &'static str), AclOperation);

pub(super) struct Probe {
    /// The API and what of it is asked.
    pub(super) name: &'static str,
    /// Together these forbid it; all but the last may be needed to let the last be asked for.
    pub(super) denied: &'static [About],
    pub(super) code: KafkaCode,
    pub(super) ask: for<'a> fn(&'a mut Client) -> LocalBoxFuture<'a, i16>,
}

/// A probe: the name, what is denied, the expected code, the request with its version, and where in the answer the code stands.
macro_rules! probe {
    ($name:literal, $denied:expr, $code:ident, $version:literal $request:expr, |$answer:ident: $Answer:ty| $at:expr) => {
        Probe {
            name: $name,
            denied: &$denied,
            code: KafkaCode::$code,
            ask: |client| {
                Box::pin(async move {
                    let $answer: $Answer = client.ask($version, &$request).await;
                    $at
                })
            },
        }
    };
}
pub(super) use probe;

/// An ACL for somebody.
pub(super) fn acl(principal: &'static str, about: About, permission: AclPermissionType) -> AclCreation<'static> {
    let ((resource_type, name), operation) = about;
    AclCreation {
        resource_type: resource_type.as_i8(),
        resource_name: name.into(),
        resource_pattern_type: PatternType::Literal.as_i8(),
        principal: principal.into(),
        host: "*".into(),
        operation: operation.as_i8(),
        permission_type: permission.as_i8(),
    }
}

/// All ACLs of a type.
pub(super) fn any_acl(resource_type: ResourceType) -> DeleteAclsFilter<'static> {
    DeleteAclsFilter {
        resource_type_filter: resource_type.as_i8(),
        resource_name_filter: None,
        pattern_type_filter: PatternType::Any.as_i8(),
        principal_filter: None,
        host_filter: None,
        operation: AclOperation::Any.as_i8(),
        permission_type: AclPermissionType::Any.as_i8(),
    }
}

/// Makes ACLs, all of which must be accepted.
pub(super) async fn create(client: &mut Client, creations: Vec<AclCreation<'static>>) {
    let answer: CreateAclsResponse<'_> = client.ask(3, &CreateAclsRequest { creations }).await;
    assert!(answer.results.iter().all(|result| result.error_code == 0), "{answer:?}");
}

/// Asks without ACLs, with those that forbid it, after a restart, and as a super user whom no ACL stops.
pub(super) fn check(probes: &[Probe]) {
    for probe in probes {
        let ask = async |client: &mut Client| code((probe.ask)(client).await);
        let node = Node::start(&[]);
        node.create_topics(&[("t", 1)]);
        let before = node.run(ask);
        assert_ne!(before, probe.code, "{}: without ACLs", probe.name);
        node.run(async |client| {
            let deny = |about: &About| acl("User:ANONYMOUS", *about, AclPermissionType::Deny);
            create(client, probe.denied.iter().map(deny).collect()).await;
            assert_eq!(ask(client).await, probe.code, "{}", probe.name);
        });
        let node = node.restarted();
        assert_eq!(node.run(ask), probe.code, "{}: after a restart", probe.name);
        let node = node.restarted_with(&[("super.users", "User:admin; User:ANONYMOUS")]);
        assert_ne!(node.run(ask), probe.code, "{}: as a super user", probe.name);
    }
}
