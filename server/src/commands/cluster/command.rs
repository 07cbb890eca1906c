//! The actions of the command, and the way to each.

use super::{log_dirs, overview};
use crate::kafka_form;
use crate::out::Out;
use crate::place::{LogChoice, OpenLog};
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use headwater::log::Env;

/// Arguments of `headwater cluster`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Example: headwater cluster --bootstrap 127.0.0.1:9092")]
pub(crate) struct ClusterArguments {
    #[command(flatten)]
    log: LogChoice,
    /// A JSON object instead of lines
    #[arg(long)]
    json: bool,
    /// The lines of kafka-cluster.sh (id, endpoints) or kafka-metadata-quorum.sh
    #[arg(long, value_name = "WHAT", conflicts_with = "json")]
    kafka: Option<KafkaLines>,
    #[command(subcommand)]
    action: Option<Action>,
}

/// What Kafka's tools tell of a cluster.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum KafkaLines {
    /// Its id
    Id,
    /// Its nodes
    Endpoints,
    /// What its quorum has decided
    QuorumStatus,
    /// How far each replica of the metadata is
    QuorumReplication,
    /// The same, with ages instead of times
    QuorumAges,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what partitions take in the log directories of each node
    #[command(after_help = "Example: headwater cluster log-dirs -t orders --bootstrap 127.0.0.1:9092")]
    LogDirs(log_dirs::LogDirsArguments),
}

pub(crate) async fn run(arguments: ClusterArguments, out: &mut Out<'_>) -> Result<()> {
    let place = arguments.log.place()?;
    let log = arguments.log.open_existing().await?;
    let done = match &arguments.action {
        None => match arguments.kafka {
            Some(what) => as_kafka(&log, what, out).await,
            None => overview::show(&log, &place, arguments.json, out).await,
        },
        Some(Action::LogDirs(arguments)) => log_dirs::show(&log, arguments, out).await,
    };
    log.finish(done)
}

async fn as_kafka(log: &OpenLog, what: KafkaLines, out: &mut Out<'_>) -> Result<()> {
    let control = log.control().await?;
    match what {
        KafkaLines::Id => kafka_form::cluster_id(&control.describe_cluster().await?, out),
        KafkaLines::Endpoints => kafka_form::cluster_endpoints(&control.describe_cluster().await?, out),
        KafkaLines::QuorumStatus => {
            let cluster = control.describe_cluster().await?;
            kafka_form::quorum_status(&cluster.cluster_id, &control.describe_quorum().await?, out)
        }
        KafkaLines::QuorumReplication => kafka_form::quorum_replication(&control.describe_quorum().await?, None, out),
        KafkaLines::QuorumAges => kafka_form::quorum_replication(&control.describe_quorum().await?, Some(Env::real().clock.wall_ms()), out),
    }
}
