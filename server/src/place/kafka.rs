//! The log that servers keep, through Kafka's protocol.

use super::{OpenLog, Servers};
use anyhow::{Context, Result};
use headwater::log::{KafkaLog, KafkaOptions};
use std::sync::Arc;

/// Connects. Errors: nobody answers there.
pub(super) async fn open(servers: &Servers) -> Result<OpenLog> {
    let log = KafkaLog::connect(&servers.to_string(), KafkaOptions::default()).await;
    let log = log.with_context(|| format!("cannot talk to {servers}; is a server running there? headwater server starts one"))?;
    Ok(OpenLog::of_servers(Arc::new(log), servers.clone()))
}
