//! The actions of the command, and the way to each.

use super::{log_dirs, overview};
use crate::out::Out;
use crate::place::LogChoice;
use anyhow::Result;
use clap::{Args, Subcommand};

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
    #[command(subcommand)]
    action: Option<Action>,
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
        None => overview::show(&log, &place, arguments.json, out).await,
        Some(Action::LogDirs(arguments)) => log_dirs::show(&log, arguments, out).await,
    };
    log.finish(done)
}
