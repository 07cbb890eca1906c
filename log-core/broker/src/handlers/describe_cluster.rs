//! DescribeCluster (60), versions 0 to 2: the nodes of the cluster (KIP-700, KIP-919).

use crate::handlers::{Context, operations};
use log_model::KafkaCode;
use log_wire::messages::describe_cluster_request::DescribeClusterRequest;
use log_wire::messages::describe_cluster_response::{DescribeClusterBroker, DescribeClusterResponse};
use std::borrow::Cow;

const BROKERS: i8 = 1;
const CONTROLLERS: i8 = 2;

pub(super) async fn handle(context: &Context, request: DescribeClusterRequest) -> DescribeClusterResponse<'static> {
    let broker = context.broker();
    let refused = |code: KafkaCode, message: String| DescribeClusterResponse {
        error_code: code.as_i16(),
        error_message: Some(message.into()),
        endpoint_type: request.endpoint_type,
        ..DescribeClusterResponse::default()
    };
    match request.endpoint_type {
        BROKERS => {}
        CONTROLLERS => {
            let message = "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER";
            return refused(KafkaCode::MismatchedEndpointType, message.into());
        }
        other => return refused(KafkaCode::UnsupportedEndpointType, format!("Unsupported endpoint type {other}")),
    }
    let node = DescribeClusterBroker {
        broker_id: broker.node_id,
        host: broker.advertised.host.clone().into(),
        port: i32::from(broker.advertised.port),
        rack: broker.config().broker_rack.clone().map(Cow::Owned),
        ..DescribeClusterBroker::default()
    };
    DescribeClusterResponse {
        endpoint_type: BROKERS,
        cluster_id: broker.cluster_id.clone().into(),
        controller_id: broker.node_id,
        brokers: vec![node],
        cluster_authorized_operations: match request.include_cluster_authorized_operations {
            true => operations::of_cluster(context),
            false => operations::UNKNOWN,
        },
        ..DescribeClusterResponse::default()
    }
}
