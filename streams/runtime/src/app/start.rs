//! Starts an application: checks, creates internal topics, locks the state, spreads the tasks over workers.

use super::handle::StreamsHandle;
use super::internal_topics::Topics;
use super::options::StreamsOptions;
use super::plan::{Plan, Signals};
use super::progress::Progress;
use super::worker::{self, Assignment};
use super::{internal_topics, restore};
use crate::Result;
use crate::topology::{PartitionCounts, Topology};
use log_client::Log;
use log_env::Env;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// How many commands may wait for a worker.
const COMMANDS_MAX: usize = 16;

/// Runs a topology against a log.
#[derive(Debug)]
pub struct StreamsApp;

impl StreamsApp {
    /// Starts an application. On return its internal topics exist, its state directories are locked and its workers are running; fencing of older instances
    /// and restoring go on in the workers ([`StreamsHandle::metrics`] shows how far they are).
    ///
    /// Errors: a wrong option, a missing source topic, inputs that are not co-partitioned, an internal topic with another partition count, a state
    /// directory in use, or an error of the log. What fails later is told by [`StreamsHandle::failed`].
    pub async fn start(topology: Topology, log: Arc<dyn Log>, env: Env, options: StreamsOptions) -> Result<StreamsHandle> {
        options.check()?;
        let admin = log.admin();
        let mut topics = internal_topics::existing(admin.as_ref(), &topology, &options.application_id).await?;
        let counts = PartitionCounts::resolve(&topology, &options.application_id, &topics.counts)?;
        internal_topics::create(admin.as_ref(), &topology, &options, &counts, &mut topics).await?;
        let signals = watch::Sender::new(Signals::default());
        let Topics { counts: topics, limits } = topics;
        let plan = Arc::new(Plan { topology, counts, topics, limits, options, log, env, signals });
        let mut shares = Vec::new();
        for (index, task) in plan.tasks().into_iter().enumerate() {
            let worker = index % plan.options.threads;
            if shares.len() <= worker {
                shares.push(Vec::new());
            }
            shares[worker].push((task, restore::lock(&plan, task)?));
        }
        let progress = Arc::new(Progress::new(shares.len()));
        let (mut links, mut workers) = (Vec::new(), Vec::new());
        for (index, tasks) in shares.into_iter().enumerate() {
            let (sender, commands) = mpsc::channel(COMMANDS_MAX);
            let assignment = Assignment { plan: plan.clone(), progress: progress.clone(), tasks, commands };
            let name = format!("{}-{index}", plan.options.application_id);
            workers.push(plan.env.spawner.spawn(&name, Box::pin(worker::run(assignment))));
            links.push(sender);
        }
        Ok(StreamsHandle::new(plan, progress, links, workers))
    }
}
