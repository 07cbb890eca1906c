//! How a worker waits when there is nothing to do.

use super::turn::{Worker, is_idle_long};
use crate::app::plan::Plan;
use crate::app::running::RunningTask;
use crate::task::OutputTopicKind;
use log_env::Mono;
use std::time::Duration;

impl Worker {
    /// Waits for more input, a commit that falls due, a command or a signal.
    pub(super) async fn wait(&mut self) {
        let now = self.plan.env.clock.now();
        let deadline = self.tasks.iter().filter_map(|task| next_deadline(&self.plan, task)).min();
        let mut signals = self.plan.signals.subscribe();
        let seen = *signals.borrow_and_update();
        if seen.stop
            || (seen.eager > 0 && deadline.is_some() && self.tasks.iter().any(|task| task.epoch_began.is_some() && task.core.is_idle()))
        {
            return;
        }
        let clock = self.plan.env.clock.clone();
        let due = async move {
            match deadline {
                Some(deadline) => clock.sleep(deadline.since(now)).await,
                None => std::future::pending().await,
            }
        };
        let command = tokio::select! {
            () = self.consumer.ready() => None,
            () = due => None,
            command = self.commands.recv() => command,
            _ = signals.changed() => None,
        };
        if let Some(command) = command {
            self.waiting_command = Some(command);
        }
    }
}

/// When the task next has something to do without new input.
fn next_deadline(plan: &Plan, task: &RunningTask) -> Option<Mono> {
    let commit = task.epoch_began.map(|began| began.plus(plan.options.commit_interval));
    let announces = task.core.output_topics().iter().any(|topic| matches!(topic.kind, OutputTopicKind::Repartition(_)));
    let silent = announces && !is_idle_long(plan, task);
    let idle = plan.options.idle_after.zip(task.idle_since).filter(|_| silent).map(|(after, since): (Duration, Mono)| since.plus(after));
    [commit, idle].into_iter().flatten().min()
}
