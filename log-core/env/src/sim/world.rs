//! The simulated world as one value, and the loop that runs it.

use super::spawner::MAIN;
use super::{SimClock, SimDisk, SimNetwork, SimRandom, SimSpawner};
use crate::{Clock, Env, Mono};
use futures::pin_mut;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// The handles by which a test moves a simulated world. Its [`Env`] is what the program under test sees.
///
/// ```
/// use log_env::{Clock, Env};
/// use std::time::Duration;
/// let (env, sim) = Env::simulated(42);
/// let slept = sim.run_until(async {
///     let start = env.clock.now();
///     env.clock.sleep(Duration::from_secs(3600)).await;
///     env.clock.now().since(start)
/// });
/// assert_eq!(slept, Duration::from_secs(3600));
/// ```
#[derive(Clone, Debug)]
pub struct Sim {
    /// Time.
    pub clock: SimClock,
    /// Files.
    pub disk: SimDisk,
    /// Connections.
    pub network: SimNetwork,
    /// Tasks.
    pub spawner: SimSpawner,
}

impl Env {
    /// A simulated world in which everything follows from `seed`.
    pub fn simulated(seed: u64) -> (Env, Sim) {
        Env::simulated_on(seed, SimDisk::new())
    }

    /// A simulated world on a disk that exists already: the machine after a restart.
    pub fn simulated_on(seed: u64, disk: SimDisk) -> (Env, Sim) {
        let sim = Sim { clock: SimClock::new(), disk, network: SimNetwork::new(), spawner: SimSpawner::new(seed ^ 0x5eed) };
        let env = Env {
            clock: Arc::new(sim.clock.clone()),
            random: Arc::new(SimRandom::new(seed)),
            disk: Arc::new(sim.disk.clone()),
            network: Arc::new(sim.network.clone()),
            spawner: Arc::new(sim.spawner.clone()),
        };
        (env, sim)
    }
}

impl Sim {
    /// Runs `future` and all tasks until `future` is done. Time moves to the next deadline whenever nobody else can go on.
    ///
    /// # Panics
    /// If nobody can go on and nobody waits for time: the program under test is stuck.
    pub fn run_until<T>(&self, future: impl Future<Output = T>) -> T {
        pin_mut!(future);
        let waker = self.spawner.waker(MAIN);
        waker.wake_by_ref();
        loop {
            match self.spawner.take_ready() {
                Some(MAIN) => {
                    if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                        return value;
                    }
                }
                Some(id) => self.spawner.poll(id),
                None => assert!(self.clock.wake_next(Mono(u64::MAX)), "the simulation is stuck: every task waits for another one"),
            }
        }
    }

    /// Runs all tasks until none can go on; time stands.
    pub fn run_until_idle(&self) {
        while let Some(id) = self.spawner.take_ready() {
            self.spawner.poll(id);
        }
    }

    /// Runs all tasks for a stretch of time.
    pub fn run_for(&self, duration: Duration) {
        let end = self.clock.now().plus(duration);
        loop {
            self.run_until_idle();
            if !self.clock.wake_next(end) {
                self.clock.advance(end.since(self.clock.now()));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use parking_lot::Mutex;

    fn schedule(seed: u64) -> Vec<(u32, u32)> {
        let (env, sim) = Env::simulated(seed);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..4u32)
            .map(|task| {
                let (env, seen) = (env.clone(), seen.clone());
                let clock = env.clock.clone();
                let steps = async move {
                    for step in 0..3 {
                        clock.sleep(Duration::from_millis(10)).await;
                        seen.lock().push((task, step));
                    }
                };
                env.spawner.spawn("steps", steps.boxed()).ended
            })
            .collect();
        sim.run_until(futures::future::join_all(tasks));
        Arc::into_inner(seen).expect("all tasks have ended").into_inner()
    }

    #[test]
    fn one_seed_gives_one_schedule_and_seeds_differ() {
        assert_eq!(schedule(1), schedule(1));
        assert_eq!(schedule(1).len(), 12);
        assert!((2..20).any(|seed| schedule(seed) != schedule(1)));
    }

    #[test]
    fn aborted_tasks_end_and_blocking_work_runs_when_its_turn_comes() {
        let (env, sim) = Env::simulated(3);
        let endless = env.spawner.spawn("endless", futures::future::pending().boxed());
        let ran = Arc::new(Mutex::new(false));
        let flag = ran.clone();
        let work = env.spawner.spawn_blocking("work", Box::new(move || *flag.lock() = true)).unwrap();
        assert!(!*ran.lock());
        sim.run_until(async {
            work.ended.await;
            (endless.abort)();
            endless.ended.await;
        });
        assert!(*ran.lock());
    }

    #[test]
    fn running_for_a_while_moves_time_by_exactly_that() {
        let (env, sim) = Env::simulated(4);
        let ticks = Arc::new(Mutex::new(0));
        let (clock, counter) = (env.clock.clone(), ticks.clone());
        let tick = async move {
            loop {
                clock.sleep(Duration::from_millis(100)).await;
                *counter.lock() += 1;
            }
        };
        env.spawner.spawn("tick", tick.boxed());
        sim.run_for(Duration::from_millis(1050));
        assert_eq!((*ticks.lock(), env.clock.now()), (10, Mono(1_050_000_000)));
    }

    #[test]
    #[should_panic(expected = "stuck")]
    fn a_stuck_program_is_reported() {
        let (_, sim) = Env::simulated(5);
        sim.run_until(futures::future::pending::<()>());
    }
}
