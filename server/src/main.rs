//! The `headwater` program: parses the command line, sets up logging, runs one command.
//!
//! Exit codes: 0 success, 1 the command failed (the reason is on standard error), 2 the command line is wrong, 130 interrupted.

#![allow(clippy::disallowed_methods, reason = "the program is the edge: it reads scripts and writes files")]

mod commands;
mod interrupt;
mod logging;
mod output;
mod progress;
mod shell;

use clap::Parser;
use commands::Command;
use headwater::log::raise_open_file_limit;
use std::process::ExitCode;

/// Kafka, Kafka Streams, Kafka Connect and ksqlDB as one program: a durable log, streams, connectors and SQL over one directory.
#[derive(Debug, Parser)]
#[command(name = "headwater", version, propagate_version = true, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::start();
    if let Err(error) = raise_open_file_limit() {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: cannot start threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(arguments.command.run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}
