//! Transcripts: what happens, and what comes of it. A feature a file.

mod harness;

mod assignors;
mod classic_join;
mod classic_life;
mod classic_static;
mod commits;
mod consumer_errors;
mod consumer_life;
mod consumer_static;
mod durability;
mod migration;
mod mixed_properties;
mod properties;
mod speaker;
mod views;
