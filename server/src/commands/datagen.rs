//! `headwater datagen`: writes generated test data, the same for the same seed.

use crate::out::Out;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use headwater::connect::access_log::{AccessLog, AccessLogOptions};
use std::path::PathBuf;

/// Arguments of `headwater datagen`.
#[derive(Debug, Args)]
pub(crate) struct DatagenArguments {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    #[command(after_help = "Example:\n  headwater datagen access-log --rows 100000 --output access.log")]
    /// Lines of a web server's access log (Apache's combined format), out of order by up to 59 seconds, a few of them malformed
    AccessLog {
        /// How many lines
        #[arg(long, default_value_t = 10_000)]
        rows: u64,
        /// The same seed gives the same lines
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// About one line in this many is malformed; 0 for none
        #[arg(long, default_value_t = 1000)]
        malformed_every: u64,
        /// The file to write; standard output without it
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

pub(crate) fn run(arguments: DatagenArguments, out: &mut Out<'_>) -> Result<()> {
    let Kind::AccessLog { rows, seed, malformed_every, output } = arguments.kind;
    let malformed_share = if malformed_every == 0 { 0.0 } else { 1.0 / malformed_every as f64 };
    let log = AccessLog::new(AccessLogOptions { seed, malformed_share, ..AccessLogOptions::default() });
    let write = |out: &mut Out<'_>| (0..rows).try_for_each(|row| out.line(log.line(row))).and_then(|()| out.flush());
    match output {
        Some(path) => {
            let file = std::fs::File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
            write(&mut Out::new(file, path.display().to_string()))
        }
        None => write(out),
    }
}
