//! `headwater run`: executes a script of connectors, streams and tables and keeps it running.

use super::data_dir::DataDir;
use super::rows;
use crate::interrupt;
use crate::progress::Progress;
use anyhow::{Context, Result, bail};
use clap::Args;
use headwater::log::Env;
use headwater::sql::{StatementResult, Variables};
use headwater::{Headwater, HeadwaterOptions};
use std::path::PathBuf;
use std::time::Duration;

/// How often the progress display looks at the numbers on a terminal, and how often a log line is written when piped.
const TERMINAL_INTERVAL: Duration = Duration::from_millis(200);
const PIPED_INTERVAL: Duration = Duration::from_secs(5);

/// Arguments of `headwater run`.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The SQL script
    script: PathBuf,
    #[command(flatten)]
    data: DataDir,
    /// Fills ${KEY} in the script
    #[arg(long = "set", value_name = "KEY=VALUE")]
    variables: Vec<String>,
    /// Ends once all input has been processed, every window closed and every result delivered
    #[arg(long)]
    until_idle: bool,
    /// Shows no progress
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) async fn run(arguments: RunArguments) -> Result<()> {
    let text =
        std::fs::read_to_string(&arguments.script).with_context(|| format!("cannot read the script {}", arguments.script.display()))?;
    let variables = variables(&arguments.variables)?;
    let options = HeadwaterOptions::default();
    let headwater = Headwater::open(&arguments.data.path, options).await.with_context(|| arguments.data.cannot_open())?;
    let worked = work(&headwater, &arguments, &text, &variables).await;
    // What failed first is what the user must know; the log closes itself either way.
    let closed = headwater.close().await;
    worked?;
    Ok(closed?)
}

fn variables(entries: &[String]) -> Result<Variables> {
    let mut variables = Variables::new();
    for entry in entries {
        let Some((key, value)) = entry.split_once('=') else { bail!("--set takes KEY=VALUE, not {entry:?}") };
        variables.insert(key.to_string(), value.to_string());
    }
    Ok(variables)
}

async fn work(headwater: &Headwater, arguments: &RunArguments, text: &str, variables: &Variables) -> Result<()> {
    for result in headwater.run_script(text, variables).await? {
        match result {
            StatementResult::Done(message) if !arguments.quiet => println!("{message}"),
            StatementResult::Done(_) => {}
            StatementResult::Text(text) => println!("{text}"),
            StatementResult::Rows(answer) => rows::print(answer, rows::Format::Table).await?,
        }
    }
    let mut progress = Progress::new(arguments.quiet);
    let outcome = watch(headwater, arguments.until_idle, &mut progress).await;
    progress.finish(headwater);
    outcome
}

/// Shows progress until the work is done, has failed, or the user interrupts.
async fn watch(headwater: &Headwater, until_idle: bool, progress: &mut Progress) -> Result<()> {
    let clock = Env::real().clock;
    let mut finished = Box::pin(async { if until_idle { headwater.finish_input().await } else { std::future::pending().await } });
    let mut interrupted = Box::pin(interrupt::requested());
    loop {
        let interval = if progress.is_terminal() { TERMINAL_INTERVAL } else { PIPED_INTERVAL };
        tokio::select! {
            biased;
            done = &mut finished => return Ok(done?),
            () = &mut interrupted => return Ok(()),
            () = clock.sleep(interval) => progress.show(headwater, clock.now()),
        }
        if let Some(query) = headwater.queries().into_iter().find(|query| query.error.is_some()) {
            bail!("query {} has failed: {}", query.name, query.error.unwrap_or_default());
        }
    }
}
