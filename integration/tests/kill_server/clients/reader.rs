//! A consumer that reads on through every death of the server, in a group or alone. Members of a group leave now and then, and come back.

use super::holdings::Holdings;
use super::settings::Topics;
use crate::recorder::Recorder;
use crate::role::Role;
use headwater_integration::history::Outcome;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rdkafka::consumer::{CommitMode, Consumer};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Reads until readers end.
pub(crate) fn run(recorder: Arc<Recorder>, address: &str, role: Role, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    loop {
        let mut holdings = Holdings::start(recorder.clone(), address, role);
        match role {
            Role::Assigned => holdings.assign(&Topics::ALL),
            _ => holdings.subscribe(&Topics::ALL),
        }
        loop {
            let (piece, changed) = holdings.poll(300);
            holdings.record(&piece, Outcome::Ok);
            if recorder.readers_end.load(Ordering::Relaxed) {
                return;
            }
            if role == Role::Assigned {
                continue;
            }
            // A commit that a dead server misses only makes records come again, to whoever holds the partition next.
            if !changed
                && !piece.records.is_empty()
                && let Err(error) = holdings.consumer.commit(&piece.positions(), CommitMode::Async)
            {
                recorder.error(role, "commit", &error);
            }
            // Once all has been written, who is there reads it to its end.
            if random.random_range(0..200) == 0 && !recorder.producers_end.load(Ordering::Relaxed) {
                break;
            }
        }
    }
}
