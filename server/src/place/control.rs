//! The way to what the Log traits do not know of: nodes, members of groups, ACLs, transactions.
//!
//! Servers are asked over the network. For a directory the server's own face is started inside this process, where nobody else reaches it, and is asked the
//! same way: there is one answer to every question, wherever the log is.

use anyhow::{Context, Result};
use headwater::admin::{AdminOptions, ClusterAdmin};
use headwater::log::{BrokerConfig, EmbeddedLog, Env, KafkaListener};
use std::ops::Deref;
use std::sync::Arc;

/// What this program calls itself to servers.
const CLIENT_ID: &str = "headwater";

/// A client for administration, and what it needs to live.
pub(crate) struct Control {
    admin: Arc<ClusterAdmin>,
    /// Ends with it.
    _own_face: Option<KafkaListener>,
}

impl Control {
    /// Over the network. Errors: within a few seconds, if nobody answers there.
    pub(super) async fn connect(env: Env, servers: &str) -> Result<Arc<ClusterAdmin>> {
        let options = AdminOptions { client_id: CLIENT_ID.into(), ..AdminOptions::default() };
        Ok(Arc::new(ClusterAdmin::connect(env, servers, options).await?))
    }

    pub(super) fn of_servers(admin: Arc<ClusterAdmin>) -> Control {
        Control { admin, _own_face: None }
    }

    /// Of a log in this process, opened with this environment, which has no network.
    pub(super) async fn of_directory(log: &EmbeddedLog, env: Env) -> Result<Control> {
        let mut config = BrokerConfig::default();
        config.set("listeners", "PLAINTEXT://127.0.0.1:0")?;
        let face = KafkaListener::start_beside(log, config).await.context("the directory's administration did not start")?;
        let admin = Control::connect(env, &face.address().to_string()).await?;
        Ok(Control { admin, _own_face: Some(face) })
    }
}

impl Deref for Control {
    type Target = ClusterAdmin;

    fn deref(&self) -> &ClusterAdmin {
        &self.admin
    }
}
