//! `headwater cluster`: where a log is, and what it holds in all.

use crate::out::Out;
use crate::output;
use crate::place::{LogChoice, Place};
use anyhow::Result;
use clap::Args;
use headwater::log::{Admin, ErrorKind};
use headwater::topic_keeper;
use serde_json::json;

/// Arguments of `headwater cluster`.
#[derive(Debug, Args)]
pub(crate) struct ClusterArguments {
    #[command(flatten)]
    log: LogChoice,
    /// A JSON object instead of lines
    #[arg(long)]
    json: bool,
}

/// Sums over a log.
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

pub(crate) async fn run(arguments: ClusterArguments, out: &mut Out<'_>) -> Result<()> {
    let place = arguments.log.place()?;
    let log = arguments.log.open_existing().await?;
    let sums = sums(log.admin().as_ref()).await;
    let sums = log.finish(sums)?;
    let (kind, at) = match &place {
        Place::Directory(directory) => ("data_dir", directory.path.display().to_string()),
        Place::Servers(servers) => ("bootstrap", servers.to_string()),
    };
    // librdkafka does not ask servers for sizes.
    let size_bytes = matches!(place, Place::Directory(_)).then_some(sums.size_bytes);
    if arguments.json {
        let mut object = json!({
            "topics": sums.topics,
            "internal_topics": sums.internal_topics,
            "partitions": sums.partitions,
            "records": sums.records,
            "size_bytes": size_bytes,
            "groups": sums.groups,
        });
        object[kind] = json!(at);
        return out.line(object);
    }
    out.line(format_args!("{:<12}{at}", if kind == "data_dir" { "directory" } else { "servers" }))?;
    out.line(format_args!("topics      {} ({} of them internal)", output::count(sums.topics), output::count(sums.internal_topics)))?;
    out.line(format_args!("partitions  {}", output::count(sums.partitions)))?;
    out.line(format_args!("records     {}", output::count(sums.records)))?;
    if let Some(bytes) = size_bytes {
        out.line(format_args!("size        {}", output::bytes(bytes)))?;
    }
    out.line(format_args!("groups      {}", output::count(sums.groups)))
}

async fn sums(admin: &dyn Admin) -> Result<Sums> {
    let mut sums = Sums { groups: admin.list_groups().await?.len() as u64, ..Sums::default() };
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
