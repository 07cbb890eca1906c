//! The list of subcommands and the step from a parsed command to the code that runs it.

use super::{consume, datagen, produce, run, sql, topic};
use crate::out::Out;
use clap::Subcommand;

/// Every subcommand.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a SQL script: connectors, streams, tables; until interrupted or until all input is processed
    ///
    /// Run again, it goes on where it stopped. Connectors, streams and tables that exist already are left as they are; INSERT statements run again each
    /// time.
    Run(run::RunArguments),
    /// Ask SQL questions about topics and tables: a statement with -c, a script with -f or from standard input, or a shell
    Sql(sql::SqlArguments),
    /// Create, list, describe and delete topics
    Topic(topic::TopicArguments),
    /// Append lines from standard input to a topic
    Produce(produce::ProduceArguments),
    /// Print the records of a topic
    Consume(consume::ConsumeArguments),
    /// Generate test data
    Datagen(datagen::DatagenArguments),
}

impl Command {
    pub(crate) async fn run(self, out: &mut Out<'_>) -> anyhow::Result<()> {
        match self {
            Command::Run(arguments) => run::run(arguments, out).await,
            Command::Sql(arguments) => sql::run(arguments, out).await,
            Command::Topic(arguments) => topic::run(arguments, out).await,
            Command::Produce(arguments) => produce::run(arguments, out).await,
            Command::Consume(arguments) => consume::run(arguments, out).await,
            Command::Datagen(arguments) => datagen::run(arguments, out),
        }
    }
}
