//! SaslAuthenticate (36), versions 0 to 2: the listener has no authentication, and says so to a client that wants some (`KafkaApis`).

use crate::handlers::Context;
use log_model::KafkaCode;
use log_wire::messages::{SaslAuthenticateRequest, SaslAuthenticateResponse};

const REASON: &str = "SaslAuthenticate request received after successful authentication";

pub(super) async fn handle(_context: &Context, _request: SaslAuthenticateRequest<'_>) -> SaslAuthenticateResponse<'static> {
    SaslAuthenticateResponse {
        error_code: KafkaCode::IllegalSaslState.as_i16(),
        error_message: Some(REASON.into()),
        ..SaslAuthenticateResponse::default()
    }
}
