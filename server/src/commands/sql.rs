//! `headwater sql`: one statement or script, or the shell.

use super::data_dir::DataDir;
use super::rows;
use crate::{output, shell};
use anyhow::{Context, Result};
use clap::Args;
use headwater::sql::{StatementResult, Variables};
use headwater::{Headwater, HeadwaterOptions};
use std::io::{IsTerminal, Read};

/// Arguments of `headwater sql`.
#[derive(Debug, Args)]
pub(crate) struct SqlArguments {
    #[command(flatten)]
    data: DataDir,
    /// Runs this instead of the shell; several statements are separated by semicolons
    #[arg(short, long, value_name = "SQL")]
    command: Option<String>,
    /// How rows are printed
    #[arg(short, long, value_enum, default_value_t = rows::Format::Table)]
    output: rows::Format,
}

pub(crate) async fn run(arguments: SqlArguments) -> Result<()> {
    let headwater =
        Headwater::open(&arguments.data.path, HeadwaterOptions::default()).await.with_context(|| arguments.data.cannot_open())?;
    let worked = work(&headwater, &arguments).await;
    let closed = headwater.close().await;
    worked?;
    Ok(closed?)
}

async fn work(headwater: &Headwater, arguments: &SqlArguments) -> Result<()> {
    if let Some(text) = &arguments.command {
        return execute(headwater, text, arguments.output).await;
    }
    if std::io::stdin().is_terminal() {
        return shell::run(headwater, arguments.output).await;
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read statements from standard input")?;
    execute(headwater, &text, arguments.output).await
}

/// Executes the statements of a text one after the other and prints what they answer.
pub(crate) async fn execute(headwater: &Headwater, text: &str, format: rows::Format) -> Result<()> {
    for result in headwater.run_script(text, &Variables::new()).await? {
        match result {
            StatementResult::Done(message) => output::message(&message),
            StatementResult::Text(text) => println!("{text}"),
            StatementResult::Rows(answer) => rows::print(answer, format).await?,
        }
    }
    Ok(())
}
