//! Transactions over several partitions: most are committed, some aborted, some left behind by a producer that goes away.

use super::holdings::Piece;
use super::settings::Topics;
use super::transaction::{Plan, Transactions};
use crate::recorder::Recorder;
use crate::role::Role;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Runs transactions until producers end.
pub(crate) fn run(recorder: Arc<Recorder>, address: &str, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let id = format!("transactor-{seed}");
    loop {
        // Also last of all: a successor ends what its predecessor left open, so that readers can go on.
        let Some(transactions) = Transactions::start(recorder.clone(), address, Role::Transactional, &id) else { return };
        loop {
            if recorder.producers_end.load(Ordering::Relaxed) {
                return;
            }
            let sends: Vec<_> =
                (0..random.random_range(1..8)).map(|_| (Topics::any_of(&[Topics::PLAIN, Topics::SEVERAL], &mut random), None)).collect();
            let plan = match random.random_range(0..100) {
                0..15 => Plan::Abort,
                15..18 => Plan::Abandon,
                _ => Plan::Commit,
            };
            let (_, goes_on) = transactions.run(&sends, &Piece::default(), None, plan);
            if !goes_on {
                break;
            }
            std::thread::sleep(Duration::from_millis(random.random_range(0..20)));
        }
    }
}
