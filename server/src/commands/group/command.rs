//! The actions of the command, and the way to each.

use super::delete::{self, DeleteArguments, DeleteOffsetsArguments};
use super::describe::{self, DescribeArguments};
use super::list::{self, ListArguments};
use super::reset::{self, ResetArguments};
use crate::out::Out;
use crate::place::LogChoice;
use anyhow::Result;
use clap::{Args, Subcommand};

/// Arguments of `headwater group`.
#[derive(Debug, Args)]
pub(crate) struct GroupArguments {
    #[command(flatten)]
    log: LogChoice,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the groups, with their type, protocol and state
    #[command(after_help = "Example: headwater group list --state Stable --bootstrap 127.0.0.1:9092")]
    List(ListArguments),
    /// Show groups: where they stand in each partition and who reads it, their members, or their state
    #[command(
        after_help = "Examples:\n  headwater group describe billing --bootstrap 127.0.0.1:9092\n  headwater group describe billing --members"
    )]
    Describe(DescribeArguments),
    /// Move a group: commit other offsets for it. A dry run unless --execute is given; refused while the group has members
    ///
    /// Exactly one of the --to-…, --shift-by, --by-duration and --from-file options says where to, and --topic or --all-topics what of. The table shows for
    /// each partition the committed offset now, the new one, and the lag that it leaves.
    #[command(after_help = "Example: headwater group reset billing --topic orders --to-earliest --execute --bootstrap 127.0.0.1:9092")]
    Reset(ResetArguments),
    /// Delete groups and all that they have committed; refused while a group has members
    #[command(after_help = "Example: headwater group delete billing --bootstrap 127.0.0.1:9092")]
    Delete(DeleteArguments),
    /// Delete what a group has committed for some topics; refused while members read them
    #[command(after_help = "Example: headwater group delete-offsets billing --topic orders:0,1 --bootstrap 127.0.0.1:9092")]
    DeleteOffsets(DeleteOffsetsArguments),
}

pub(crate) async fn run(arguments: GroupArguments, out: &mut Out<'_>) -> Result<()> {
    if let Action::Reset(arguments) = &arguments.action {
        arguments.check()?;
    }
    let log = arguments.log.open_existing().await?;
    let done = match arguments.action {
        Action::List(arguments) => list::run(&log, &arguments, out).await,
        Action::Describe(arguments) => describe::run(&log, &arguments, out).await,
        Action::Reset(arguments) => reset::run(&log, &arguments, out).await,
        Action::Delete(arguments) => delete::run(&log, &arguments, out).await,
        Action::DeleteOffsets(arguments) => delete::offsets(&log, &arguments, out).await,
    };
    log.finish(done)
}
