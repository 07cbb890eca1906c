//! `headwater run`: executes a script of connectors, streams and tables and keeps it running.

use super::sql::wrong;
use super::variables::Set;
use crate::interrupt::Interrupts;
use crate::out::Out;
use crate::place::LogChoice;
use crate::progress::Progress;
use crate::rows::{Format, Layout, print};
use anyhow::{Context, Result, bail};
use clap::Args;
use headwater::log::Env;
use headwater::sql::{Script, StatementResult};
use headwater::{Error, Headwater, HeadwaterOptions};
use std::path::PathBuf;
use std::time::Duration;

/// How often the progress display looks at the numbers on a terminal, and how often a log line is written when piped.
const TERMINAL_INTERVAL: Duration = Duration::from_millis(200);
const PIPED_INTERVAL: Duration = Duration::from_secs(5);

/// Arguments of `headwater run`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  headwater run pipeline.sql --data-dir data --set input=access.log --set output=out\n  headwater run pipeline.sql --bootstrap 127.0.0.1:9092"
)]
pub(crate) struct RunArguments {
    /// The SQL script
    script: PathBuf,
    #[command(flatten)]
    log: LogChoice,
    /// With --bootstrap: the directory for the state of queries; it is derived from the log and may be deleted
    ///
    /// Without it that is a folder of the server's address in headwater-state. One process uses it at a time.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    #[command(flatten)]
    set: Set,
    /// Ends once all input has been processed, every window closed and every result delivered. A row that comes later for a closed window is late
    #[arg(long)]
    until_idle: bool,
    /// Shows no progress
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) async fn run(arguments: RunArguments, out: &mut Out<'_>) -> Result<()> {
    let text =
        std::fs::read_to_string(&arguments.script).with_context(|| format!("cannot read the script {}", arguments.script.display()))?;
    let variables = arguments.set.variables()?;
    let script = Script::parse_with(&text, &variables).map_err(wrong)?;
    if arguments.until_idle {
        script.refuse_endless().map_err(wrong)?;
    }
    let place = arguments.log.place()?;
    place.check(false)?;
    let mut interrupts = Interrupts::begin();
    let headwater = place.open_headwater(arguments.state_dir.as_deref(), HeadwaterOptions::default()).await?;
    let worked = work(&headwater, &arguments, &script, out, &mut interrupts).await;
    // What failed first is what the user must know; the log closes itself either way.
    let closed = headwater.close().await;
    worked?;
    Ok(closed?)
}

async fn work(
    headwater: &Headwater,
    arguments: &RunArguments,
    script: &Script,
    out: &mut Out<'_>,
    interrupts: &mut Interrupts,
) -> Result<()> {
    let layout = Layout { format: Format::Table, width: None };
    for statement in script.statements() {
        match headwater.engine().execute(statement).await.map_err(Error::from)? {
            StatementResult::Done(message) if !arguments.quiet => out.line(message)?,
            StatementResult::Done(_) => {}
            StatementResult::Text(text) => out.line(text)?,
            StatementResult::Rows(answer) => print(answer, layout, out, interrupts).await?,
        }
        out.flush()?;
    }
    let mut progress = Progress::start(arguments.quiet, headwater, Env::real().clock.now());
    let outcome = watch(headwater, arguments.until_idle, &mut progress, interrupts).await;
    progress.finish(headwater);
    outcome
}

/// Shows progress until the work is done, has failed, or the user interrupts.
async fn watch(headwater: &Headwater, until_idle: bool, progress: &mut Progress, interrupts: &mut Interrupts) -> Result<()> {
    let clock = Env::real().clock;
    let mut finished = Box::pin(async { if until_idle { headwater.finish_input().await } else { std::future::pending().await } });
    loop {
        let interval = if progress.is_terminal() { TERMINAL_INTERVAL } else { PIPED_INTERVAL };
        tokio::select! {
            biased;
            done = &mut finished => return Ok(done?),
            () = interrupts.requested() => return Ok(()),
            () = clock.sleep(interval) => progress.show(headwater, clock.now()),
        }
        if let Some(query) = headwater.queries().into_iter().find(|query| query.error.is_some()) {
            bail!("query {} has failed: {}", query.name, query.error.unwrap_or_default());
        }
    }
}
