//! The nodes that keep a log, and what each of them holds.

use crate::output;
use anyhow::Result;
use headwater::admin::{ClusterAdmin, ClusterDescription, Error, LogDir, QuorumDescription};
use headwater::log::ErrorKind;
use serde_json::{Value, json};

/// A cluster's nodes.
pub(super) struct Nodes {
    pub(super) cluster: ClusterDescription,
    /// None where the servers do not tell.
    pub(super) quorum: Option<QuorumDescription>,
    /// None where the servers do not tell.
    log_dirs: Option<Vec<LogDir>>,
}

pub(super) async fn nodes(servers: &ClusterAdmin) -> Result<Nodes> {
    let cluster = servers.describe_cluster().await?;
    let quorum = told(servers.describe_quorum().await)?;
    let log_dirs = told(servers.describe_log_dirs(None).await)?;
    Ok(Nodes { cluster, quorum, log_dirs })
}

/// What a server refuses to tell, or has no words for, is left out.
fn told<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.kind() == ErrorKind::Retry => Err(error),
        Err(error) => {
            tracing::warn!(%error, "left out");
            Ok(None)
        }
    }
}

/// What a node holds: partitions, their bytes, and free room; a directory's room counts once for each directory.
fn holdings(log_dirs: &[LogDir], node: i32) -> (u64, u64, Option<u64>) {
    let dirs = || log_dirs.iter().filter(|dir| dir.node == node);
    let partitions = dirs().map(|dir| dir.replicas.len() as u64).sum();
    let size_bytes = dirs().flat_map(|dir| &dir.replicas).map(|replica| replica.size_bytes).sum();
    (partitions, size_bytes, dirs().map(|dir| dir.usable_bytes).sum())
}

/// The table's rows.
pub(super) fn node_rows(nodes: &Nodes) -> Vec<Vec<String>> {
    let dash = || "-".to_string();
    let row = |node: &headwater::admin::Node| {
        let (partitions, size, free) = match &nodes.log_dirs {
            Some(dirs) => {
                let (partitions, size_bytes, free_bytes) = holdings(dirs, node.id);
                (partitions.to_string(), output::bytes(size_bytes), free_bytes.map_or_else(dash, output::bytes))
            }
            None => (dash(), dash(), dash()),
        };
        let state = match () {
            () if node.is_fenced => "fenced",
            () if nodes.cluster.controller == Some(node.id) => "up, controller",
            () => "up",
        };
        let address = format!("{}:{}", node.host, node.port);
        vec![node.id.to_string(), address, node.rack.clone().unwrap_or_else(dash), state.to_string(), partitions, size, free]
    };
    nodes.cluster.nodes.iter().map(row).collect()
}

impl Nodes {
    /// Adds what is known to a JSON object.
    pub(super) fn add_to(&self, object: &mut Value) {
        object["cluster_id"] = json!(self.cluster.cluster_id);
        object["controller"] = json!(self.cluster.controller);
        object["quorum"] = json!(self.quorum.as_ref().map(|quorum| {
            json!({
                "leader": quorum.leader,
                "leader_epoch": quorum.leader_epoch,
                "high_watermark": quorum.high_watermark,
                "voters": quorum.voters.iter().map(|voter| voter.node).collect::<Vec<_>>(),
                "observers": quorum.observers.iter().map(|observer| observer.node).collect::<Vec<_>>(),
            })
        }));
        let node = |node: &headwater::admin::Node| {
            let mut object = json!({"id": node.id, "host": node.host, "port": node.port, "rack": node.rack, "fenced": node.is_fenced});
            if let Some(dirs) = &self.log_dirs {
                let (partitions, size_bytes, free_bytes) = holdings(dirs, node.id);
                object["partitions"] = json!(partitions);
                object["size_bytes"] = json!(size_bytes);
                object["free_bytes"] = json!(free_bytes);
            }
            object
        };
        object["nodes"] = self.cluster.nodes.iter().map(node).collect();
    }
}
