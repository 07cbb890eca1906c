//! `headwater sql`: one statement or script, or the shell.

use super::variables::Set;
use crate::interrupt::Interrupts;
use crate::out::Out;
use crate::place::{LogChoice, Place};
use crate::rows::{Format, Layout, print};
use crate::{output, shell};
use anyhow::{Context, Result};
use clap::Args;
use headwater::sql::{ParsedStatement, Script, Statement, StatementResult, Variables};
use headwater::{Error, Headwater, HeadwaterOptions};
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

/// Arguments of `headwater sql`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  headwater sql -c \"SELECT count(*) FROM requests\" --data-dir data\n  headwater sql --bootstrap 127.0.0.1:9092"
)]
pub(crate) struct SqlArguments {
    #[command(flatten)]
    log: LogChoice,
    /// With --bootstrap: the directory for the state of queries; it is derived from the log and may be deleted
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Runs this instead of the shell; several statements are separated by semicolons
    #[arg(short, long, value_name = "SQL", conflicts_with = "file")]
    command: Option<String>,
    /// Runs the statements of this file instead of the shell
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    set: Set,
    /// Lets the connectors and queries that were created earlier run while the statements do; the shell always does
    #[arg(long)]
    resume: bool,
    /// How rows are printed
    #[arg(short, long, value_enum, default_value_t = Format::Table)]
    output: Format,
}

pub(crate) async fn run(arguments: SqlArguments, out: &mut Out<'_>) -> Result<()> {
    let variables = arguments.set.variables()?;
    let place = arguments.log.place()?;
    let Some(text) = text(&arguments)? else {
        place.check(false)?;
        let headwater = open(&place, &arguments, true).await?;
        let worked = shell::run(&headwater, arguments.output, &variables, out).await;
        return close(headwater, worked).await;
    };
    // Parsed before anything is opened: a mistake anywhere in the script changes nothing.
    let script = Script::parse_with(&text, &variables).map_err(wrong)?;
    place.check(script.statements().iter().all(only_looks))?;
    let headwater = open(&place, &arguments, arguments.resume).await?;
    let worked = execute(&headwater, &script, Layout { format: arguments.output, width: None }, out).await;
    close(headwater, worked).await
}

/// The statements to run; `None` for the shell.
fn text(arguments: &SqlArguments) -> Result<Option<String>> {
    if let Some(text) = &arguments.command {
        return Ok(Some(text.clone()));
    }
    if let Some(file) = &arguments.file {
        return std::fs::read_to_string(file).map(Some).with_context(|| format!("cannot read the script {}", file.display()));
    }
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read statements from standard input")?;
    Ok(Some(text))
}

fn only_looks(statement: &ParsedStatement) -> bool {
    matches!(statement.statement, Statement::Select { .. } | Statement::Show(_) | Statement::Describe(_) | Statement::Explain(_))
}

async fn open(place: &Place, arguments: &SqlArguments, resume: bool) -> Result<Headwater> {
    place.open_headwater(arguments.state_dir.as_deref(), HeadwaterOptions { resume, ..HeadwaterOptions::default() }).await
}

async fn close(headwater: Headwater, worked: Result<()>) -> Result<()> {
    let closed = headwater.close().await;
    // What failed first is what the user must know; the log closes itself either way.
    worked?;
    Ok(closed?)
}

/// Parses and executes a text as [`execute`] does.
pub(crate) async fn execute_text(
    headwater: &Headwater,
    text: &str,
    variables: &Variables,
    layout: Layout,
    out: &mut Out<'_>,
) -> Result<()> {
    execute(headwater, &Script::parse(text, variables).map_err(wrong)?, layout, out).await
}

/// Executes the statements one after the other and prints what each answers before the next begins.
async fn execute(headwater: &Headwater, script: &Script, layout: Layout, out: &mut Out<'_>) -> Result<()> {
    for statement in script.statements() {
        let mut interrupts = Interrupts::begin();
        match headwater.engine().execute(statement).await.map_err(Error::from)? {
            StatementResult::Done(message) => output::message(&message),
            StatementResult::Text(text) => out.line(text)?,
            StatementResult::Rows(answer) => print(answer, layout, out, &mut interrupts).await?,
        }
        out.flush()?;
    }
    Ok(())
}

/// A wrong statement, as `output::error` shows it best.
pub(super) fn wrong(error: impl Into<headwater::sql::Error>) -> Error {
    Error::Sql(error.into())
}
