//! A log that a command has opened, and its orderly end.

use super::Control;
use anyhow::Result;
use headwater::admin::ClusterAdmin;
use headwater::log::{EmbeddedLog, Env, Log};
use std::ops::Deref;
use std::sync::Arc;

/// An open log; [`OpenLog::finish`] closes it.
pub(crate) struct OpenLog {
    log: Arc<dyn Log>,
    keeper: Keeper,
}

/// Who keeps the log.
enum Keeper {
    /// This process, in an environment without a network.
    Directory(Arc<EmbeddedLog>, Env),
    /// Servers.
    Servers(Arc<ClusterAdmin>),
}

impl OpenLog {
    /// The log of a directory that this process has opened, with the environment that it was opened with.
    pub(crate) fn of_directory(log: EmbeddedLog, env: Env) -> OpenLog {
        let log = Arc::new(log);
        OpenLog { log: log.clone(), keeper: Keeper::Directory(log, env) }
    }

    /// A log that servers keep.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "nothing else gives a log of servers"))]
    pub(crate) fn of_servers(log: Arc<dyn Log>, admin: Arc<ClusterAdmin>) -> OpenLog {
        OpenLog { log, keeper: Keeper::Servers(admin) }
    }

    /// The log, to share.
    pub(crate) fn shared(&self) -> Arc<dyn Log> {
        self.log.clone()
    }

    /// The way to what the traits do not know of. To be dropped before the log is finished.
    pub(crate) async fn control(&self) -> Result<Control> {
        match &self.keeper {
            Keeper::Directory(log, env) => Control::of_directory(log, env.clone()).await,
            Keeper::Servers(admin) => Ok(Control::of_servers(admin.clone())),
        }
    }

    /// The servers that keep the log; `None` for a directory.
    pub(crate) fn servers(&self) -> Option<&ClusterAdmin> {
        match &self.keeper {
            Keeper::Directory(..) => None,
            Keeper::Servers(admin) => Some(admin),
        }
    }

    /// Closes the log after what was done with it. What failed first is what the user must know.
    pub(crate) fn finish<T>(self, done: Result<T>) -> Result<T> {
        let closed = match &self.keeper {
            Keeper::Directory(log, _) => log.close(),
            Keeper::Servers(..) => Ok(()),
        };
        let value = done?;
        closed?;
        Ok(value)
    }
}

impl Deref for OpenLog {
    type Target = Arc<dyn Log>;

    fn deref(&self) -> &Arc<dyn Log> {
        &self.log
    }
}
