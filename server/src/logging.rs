//! Log lines on standard error, from the level that `HEADWATER_LOG` names: error, warn, info, debug or trace.

use crate::lost_servers::LostServers;
use crate::screen::AboveBlock;
use anyhow::{Result, anyhow};
use headwater::log::Env;
use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

const VARIABLE: &str = "HEADWATER_LOG";

/// Starts logging. Warnings and errors only, those of lost connections in words of our own, unless `HEADWATER_LOG` says otherwise. Errors: it names no level.
pub(crate) fn start() -> Result<()> {
    let named = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    let is_plain = named.is_none();
    let level = named.map_or(Ok(Level::WARN), |name| level(&name))?;
    let shown = filter_fn(move |metadata| *metadata.level() <= level && !(is_plain && LostServers::takes(metadata)));
    let lines = fmt::layer().with_writer(|| AboveBlock).with_target(false).with_filter(shown.with_max_level_hint(level));
    // What no layer takes must cost nothing: both say up to which level they listen.
    let lost = filter_fn(LostServers::takes).with_max_level_hint(Level::WARN);
    registry().with(lines).with(is_plain.then(|| LostServers::new(Env::real()).with_filter(lost))).init();
    Ok(())
}

fn level(name: &str) -> Result<Level> {
    name.parse().map_err(|_| anyhow!("the environment variable {VARIABLE} is {name:?}; it takes error, warn, info, debug or trace"))
}
