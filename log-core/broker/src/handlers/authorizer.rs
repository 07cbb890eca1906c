//! Who may do what: the rules of Kafka's `StandardAuthorizer` over the ACLs of the cluster.
//!
//! Always holds: a decision follows the ACLs that memory shows, each change in force before it is answered. While there are none, and everybody
//! may do everything then, a decision costs the look at one flag. ACLs are kept by `acl_store`; what an API asks for is in its handler.

use crate::handlers::acl_store;
use crate::node::core::Core;
use log_model::BrokerConfig;
use log_model::acl::{AclAccess, AclDecision, AclRules, ResourceType};
use parking_lot::RwLock;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// A name that stands for one that no ACL was made for (Kafka's `Authorizer.authorizeByResourceType`).
const ANY_NAME: &str = "hardcode";

/// Decides what clients may do.
#[derive(Debug)]
pub(crate) struct Authorizer {
    rules: RwLock<AclRules>,
    /// Whether everybody may do everything: there is no ACL, and none is needed.
    is_open: AtomicBool,
    /// Principals that may do everything whatever the ACLs say.
    super_users: BTreeSet<String>,
    /// What holds for things that no ACL covers.
    allows_without_acl: bool,
}

impl Authorizer {
    pub(crate) fn load(core: &Core, config: &BrokerConfig) -> Authorizer {
        let users = config.super_users.as_deref().unwrap_or_default().split(';').map(str::trim);
        let authorizer = Authorizer {
            rules: RwLock::default(),
            is_open: AtomicBool::new(false),
            super_users: users.filter(|user| !user.is_empty()).map(str::to_owned).collect(),
            allows_without_acl: config.allow_everyone_if_no_acl_found,
        };
        authorizer.refresh(core);
        authorizer
    }

    /// Takes over the ACLs as they are kept now. The lock is held meanwhile, so that the last to come in shows the last change.
    pub(super) fn refresh(&self, core: &Core) {
        let mut rules = self.rules.write();
        rules.bindings = acl_store::bindings(core).into_iter().collect();
        self.is_open.store(rules.bindings.is_empty() && self.allows_without_acl, Ordering::Release);
    }

    /// Whether nobody needs to be asked for.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Whether an access to the thing of this name is allowed.
    pub(super) fn allows(&self, access: &AclAccess<'_>, resource_type: ResourceType, name: &str) -> bool {
        self.super_users.contains(access.principal) || self.accepts(self.rules.read().decide(access, resource_type, name))
    }

    /// Whether an access to some thing of the type is allowed, whatever its name.
    pub(super) fn allows_any(&self, access: &AclAccess<'_>, resource_type: ResourceType) -> bool {
        self.allows(access, resource_type, ANY_NAME) || self.accepts(self.rules.read().decide_any(access, resource_type))
    }

    fn accepts(&self, decision: AclDecision) -> bool {
        match decision {
            AclDecision::Allowed => true,
            AclDecision::Denied => false,
            AclDecision::NoAcl => self.allows_without_acl,
        }
    }
}
