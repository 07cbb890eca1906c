//! Draining: waiting until everything there is has gone through.

use super::face::Worker;
use crate::error::{Error, Result};
use crate::state::{State, TargetState};
use crate::task::group;
use connect_api::PluginKind;
use log_client::OffsetSpec;
use std::sync::atomic::Ordering;

impl Worker {
    /// Returns once every running source task has handed over everything there is, last lines without their ends included, and all of it is committed.
    ///
    /// Errors: [`Error::Stuck`] if a task failed for good, failed `drain_failures_max` times in a row, or waits for something that is missing, or a stored
    /// connector could not be started.
    pub async fn drain_sources(&self) -> Result<()> {
        self.drain_round(PluginKind::Source).await
    }

    /// Returns once every running sink has delivered everything there is in its topics, made it durable (a file sink finishes its files) and committed it.
    ///
    /// Errors: as for [`Worker::drain_sources`].
    pub async fn drain_sinks(&self) -> Result<()> {
        loop {
            self.drain_round(PluginKind::Sink).await?;
            if self.sinks_are_at_end().await? {
                return Ok(());
            }
        }
    }

    /// Drains the sources, then the sinks. Whoever stands between them (streams, SQL) must be drained in between: then call the two in turn.
    pub async fn wait_idle(&self) -> Result<()> {
        self.drain_sources().await?;
        self.drain_sinks().await
    }

    /// One round: asks all running tasks of a kind and waits until each has answered.
    async fn drain_round(&self, kind: PluginKind) -> Result<()> {
        if self.inner.closed.load(Ordering::SeqCst) {
            return Err(Error::Closed);
        }
        let mut changed = self.inner.changed.subscribe();
        let round = self.inner.drain_round.fetch_add(1, Ordering::SeqCst) + 1;
        loop {
            changed.mark_unchanged();
            if self.ask_and_check(kind, round)? {
                return Ok(());
            }
            // The sender lives as long as this worker.
            let _ = changed.changed().await;
        }
    }

    /// Whether all running tasks of a kind have answered the round; those that were started meanwhile are asked as well.
    fn ask_and_check(&self, kind: PluginKind, round: u64) -> Result<bool> {
        if let Some((name, broken)) = self.inner.broken.lock().first_key_value() {
            return Err(Error::Stuck { connector: name.clone(), task: 0, reason: broken.reason.clone() });
        }
        let connectors = self.inner.connectors.lock();
        let mut all = true;
        for connector in connectors.values() {
            if connector.setup.plugin.kind() != kind || connector.wanted != TargetState::Running {
                continue;
            }
            if connector.target.borrow().drain < round {
                connector.tell(|target| target.drain = round);
            }
            for task in &connector.tasks {
                if task.shared.drained.load(Ordering::SeqCst) >= round {
                    continue;
                }
                all = false;
                let status = task.shared.status();
                let failures = task.shared.failures.load(Ordering::Relaxed);
                let reason = match status.state {
                    State::Failed => status.cause,
                    State::Restarting if failures >= self.inner.options.drain_failures_max => status.cause,
                    _ => task.shared.stuck_in(round),
                };
                if let Some(reason) = reason {
                    return Err(Error::Stuck { connector: connector.name.clone(), task: status.id, reason });
                }
            }
        }
        Ok(all)
    }

    /// Whether the groups of all running sinks have committed everything there is: while tasks share partitions anew, one may belong to nobody.
    async fn sinks_are_at_end(&self) -> Result<bool> {
        let sinks: Vec<_> = {
            let connectors = self.inner.connectors.lock();
            let running = connectors.values().filter(|connector| connector.state() == State::Running);
            running
                .map(|connector| (connector.name.clone(), connector.setup.topics.clone()))
                .filter(|(_, topics)| !topics.is_empty())
                .collect()
        };
        let admin = self.inner.log.admin();
        for (name, topics) in sinks {
            let committed = admin.committed(&group(&name)).await?;
            for topic in topics {
                for partition in admin.describe_topic(&topic).await?.partitions {
                    let (first, partition) = (partition.log_start, topic.partition(partition.partition));
                    let end = admin.find_offset(&partition, OffsetSpec::Latest).await?.map_or(first, |end| end.offset);
                    let position = committed.get(&partition).map_or(first, |committed| committed.offset);
                    if position < end {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }
}
