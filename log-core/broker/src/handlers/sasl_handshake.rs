//! SaslHandshake (17), versions 0 and 1: the listener has no authentication, and says so to a client that wants some (`KafkaApis`).

use crate::handlers::Context;
use log_model::KafkaCode;
use log_wire::messages::{SaslHandshakeRequest, SaslHandshakeResponse};

pub(super) async fn handle(_context: &Context, _request: SaslHandshakeRequest<'_>) -> SaslHandshakeResponse<'static> {
    SaslHandshakeResponse { error_code: KafkaCode::IllegalSaslState.as_i16(), ..SaslHandshakeResponse::default() }
}
