//! AlterClientQuotas (49), versions 0 and 1: sets and removes the limits of entities, each entity by itself (KIP-546).

use crate::handlers::refusal::{Refusal, error_fields, repeated};
use crate::handlers::{Context, quota_store};
use crate::node::core::Core;
use crate::node::settings::Turn;
use log_model::acl::AclOperation;
use log_model::quota::{EntityType, InvalidQuota, QuotaChange, QuotaEntity, QuotaKey, QuotaName, Quotas};
use log_wire::messages::alter_client_quotas_request::{self as request, AlterClientQuotasRequest, OpData};
use log_wire::messages::alter_client_quotas_response::{AlterClientQuotasResponse, EntityData, EntryData};
use std::sync::Arc;

pub(super) async fn handle<'a>(context: &Context, request: AlterClientQuotasRequest<'a>) -> AlterClientQuotasResponse<'a> {
    let allowed = context.authorize_cluster(AclOperation::AlterConfigs).map_err(Refusal::from);
    let core = context.core();
    let turn = core.settings.turn().await;
    let before = quota_store::quotas(core);
    let mut quotas = before.clone();
    let outcomes: Vec<_> = request.entries.iter().map(|entry| allowed.clone().and_then(|()| alter(&mut quotas, entry))).collect();
    let stored = match !request.validate_only && quotas != before {
        true => store(core, turn, &quotas).await.map_err(Refusal::from),
        false => Ok(()),
    };
    let entries = request.entries.into_iter().zip(outcomes).map(|(entry, outcome)| {
        let (error_code, error_message) = error_fields(&outcome.and_then(|()| stored.clone()));
        let part = |part: request::EntityData<'a>| EntityData { entity_type: part.entity_type, entity_name: part.entity_name };
        EntryData { error_code, error_message, entity: entry.entity.into_iter().map(part).collect() }
    });
    AlterClientQuotasResponse { entries: entries.collect(), ..AlterClientQuotasResponse::default() }
}

async fn store(core: &Arc<Core>, turn: Turn, quotas: &Quotas) -> log_client::Result<()> {
    quota_store::store(core, turn, quotas)?.await
}

fn alter(quotas: &mut Quotas, entry: &request::EntryData<'_>) -> Result<(), Refusal> {
    let mut parts = Vec::with_capacity(entry.entity.len());
    for part in &entry.entity {
        let kind = EntityType::from_name(&part.entity_type)
            .ok_or_else(|| Refusal::invalid(format!("Unhandled client quota entity type: {}", part.entity_type)))?;
        parts.push((kind, QuotaName::from_wire(part.entity_name.as_deref())));
    }
    let entity = QuotaEntity::new(parts).ok_or_else(|| {
        Refusal::invalid("Invalid client quota entity: it takes a user, a client id, both, or an IP address, each with a name")
    })?;
    if let Some(key) = repeated(entry.ops.iter().map(|change| &change.key)).first() {
        return Err(Refusal::invalid(format!("Duplicate quota key {key}")));
    }
    let changes = entry.ops.iter().filter_map(change).collect::<Result<Vec<_>, InvalidQuota>>();
    changes.and_then(|changes| quotas.alter(&entity, &changes)).map_err(|error| Refusal::invalid(error.to_string()))
}

/// What is to change; nothing where a quota is to go that there cannot be.
fn change(change: &OpData<'_>) -> Option<Result<QuotaChange, InvalidQuota>> {
    match QuotaKey::from_name(&change.key) {
        Err(_) if change.remove => None,
        key => Some(key.map(|key| QuotaChange { key, value: (!change.remove).then_some(change.value) })),
    }
}
