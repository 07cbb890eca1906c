//! What a task is told: run, pause, stop, drain, start again. The newest word counts.

use crate::state::TargetState;
use log_env::Env;
use std::future::Future;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::watch;

/// What a task is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) state: TargetState,
    /// The round of draining asked for; a task answers it once with `finish_drain`.
    pub(crate) drain: u64,
    /// Moves on when a failed task is to start again.
    pub(crate) restart: u64,
}

/// A task's ear.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    receiver: watch::Receiver<Target>,
}

impl Control {
    pub(crate) fn new(receiver: watch::Receiver<Target>) -> Control {
        Control { receiver }
    }

    /// What it is told now. A worker that is gone means stop.
    pub(crate) fn target(&self) -> Target {
        let target = *self.receiver.borrow();
        if self.receiver.has_changed().is_err() { Target { state: TargetState::Stopped, ..target } } else { target }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.target().state == TargetState::Stopped
    }

    /// Resolves when it is told something else than `known`. Cancel safe.
    pub(crate) async fn changed(&mut self, known: Target) {
        // An error means that the worker is gone, which is a change.
        let _ = self.receiver.wait_for(|target| *target != known).await;
    }

    /// Waits for a while, for `event`, or until it is told something else than `known`: what it was told when it began what it now rests from.
    pub(crate) async fn wait(&mut self, env: &Env, known: Target, pause: Duration, event: impl Future<Output = ()>) {
        tokio::select! {
            () = env.clock.sleep(pause) => {}
            () = event => {}
            () = self.changed(known) => {}
        }
    }

    /// Waits for a while, unless it is told to stop; false if it is.
    pub(crate) async fn pause(&mut self, env: &Env, pause: Duration) -> bool {
        let mut receiver = self.receiver.clone();
        tokio::select! {
            () = env.clock.sleep(pause) => {}
            _ = receiver.wait_for(|target| target.state == TargetState::Stopped) => {}
        }
        !self.is_stopped()
    }
}

impl Control {
    /// Waits for a while, unless it is told to stop or, since `known`, to start again.
    pub(crate) async fn pause_unless_restarted(&mut self, env: &Env, pause: Duration, known: Target) {
        let mut receiver = self.receiver.clone();
        tokio::select! {
            () = env.clock.sleep(pause) => {}
            _ = receiver.wait_for(|target| target.state == TargetState::Stopped || target.restart != known.restart) => {}
        }
    }
}

/// Lets others run: a source that always has records must not keep its thread for itself.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_came_before_the_rest_began_ends_it() {
        let (env, sim) = Env::simulated(1);
        let running = Target { state: TargetState::Running, drain: 1, restart: 0 };
        let (sender, receiver) = watch::channel(running);
        let mut control = Control::new(receiver);
        let known = control.target();
        sender.send_replace(Target { drain: 2, ..running });
        let began = env.clock.now();
        sim.run_until(control.wait(&env, known, Duration::from_secs(3600), std::future::pending()));
        assert_eq!(env.clock.now().since(began), Duration::ZERO);
        assert_eq!(control.target().drain, 2);
    }
}
