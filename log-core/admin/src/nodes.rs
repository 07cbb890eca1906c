//! The nodes of a cluster (DescribeCluster).

use crate::call::{Call, port_of};
use crate::error::check;
use crate::{ClusterAdmin, Result};
use log_wire::messages::DescribeClusterRequest;

/// A node and where it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: i32,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The rack it stands in.
    pub rack: Option<String>,
    /// It is known and takes no part now.
    pub is_fenced: bool,
}

/// A cluster as its nodes describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDescription {
    /// The cluster's id.
    pub cluster_id: String,
    /// The node that leads; none while one is elected.
    pub controller: Option<i32>,
    /// Its nodes, by id.
    pub nodes: Vec<Node>,
}

impl ClusterAdmin {
    /// The cluster and its nodes.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription> {
        self.call().describe_cluster().await
    }
}

impl Call<'_> {
    pub(crate) async fn describe_cluster(&self) -> Result<ClusterDescription> {
        let answer = self.ask_any(&DescribeClusterRequest { endpoint_type: 1, ..DescribeClusterRequest::default() }).await?;
        let response = answer.read()?;
        check(response.error_code, response.error_message.as_deref(), || "the cluster was not described".into())?;
        let mut nodes: Vec<Node> = response
            .brokers
            .iter()
            .map(|broker| Node {
                id: broker.broker_id,
                host: broker.host.to_string(),
                port: port_of(broker.port),
                rack: broker.rack.as_ref().map(ToString::to_string),
                is_fenced: broker.is_fenced,
            })
            .collect();
        nodes.sort_by_key(|node| node.id);
        let controller = Some(response.controller_id).filter(|id| *id >= 0);
        Ok(ClusterDescription { cluster_id: response.cluster_id.to_string(), controller, nodes })
    }
}
