//! UnregisterBroker (64), version 0: the only node of a cluster cannot leave it, and no other is registered.

use crate::handlers::Context;
use log_model::KafkaCode;
use log_model::acl::AclOperation;
use log_wire::messages::{UnregisterBrokerRequest, UnregisterBrokerResponse};

pub(super) async fn handle(context: &Context, request: UnregisterBrokerRequest) -> UnregisterBrokerResponse<'static> {
    if let Err(code) = context.authorize_cluster(AclOperation::Alter) {
        return UnregisterBrokerResponse { error_code: code.as_i16(), error_message: Some(code.message().into()), ..UnregisterBrokerResponse::default() };
    }
    let id = request.broker_id;
    let (code, message) = match id == context.broker().node_id {
        true => (KafkaCode::InvalidRequest, format!("Broker {id} is the only one of the cluster.")),
        false => (KafkaCode::BrokerIdNotRegistered, format!("Broker ID {id} is not currently registered")),
    };
    UnregisterBrokerResponse { error_code: code.as_i16(), error_message: Some(message.into()), ..UnregisterBrokerResponse::default() }
}
