//! Log lines on standard error, from the level that `HEADWATER_LOG` names: error, warn, info, debug or trace.

use tracing::Level;

/// Starts logging. Warnings and errors only, unless `HEADWATER_LOG` says otherwise.
pub(crate) fn start() {
    let level = std::env::var("HEADWATER_LOG").ok().and_then(|name| name.parse::<Level>().ok()).unwrap_or(Level::WARN);
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false).init();
}
