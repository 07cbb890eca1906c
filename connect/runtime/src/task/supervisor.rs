//! Runs a task, reports its state, and starts it again after a failure that may pass.

use super::{Control, Target, sink, source};
use crate::config::ConnectorConfig;
use crate::error::TaskError;
use crate::metrics::TaskShared;
use crate::options::WorkerOptions;
use crate::policy::{Backoff, ErrorPolicy};
use crate::state::{State, TargetState};
use crate::store::{OffsetStore, StatusStore};
use connect_api::{Config, PluginFactory};
use futures::FutureExt;
use log_client::Log;
use log_env::Env;
use log_model::ErrorKind;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Everything a task needs.
pub(crate) struct TaskContext {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) env: Env,
    pub(crate) options: WorkerOptions,
    pub(crate) offsets: OffsetStore,
    pub(crate) statuses: StatusStore,
    pub(crate) connector: String,
    pub(crate) task: usize,
    pub(crate) setup: Arc<ConnectorConfig>,
    /// The task's own share of the configuration.
    pub(crate) config: Config,
    pub(crate) policy: ErrorPolicy,
    pub(crate) shared: Arc<TaskShared>,
}

impl TaskContext {
    /// The transactional id: one task of one connector, so that the newest run fences the earlier ones.
    pub(crate) fn transactional_id(&self) -> String {
        format!("connect-{}-{}", self.connector, self.task)
    }

    /// Reports a state where it is new.
    pub(crate) async fn report(&self, state: State, error: Option<&TaskError>) {
        let trace = error.map(|error| error.trace.clone());
        if self.shared.set_status(state, trace.clone(), error.map(|error| error.cause.clone())) {
            self.statuses.put_task(&self.connector, self.task, state, trace.as_deref(), self.setup.plugin.version).await;
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.env.clock.wall_ms()
    }
}

/// Runs a task until it is told to stop.
pub(crate) async fn supervise(context: TaskContext, mut control: Control) {
    let mut backoff = Backoff::new(context.options.restart_delay, context.options.restart_delay_max);
    loop {
        let target = control.target();
        if target.state == TargetState::Stopped {
            context.report(State::Unassigned, None).await;
            return;
        }
        let records_before = context.shared.records.load(Ordering::Relaxed);
        let Err(error) = run(&context, &mut control).await else { continue };
        context.shared.at_end.store(false, Ordering::Relaxed);
        context.shared.failures.fetch_add(1, Ordering::Relaxed);
        if context.shared.records.load(Ordering::Relaxed) > records_before {
            backoff.reset();
        }
        let (connector, task) = (&context.connector, context.task);
        if error.can_restart() && context.setup.restarts {
            let pause = backoff.next(&context.env);
            context.shared.restarts.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(connector, task, ?pause, "the task failed and starts again after a pause: {}", error.cause);
            context.report(State::Restarting, Some(&error)).await;
            // A drain or a pause must not cut it short, or a failing task would be started as often as somebody asks.
            control.pause_unless_restarted(&context.env, pause, target).await;
        } else {
            tracing::error!(connector, task, "the task failed: {}", error.cause);
            context.report(State::Failed, Some(&error)).await;
            wait_for_restart(&mut control, target).await;
            backoff.reset();
        }
    }
}

/// Waits until a failed task is to start again or to stop.
async fn wait_for_restart(control: &mut Control, failed_at: Target) {
    loop {
        let target = control.target();
        if target.restart != failed_at.restart || target.state == TargetState::Stopped {
            return;
        }
        control.changed(target).await;
    }
}

/// One run of the task. A panic of a connector ends the run, not the worker.
async fn run(context: &TaskContext, control: &mut Control) -> Result<(), TaskError> {
    let run = async {
        match &context.setup.plugin.factory {
            PluginFactory::Source(make) => source::run(context, control, make().task()).await,
            PluginFactory::Sink(make) => sink::run(context, control, make().task()).await,
            PluginFactory::Converter(_) => Err(TaskError::new(ErrorKind::Bug, "java.lang.IllegalStateException", "a converter cannot run")),
        }
    };
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            let cause = format!("the connector panicked: {}", words.unwrap_or("without words"));
            Err(TaskError::new(ErrorKind::Bug, "java.lang.RuntimeException", cause))
        }
    }
}
