//! The `headwater` program: parses the command line, sets up logging, runs one command.
//!
//! Exit codes: 0 success (an interrupted `run` or continuous query ends so, and so does a command whose output nobody reads any more), 1 the command
//! failed (the reason is on standard error), 2 the command line or environment is wrong, 130 an interrupt cut an answer short or had to be repeated.

#![allow(clippy::disallowed_methods, reason = "the program is the edge: it reads scripts and writes files")]
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod commands;
mod interrupt;
mod kafka_form;
mod logging;
mod lost_servers;
mod memory;
mod offsets;
mod out;
mod output;
mod place;
mod progress;
mod record_format;
mod rows;
mod screen;
mod shell;
mod terminal;

use clap::Parser;
use commands::Command;
use headwater::log::raise_open_file_limit;
use out::{Closed, Out};
use std::process::ExitCode;

/// Kafka, Kafka Streams, Kafka Connect and ksqlDB as one program: a durable log, streams, connectors and SQL over one directory.
#[derive(Debug, Parser)]
#[command(name = "headwater", version, propagate_version = true, max_term_width = 110)]
#[command(after_help = "First steps:
  headwater server --data-dir data                                       a log for any Kafka client, at 127.0.0.1:9092
  headwater topic create hello --bootstrap 127.0.0.1:9092
  echo hi | headwater produce hello --bootstrap 127.0.0.1:9092
  headwater consume hello --bootstrap 127.0.0.1:9092
  headwater COMMAND --help                                               what a command takes, with an example")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(error) = logging::start() {
        output::error(&error);
        return ExitCode::from(2);
    }
    if let Err(error) = raise_open_file_limit() {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::message(&format!("error: cannot start threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let mut out = Out::standard();
    let done = runtime.block_on(arguments.command.run(&mut out));
    match done.and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Closed>() => ExitCode::SUCCESS,
        Err(error) if error.is::<output::Interrupted>() => ExitCode::from(interrupt::EXIT_CODE),
        Err(error) => {
            // What was answered before the failure comes first.
            let _ = out.flush();
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// The commands that do something, with the words that lead to them.
    fn leaves(command: &clap::Command, words: &str) -> Vec<(String, clap::Command)> {
        let below: Vec<_> = command.get_subcommands().flat_map(|one| leaves(one, &format!("{words} {}", one.get_name()))).collect();
        if below.is_empty() { vec![(words.to_string(), command.clone())] } else { below }
    }

    #[test]
    fn the_help_of_every_command_has_an_example_of_it() {
        let whole = Arguments::command();
        whole.clone().debug_assert();
        let commands = leaves(&whole, "headwater");
        assert!(commands.len() >= 30, "{}", commands.len());
        for (words, mut command) in commands {
            let help = command.render_long_help().to_string();
            let example = help.split_once("Example").map(|(_, example)| example).unwrap_or_default();
            assert!(example.contains(&words), "{words}: {help}");
        }
    }
}
