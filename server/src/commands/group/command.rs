//! The actions of the command, and the way to each.

use super::describe::{self, DescribeArguments};
use super::reset::{self, ResetArguments};
use crate::out::Out;
use crate::place::LogChoice;
use anyhow::Result;
use clap::{Args, Subcommand};
use headwater::log::Admin;
use serde_json::json;

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
    /// List the groups that have committed something or have members
    List {
        /// A JSON object a group instead of its name
        #[arg(long)]
        json: bool,
    },
    /// Show where groups stand: committed offset, first and end offset, and lag of each partition
    Describe(DescribeArguments),
    /// Move a group: commit other offsets for it. A dry run unless --execute is given; refused while the group has members
    ///
    /// Exactly one of the --to-…, --shift-by, --by-duration and --from-file options says where to, and --topic or --all-topics what of. The table shows for
    /// each partition the committed offset now, the new one, and the lag that it leaves.
    Reset(ResetArguments),
}

pub(crate) async fn run(arguments: GroupArguments, out: &mut Out<'_>) -> Result<()> {
    if let Action::Reset(arguments) = &arguments.action {
        arguments.check()?;
    }
    let log = arguments.log.open_existing().await?;
    let done = match arguments.action {
        Action::List { json } => list(log.admin().as_ref(), json, out).await,
        Action::Describe(arguments) => describe::run(&log, &arguments, out).await,
        Action::Reset(arguments) => reset::run(&log, &arguments, out).await,
    };
    log.finish(done)
}

async fn list(admin: &dyn Admin, as_json: bool, out: &mut Out<'_>) -> Result<()> {
    for group in admin.list_groups().await? {
        if as_json { out.line(json!({"group": group.as_str()}))? } else { out.line(&group)? }
    }
    Ok(())
}
