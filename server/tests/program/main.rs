//! Tests of the program as a user runs it: the main job, its death at random moments, bad input, every command.

#![allow(clippy::disallowed_methods, reason = "these tests are about the outside world: processes, files, signals")]

mod administration;
mod bad_directory;
mod bad_input;
mod bad_lines;
mod bench;
mod closed_pipe;
mod configs;
mod expected;
mod formats;
mod full_disk;
mod groups;
mod kill;
mod looking;
mod main_job;
mod places;
mod process;
mod produce_consume;
mod progress;
mod run_again;
mod server;
mod shell;
mod shims;
mod topics;
mod unreachable;
