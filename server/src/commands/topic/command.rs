//! The actions of the command, and the way to each.

use super::change::{alter, create, delete};
use super::describe::{Form, describe};
use super::list::list;
use super::places::{offsets, trim};
use crate::out::Out;
use crate::place::{LogChoice, OpenLog};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use headwater::log::TopicName;
use headwater::topic_keeper;

/// Arguments of `headwater topic`.
#[derive(Debug, Args)]
pub(crate) struct TopicArguments {
    #[command(flatten)]
    log: LogChoice,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the topics
    #[command(after_help = "Example:\n  headwater topic list --bootstrap 127.0.0.1:9092")]
    List {
        /// Internal topics too, in which the program keeps its books
        #[arg(long)]
        internal: bool,
        /// One JSON object a line instead of a table
        #[arg(long)]
        json: bool,
        /// One name a line and nothing else
        #[arg(long, conflicts_with = "json")]
        names: bool,
    },
    /// Show the partitions and the configuration of topics
    #[command(after_help = "Example:\n  headwater topic describe orders --bootstrap 127.0.0.1:9092")]
    Describe {
        /// The topics; all but internal ones without any
        topics: Vec<String>,
        /// A JSON object a topic instead of tables
        #[arg(long)]
        json: bool,
        /// The lines of kafka-topics.sh --describe
        #[arg(long, conflicts_with = "json")]
        kafka: bool,
    },
    /// Create a topic
    #[command(after_help = "Example:\n  headwater topic create orders -p 4 -c cleanup.policy=compact --bootstrap 127.0.0.1:9092")]
    Create {
        /// The topic
        topic: String,
        /// How many partitions; without it as many as the servers give by default (num.partitions), 1 in a directory
        #[arg(short, long)]
        partitions: Option<i32>,
        /// A configuration entry, as Kafka names it: -c retention.ms=86400000
        #[arg(short, long = "config", value_name = "KEY=VALUE")]
        config: Vec<String>,
        /// Leaves a topic of this name as it is
        #[arg(long)]
        if_not_exists: bool,
    },
    /// Give a topic more partitions; keys may go to other ones from then on
    #[command(after_help = "Example:\n  headwater topic alter orders -p 8 --bootstrap 127.0.0.1:9092")]
    Alter {
        /// The topic
        topic: String,
        /// How many partitions it is to have
        #[arg(short, long)]
        partitions: i32,
    },
    /// Delete topics and their records
    #[command(after_help = "Example:\n  headwater topic delete orders --bootstrap 127.0.0.1:9092")]
    Delete {
        /// The topics
        #[arg(required = true)]
        topics: Vec<String>,
        /// Passes over those that do not exist
        #[arg(long)]
        if_exists: bool,
    },
    /// Print offsets of partitions, as topic:partition:offset
    #[command(after_help = "Example:\n  headwater topic offsets orders:0 --at @-1h --bootstrap 127.0.0.1:9092")]
    Offsets {
        /// The topics, with or without partitions: t or t:0,2-4
        #[arg(required = true, value_name = "TOPIC[:PARTITIONS]")]
        topics: Vec<String>,
        /// Which: beginning, end, +N, -N or @TIME, as consume --offset has them
        #[arg(long, default_value = "end", allow_hyphen_values = true, value_name = "PLACE")]
        at: String,
    },
    /// Delete the records before a place; prints the first offset there is then, as topic:partition:offset
    #[command(after_help = "Example:\n  headwater topic trim orders:0 --before 1000 --bootstrap 127.0.0.1:9092")]
    Trim {
        /// The topics, with or without partitions: t or t:0,2-4
        #[arg(required = true, value_name = "TOPIC[:PARTITIONS]")]
        topics: Vec<String>,
        /// The first record to keep: an offset, end, -N or @TIME, as consume --offset has them
        #[arg(long, allow_hyphen_values = true, value_name = "PLACE")]
        before: String,
    },
}

pub(crate) async fn run(arguments: TopicArguments, out: &mut Out<'_>) -> Result<()> {
    let log = match &arguments.action {
        Action::Create { topic, .. } => {
            // A slip in the name must not make a directory.
            refuse_kept(&TopicName::new(topic)?)?;
            arguments.log.open().await?
        }
        _ => arguments.log.open_existing().await?,
    };
    let done = act(&log, arguments.action, out).await;
    log.finish(done)
}

async fn act(log: &OpenLog, action: Action, out: &mut Out<'_>) -> Result<()> {
    let admin = log.admin();
    let admin = admin.as_ref();
    match action {
        Action::List { internal, json, names } => list(admin, internal, (json, names), out).await,
        Action::Describe { topics, json, kafka } => {
            let form = if kafka {
                Form::Kafka
            } else if json {
                Form::Json
            } else {
                Form::Tables
            };
            describe(log, &topics, form, out).await
        }
        Action::Create { topic, partitions, config, if_not_exists } => {
            let topic = TopicName::new(topic)?;
            if if_not_exists && admin.list_topics().await?.contains(&topic) {
                return out.line(format_args!("topic {topic} exists"));
            }
            create(admin, topic, partitions, &config, out).await
        }
        Action::Alter { topic, partitions } => alter(admin, TopicName::new(topic)?, partitions, out).await,
        Action::Delete { topics, if_exists } => delete(log, &topics, if_exists, out).await,
        Action::Offsets { topics, at } => offsets(admin, &topics, &at, out).await,
        Action::Trim { topics, before } => trim(admin, &topics, &before, out).await,
    }
}

pub(super) fn refuse_kept(topic: &TopicName) -> Result<()> {
    match topic_keeper(topic) {
        Some(keeper) => bail!("topic {topic} belongs to {keeper}; choose another one"),
        None => Ok(()),
    }
}
