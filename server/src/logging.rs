//! Log lines on standard error, from the level that `HEADWATER_LOG` names: error, warn, info, debug or trace.

use crate::screen::AboveBlock;
use anyhow::{Result, anyhow};
use tracing::Level;

const VARIABLE: &str = "HEADWATER_LOG";

/// Starts logging. Warnings and errors only, unless `HEADWATER_LOG` says otherwise. Errors: it names no level.
pub(crate) fn start() -> Result<()> {
    let level = match std::env::var(VARIABLE) {
        Ok(name) if !name.is_empty() => level(&name)?,
        _ => Level::WARN,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(|| AboveBlock).with_target(false).init();
    Ok(())
}

fn level(name: &str) -> Result<Level> {
    name.parse().map_err(|_| anyhow!("the environment variable {VARIABLE} is {name:?}; it takes error, warn, info, debug or trace"))
}
