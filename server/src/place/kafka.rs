//! The log that servers keep, through Kafka's protocol.

use super::sized_log::SizedLog;
use super::{Control, OpenLog, Servers};
use anyhow::{Context, Result};
use headwater::log::{Env, KafkaLog, KafkaOptions};
use std::sync::Arc;

/// Connects. Errors: nobody answers there, or somebody who is no Kafka server; that is known within a few seconds.
pub(super) async fn open(servers: &Servers) -> Result<OpenLog> {
    let hint = || format!("cannot talk to {servers}: {}", servers.fix());
    let admin = Control::connect(Env::real(), &servers.to_string()).await.with_context(hint)?;
    let log = KafkaLog::connect(&servers.to_string(), KafkaOptions::default()).await.with_context(hint)?;
    let log = SizedLog { log: Arc::new(log), servers: admin.clone() };
    Ok(OpenLog::of_servers(Arc::new(log), admin))
}
