//! DescribeClientQuotas (48), versions 0 and 1: the quotas of the entities that a filter means (KIP-546).

use crate::handlers::refusal::{Refusal, error_fields, repeated};
use crate::handlers::{Context, quota_store};
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_model::quota::{EntityType, QuotaEntity, QuotaFilter, QuotaKey, QuotaMatch};
use log_wire::messages::describe_client_quotas_request::{ComponentData, DescribeClientQuotasRequest};
use log_wire::messages::describe_client_quotas_response::{DescribeClientQuotasResponse, EntityData, EntryData, ValueData};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) async fn handle(context: &Context, request: DescribeClientQuotasRequest<'_>) -> DescribeClientQuotasResponse<'static> {
    let allowed = context.authorize_cluster(AclOperation::DescribeConfigs).map_err(Refusal::from);
    let outcome = allowed.and_then(|()| filter(&request)).map(|filter| {
        let quotas = quota_store::quotas(context.core());
        quotas.describe(&filter).map(|(entity, limits)| entry(entity, limits)).collect()
    });
    let (error_code, error_message) = error_fields(&outcome);
    DescribeClientQuotasResponse { error_code, error_message, entries: outcome.ok(), ..DescribeClientQuotasResponse::default() }
}

fn filter(request: &DescribeClientQuotasRequest<'_>) -> Result<QuotaFilter, Refusal> {
    let components = request.components.iter().map(component).collect::<Result<Vec<_>, Refusal>>()?;
    if let Some(kind) = repeated(components.iter().map(|(kind, _)| *kind)).first() {
        return Err(Refusal::invalid(format!("Duplicate {} filter component entity type", kind.name())));
    }
    let has = |wanted: EntityType| components.iter().any(|(kind, _)| *kind == wanted);
    if has(EntityType::Ip) && (has(EntityType::User) || has(EntityType::ClientId)) {
        let message =
            "Invalid entity filter component combination, IP filter component should not be used with user or clientId filter component.";
        return Err(Refusal::invalid(message));
    }
    Ok(QuotaFilter { components, is_strict: request.strict })
}

fn component(component: &ComponentData<'_>) -> Result<(EntityType, QuotaMatch), Refusal> {
    let name = &component.entity_type;
    if name.is_empty() {
        return Err(Refusal::invalid("Unexpected empty filter component entity type"));
    }
    let kind = EntityType::from_name(name)
        .ok_or_else(|| Refusal::new(KafkaCode::UnsupportedVersion, format!("Custom entity type '{name}' is not supported")))?;
    let wanted = QuotaMatch::from_wire(component.match_type, component.r#match.as_deref())
        .ok_or_else(|| Refusal::invalid(format!("Unexpected match type or name of the filter component {name}")))?;
    Ok((kind, wanted))
}

fn entry(entity: &QuotaEntity, limits: &BTreeMap<QuotaKey, f64>) -> EntryData<'static> {
    let part = |(kind, name): (EntityType, &log_model::quota::QuotaName)| EntityData {
        entity_type: kind.name().into(),
        entity_name: name.to_wire().map(|name| Cow::Owned(name.to_owned())),
    };
    let value = |(key, value): (&QuotaKey, &f64)| ValueData { key: key.name().into(), value: *value };
    EntryData { entity: entity.parts().map(part).collect(), values: limits.iter().map(value).collect() }
}
