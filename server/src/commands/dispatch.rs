//! The list of subcommands and the step from a parsed command to the code that runs it.

use super::{acl, bench, cluster, config, consume, datagen, group, produce, run, server, sql, topic, transaction};
use crate::out::Out;
use clap::Subcommand;

/// Every subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a data directory to Kafka clients, until interrupted
    ///
    /// A server speaks Kafka's protocol on one address, which only this machine reaches. Every other command talks to it with --bootstrap ADDRESS:PORT, and
    /// so does any Kafka client. What is acknowledged is on disk, unless a topic says headwater.flush=os. An interrupt lets clients have their answers and
    /// closes the directory in order; a second one ends the program at once, which loses nothing either.
    Server(server::ServerArguments),
    /// Run a SQL script: connectors, streams, tables; until interrupted or until all input is processed
    ///
    /// Run again, it goes on where it stopped. Connectors, streams and tables that exist already are left as they are; INSERT statements run again each
    /// time.
    Run(run::RunArguments),
    /// Ask SQL questions about topics and tables: a statement with -c, a script with -f or from standard input, or a shell
    Sql(sql::SqlArguments),
    /// Create, list, describe, alter, trim and delete topics
    Topic(topic::TopicArguments),
    /// Append records to a topic: lines, or what a format says, of standard input or files
    Produce(produce::ProduceArguments),
    /// Print the records of topics
    Consume(consume::ConsumeArguments),
    /// List, describe, reset and delete consumer groups
    Group(group::GroupArguments),
    /// List, create and delete access control lists
    Acl(acl::AclArguments),
    /// Show transactional ids, and the producers that partitions know
    Transaction(transaction::TransactionArguments),
    /// Show and change the configuration of topics, nodes and groups
    Config(config::ConfigArguments),
    /// Show who keeps a log and what it holds in all
    Cluster(cluster::ClusterArguments),
    /// Measure throughput and latency
    Bench(bench::BenchArguments),
    /// Generate test data
    Datagen(datagen::DatagenArguments),
}

impl Command {
    pub(crate) async fn run(self, out: &mut Out<'_>) -> anyhow::Result<()> {
        match self {
            Command::Server(arguments) => server::run(arguments, out).await,
            Command::Run(arguments) => run::run(arguments, out).await,
            Command::Sql(arguments) => sql::run(arguments, out).await,
            Command::Topic(arguments) => topic::run(arguments, out).await,
            Command::Produce(arguments) => produce::run(arguments, out).await,
            Command::Consume(arguments) => consume::run(arguments, out).await,
            Command::Group(arguments) => group::run(arguments, out).await,
            Command::Acl(arguments) => acl::run(arguments, out).await,
            Command::Transaction(arguments) => transaction::run(arguments, out).await,
            Command::Config(arguments) => config::run(arguments, out).await,
            Command::Cluster(arguments) => cluster::run(arguments, out).await,
            Command::Bench(arguments) => bench::run(arguments, out).await,
            Command::Datagen(arguments) => datagen::run(arguments, out),
        }
    }
}
