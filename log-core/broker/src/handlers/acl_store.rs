//! The ACLs of the cluster, each a setting named `acl/` and its parts; names and principals may hold any character, so their lengths go before.

use crate::broker::Broker;
use crate::node::core::Core;
use crate::node::settings::{SettingChange, encode_setting};
use log_client::Result;
use log_model::acl::AclBinding;
use std::sync::Arc;

const ACL: &str = "acl/";

/// All ACLs.
pub(super) fn bindings(core: &Core) -> Vec<AclBinding> {
    core.settings.under(ACL).into_values().collect()
}

fn name(binding: &AclBinding) -> String {
    let (pattern, entry) = (&binding.pattern, &binding.entry);
    format!(
        "{ACL}{}/{}/{}/{}/{}:{}/{}:{}/{}",
        pattern.resource_type,
        pattern.pattern_type,
        entry.operation,
        entry.permission,
        pattern.name.len(),
        pattern.name,
        entry.principal.len(),
        entry.principal,
        entry.host
    )
}

/// Adds ACLs; those there are stay. Durable and in force on return.
pub(super) async fn add(broker: &Arc<Broker>, bindings: &[AclBinding]) -> Result<()> {
    let change = |binding: &AclBinding| -> Result<SettingChange> { Ok((name(binding), Some(encode_setting(binding)?))) };
    store(broker, bindings.iter().map(change).collect::<Result<_>>()?).await
}

/// Removes ACLs. Durable and in force on return.
pub(super) async fn remove(broker: &Arc<Broker>, bindings: &[AclBinding]) -> Result<()> {
    store(broker, bindings.iter().map(|binding| (name(binding), None)).collect()).await
}

async fn store(broker: &Arc<Broker>, changes: Vec<SettingChange>) -> Result<()> {
    let core = &broker.core;
    let turn = core.settings.turn().await;
    let weak = Arc::downgrade(broker);
    let refresh = move |core: &Arc<Core>| weak.upgrade().iter().for_each(|broker| broker.authorizer.refresh(core));
    core.settings.change(core, turn, changes, refresh)?.await
}
