//! `headwater cluster`: the log as a whole.

use super::nodes::{Nodes, node_rows, nodes};
use crate::commands::group;
use crate::out::Out;
use crate::output;
use crate::place::{OpenLog, Place};
use anyhow::Result;
use headwater::log::{Admin, ErrorKind};
use headwater::topic_keeper;
use serde_json::json;

/// Sums over a log; groups are those that `headwater group list` names.
#[derive(Debug, Default, PartialEq)]
struct Sums {
    topics: u64,
    /// Of the topics, those in which the program keeps its books.
    internal_topics: u64,
    partitions: u64,
    records: u64,
    size_bytes: u64,
    groups: u64,
}

pub(super) async fn show(log: &OpenLog, place: &Place, as_json: bool, out: &mut Out<'_>) -> Result<()> {
    let nodes = match log.servers() {
        Some(servers) => Some(nodes(servers).await?),
        None => None,
    };
    let groups = group::listed(log, &log.control().await?).await?.len() as u64;
    let sums = Sums { groups, ..sums(log.admin().as_ref()).await? };
    let (kind, at) = match place {
        Place::Directory(directory) => ("data_dir", directory.path.display().to_string()),
        Place::Servers(servers) => ("bootstrap", servers.to_string()),
    };
    if as_json {
        let mut object = json!({
            "topics": sums.topics,
            "internal_topics": sums.internal_topics,
            "partitions": sums.partitions,
            "records": sums.records,
            "size_bytes": sums.size_bytes,
            "groups": sums.groups,
        });
        object[kind] = json!(at);
        if let Some(nodes) = &nodes {
            nodes.add_to(&mut object);
        }
        return out.line(object);
    }
    if let Some(nodes) = &nodes {
        out.line(format_args!("cluster     {}", nodes.cluster.cluster_id))?;
    }
    out.line(format_args!("{:<12}{at}", if kind == "data_dir" { "directory" } else { "servers" }))?;
    if let Some(Nodes { quorum: Some(quorum), .. }) = &nodes {
        let voters: Vec<String> = quorum.voters.iter().map(|voter| voter.node.to_string()).collect();
        out.line(format_args!("quorum      led by {} in epoch {}; voters {}", quorum.leader, quorum.leader_epoch, voters.join(", ")))?;
    }
    out.line(format_args!("topics      {} ({} of them internal)", output::count(sums.topics), output::count(sums.internal_topics)))?;
    out.line(format_args!("partitions  {}", output::count(sums.partitions)))?;
    out.line(format_args!("records     {}", output::count(sums.records)))?;
    out.line(format_args!("size        {}", output::bytes(sums.size_bytes)))?;
    out.line(format_args!("groups      {}", output::count(sums.groups)))?;
    if let Some(nodes) = &nodes {
        out.line("")?;
        output::table(out, &["NODE", "ADDRESS", "RACK", "STATE", "PARTITIONS", "SIZE", "FREE"], node_rows(nodes))?;
    }
    Ok(())
}

async fn sums(admin: &dyn Admin) -> Result<Sums> {
    let mut sums = Sums::default();
    for name in admin.list_topics().await? {
        let topic = match admin.describe_topic(&name).await {
            // Deleted meanwhile.
            Err(error) if error.kind() == ErrorKind::Missing => continue,
            found => found?,
        };
        sums.topics += 1;
        sums.internal_topics += u64::from(topic_keeper(&name).is_some());
        sums.partitions += topic.partitions.len() as u64;
        for info in &topic.partitions {
            sums.records += (info.high_watermark - info.log_start).max(0) as u64;
            sums.size_bytes += info.size_bytes;
        }
    }
    Ok(sums)
}
