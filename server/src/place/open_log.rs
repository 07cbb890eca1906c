//! A log that a command has opened, and its orderly end.

use super::Servers;
use anyhow::Result;
use headwater::log::{EmbeddedLog, Log};
use std::ops::Deref;
use std::sync::Arc;

/// An open log; [`OpenLog::finish`] closes it.
pub(crate) struct OpenLog {
    log: Arc<dyn Log>,
    /// The same log, if this process keeps it.
    directory: Option<Arc<EmbeddedLog>>,
    /// Who keeps it, if others do.
    servers: Option<Servers>,
}

impl OpenLog {
    /// The log of a directory that this process has opened.
    pub(crate) fn of_directory(log: EmbeddedLog) -> OpenLog {
        let log = Arc::new(log);
        OpenLog { log: log.clone(), directory: Some(log), servers: None }
    }

    /// A log that servers keep.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code, reason = "nothing else gives a log of servers"))]
    pub(crate) fn of_servers(log: Arc<dyn Log>, servers: Servers) -> OpenLog {
        OpenLog { log, directory: None, servers: Some(servers) }
    }

    /// The log, to share.
    pub(crate) fn shared(&self) -> Arc<dyn Log> {
        self.log.clone()
    }

    /// The servers that keep it, unless this process does.
    pub(crate) fn servers(&self) -> Option<&Servers> {
        self.servers.as_ref()
    }

    /// Closes the log after what was done with it. What failed first is what the user must know.
    pub(crate) fn finish<T>(self, done: Result<T>) -> Result<T> {
        let closed = self.directory.as_ref().map_or(Ok(()), |log| log.close());
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
