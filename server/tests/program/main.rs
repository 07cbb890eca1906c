//! Tests of the program as a user runs it: the main job, its death at random moments, bad input.

#![allow(clippy::disallowed_methods, reason = "these tests are about the outside world: processes, files, signals")]

mod bad_input;
mod expected;
mod full_disk;
mod kill;
mod main_job;
mod process;
