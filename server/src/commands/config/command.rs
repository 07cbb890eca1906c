//! The actions of the command, and the way to each.

use super::resources::{self, Resource};
use super::topics::{alter, changes, describe};
use crate::kafka_form;
use crate::out::Out;
use crate::place::LogChoice;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use headwater::admin::ConfigResource;

/// Arguments of `headwater config`.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    #[command(flatten)]
    log: LogChoice,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what is configured
    #[command(
        after_help = "Examples:\n  headwater config describe orders --all --bootstrap 127.0.0.1:9092\n  headwater config describe --node 0 --bootstrap 127.0.0.1:9092"
    )]
    Describe {
        /// The topics
        #[arg(value_name = "TOPIC")]
        topics: Vec<String>,
        #[command(flatten)]
        resource: Resource,
        /// Entries that have their default too
        #[arg(short, long)]
        all: bool,
        /// A JSON object a topic, node or group instead of a table
        #[arg(long)]
        json: bool,
        /// The lines of kafka-configs.sh --describe
        #[arg(long, conflicts_with = "json")]
        kafka: bool,
    },
    /// Change a configuration: all of it, or nothing if an entry is wrong
    #[command(
        after_help = "Example: headwater config alter orders --set retention.ms=86400000 --unset cleanup.policy --bootstrap 127.0.0.1:9092"
    )]
    Alter {
        /// The topics
        #[arg(value_name = "TOPIC")]
        topics: Vec<String>,
        #[command(flatten)]
        resource: Resource,
        /// An entry, as Kafka names it: --set retention.ms=86400000
        #[arg(short, long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// An entry that is to have its default again
        #[arg(short, long, value_name = "KEY")]
        unset: Vec<String>,
        /// Entries too that the node does not list: those of a plug-in. Kafka's nodes and ours keep them without a word
        #[arg(long)]
        unlisted: bool,
    },
}

pub(crate) async fn run(arguments: ConfigArguments, out: &mut Out<'_>) -> Result<()> {
    match &arguments.action {
        Action::Describe { topics, resource, .. } | Action::Alter { topics, resource, .. } if topics.is_empty() == resource.is_none() => {
            bail!("say whose configuration: topics, or one of --node, --nodes and --group");
        }
        Action::Alter { topics, set, unset, .. } if !topics.is_empty() => drop(changes(set, unset)?),
        Action::Alter { set, unset, .. } => drop(resources::changes(set, unset)?),
        _ => {}
    }
    let log = arguments.log.open_existing().await?;
    let done = match arguments.action {
        Action::Describe { topics, resource, all, kafka: true, .. } => {
            let resources = topics.into_iter().map(ConfigResource::Topic).chain(resource.meant());
            as_kafka(&log, resources.collect(), all, out).await
        }
        Action::Describe { topics, resource, all, json, .. } => match resource.meant() {
            Some(resource) => resources::describe(&log, &resource, (all, json), out).await,
            None => describe(log.admin().as_ref(), &topics, (all, json), out).await,
        },
        Action::Alter { topics, resource, set, unset, unlisted } => match resource.meant() {
            Some(resource) => resources::alter(&log, &resource, &resources::changes(&set, &unset)?, unlisted, out).await,
            None => alter(log.admin().as_ref(), &topics, &changes(&set, &unset)?, out).await,
        },
    };
    log.finish(done)
}

async fn as_kafka(log: &crate::place::OpenLog, resources: Vec<ConfigResource>, all: bool, out: &mut Out<'_>) -> Result<()> {
    let control = log.control().await?;
    for resource in resources {
        let entries = control.describe_config(&resource).await?;
        kafka_form::configs(&resource, &entries, all, out)?;
    }
    Ok(())
}
