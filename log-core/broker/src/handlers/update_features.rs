//! UpdateFeatures (57), versions 0 to 2: features are at the level that this program was made for; asking for that level is no change, and any
//! other is refused (KIP-584). Source: `FeatureControlManager`.

use crate::handlers::Context;
use crate::handlers::api_versions::FEATURES;
use crate::handlers::refusal::{Refusal, error_fields, repeated};
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::update_features_request::{FeatureUpdateKey, UpdateFeaturesRequest};
use log_wire::messages::update_features_response::{UpdatableFeatureResult, UpdateFeaturesResponse};

pub(super) async fn handle<'a>(context: &Context, request: UpdateFeaturesRequest<'a>) -> UpdateFeaturesResponse<'a> {
    if let Err(code) = context.authorize_cluster(AclOperation::Alter) {
        return UpdateFeaturesResponse { error_code: code.as_i16(), error_message: Some(code.message().into()), ..UpdateFeaturesResponse::default() };
    }
    let outcome = check_all(context, &request.feature_updates).map_err(|refusal| {
        let message = format!("The update failed for all features since the following feature had an error: {}", refusal.message);
        Refusal { message, ..refusal }
    });
    let (error_code, error_message) = error_fields(&outcome);
    let done = request.feature_updates.into_iter().filter(|_| outcome.is_ok());
    let results = done.map(|update| UpdatableFeatureResult { feature: update.feature, error_code: 0, error_message: None });
    UpdateFeaturesResponse { error_code, error_message, results: results.collect(), ..UpdateFeaturesResponse::default() }
}

fn check_all(context: &Context, updates: &[FeatureUpdateKey<'_>]) -> Result<(), Refusal> {
    if let Some(name) = repeated(updates.iter().map(|update| &update.feature)).first() {
        return Err(Refusal::invalid(format!("Feature {name} is named more than once.")));
    }
    updates.iter().try_for_each(|update| check(context.broker().node_id, update))
}

fn check(node: i32, update: &FeatureUpdateKey<'_>) -> Result<(), Refusal> {
    let (name, wanted) = (&update.feature, update.max_version_level);
    let refused = |reason: String| {
        Err(Refusal::new(KafkaCode::InvalidUpdateVersion, format!("Invalid update version {wanted} for feature {name}. {reason}")))
    };
    let Some((_, least, level)) = FEATURES.iter().find(|(known, _, _)| known == name) else {
        return refused(format!("Local controller {node} does not support this feature."));
    };
    match wanted {
        _ if wanted == *level => Ok(()),
        _ if !(*least..=*level).contains(&wanted) => refused(format!("Local controller {node} only supports versions {least}-{level}")),
        _ => refused(format!("The feature is always at version {level} here.")),
    }
}
