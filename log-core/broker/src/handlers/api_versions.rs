//! ApiVersions (18), versions 0 to 4: what this broker speaks. The first request of nearly every client.
//!
//! The feature `transaction.version` at level 2 is what makes Java producers use the transaction protocol of KIP-890.

use crate::handlers::{Context, SERVED};
use log_model::KafkaCode;
use log_wire::ApiKey;
use log_wire::messages::api_versions_response::{ApiVersion, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey};
use log_wire::messages::ApiVersionsRequest;

/// Features, with the lowest level served and the level in force.
pub(super) const FEATURES: [(&str, i16, i16); 3] = [("group.version", 0, 1), ("metadata.version", 7, 30), ("transaction.version", 0, 2)];
/// From this version on clients know of features whose lowest level is 0; older ones end at such a one, and are not told of it (KAFKA-17492).
const LEVEL_0_VERSION: i16 = 4;
/// Features are as they are from the start.
const FEATURES_EPOCH: i64 = 1;

pub(super) async fn handle(context: &Context, request: ApiVersionsRequest<'_>) -> ApiVersionsResponse<'static> {
    if context.version >= 3 && !(is_name(&request.client_software_name) && is_name(&request.client_software_version)) {
        return ApiVersionsResponse { error_code: KafkaCode::InvalidRequest.as_i16(), ..answer(context.version) };
    }
    answer(context.version)
}

/// Letters, digits, dots and hyphens, not at either end (KIP-511).
fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    text.bytes().all(inner) && outer(text.as_bytes().first()) && outer(text.as_bytes().last())
}

fn range(api: ApiKey) -> ApiVersion {
    let range = api.advertised();
    ApiVersion { api_key: api.code(), min_version: range.first, max_version: range.last }
}

fn answer(version: i16) -> ApiVersionsResponse<'static> {
    let mut served = SERVED.to_vec();
    served.sort_unstable_by_key(|api| api.code());
    let supported = FEATURES.into_iter().filter(|(_, least, _)| *least > 0 || version >= LEVEL_0_VERSION);
    let supported = supported.map(|(name, min, max)| SupportedFeatureKey { name: name.into(), min_version: min, max_version: max });
    let finalized = FEATURES.map(|(name, _, level)| FinalizedFeatureKey {
        name: name.into(),
        max_version_level: level,
        min_version_level: level,
    });
    ApiVersionsResponse {
        api_keys: served.into_iter().map(range).collect(),
        supported_features: supported.collect(),
        finalized_features_epoch: FEATURES_EPOCH,
        finalized_features: finalized.into(),
        ..ApiVersionsResponse::default()
    }
}

/// The answer, in version 0, to a version that is not known: the range of this API only.
pub(super) fn unsupported_version() -> ApiVersionsResponse<'static> {
    ApiVersionsResponse {
        error_code: KafkaCode::UnsupportedVersion.as_i16(),
        api_keys: vec![range(ApiKey::ApiVersions)],
        ..ApiVersionsResponse::default()
    }
}
