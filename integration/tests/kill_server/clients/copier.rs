//! Copies a topic exactly once: reads as a member of a group, and commits positions and copies in one transaction.

use super::holdings::{Holdings, Piece};
use super::settings::Topics;
use super::transaction::{Plan, Positions, Transactions};
use crate::recorder::Recorder;
use crate::role::Role;
use headwater_integration::history::{Key, Outcome};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rdkafka::consumer::Consumer;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long going back after an abort may take; it happens within this process.
const SEEK_MAX: Duration = Duration::from_secs(5);

/// Copies until copiers end. Each life of the pair of consumer and producer is one client, the producer's.
pub(crate) fn run(recorder: Arc<Recorder>, address: &str, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let id = format!("copier-{seed}");
    while !recorder.copiers_end.load(Ordering::Relaxed) {
        let Some(transactions) = Transactions::start(recorder.clone(), address, Role::Copying, &id) else { return };
        let mut holdings = Holdings::start(recorder.clone(), address, Role::Copying);
        holdings.client = transactions.client;
        holdings.subscribe(&[Topics::PLAIN]);
        // A life ends when something cannot be undone in it, and now and then by chance, as long as others write.
        let goes_on = |random: &mut SmallRng| recorder.producers_end.load(Ordering::Relaxed) || random.random_range(0..500) != 0;
        while !recorder.copiers_end.load(Ordering::Relaxed) && goes_on(&mut random) {
            let (piece, changed) = holdings.poll(100);
            if changed {
                // Everything was taken; whoever is given it begins where the last transaction ended.
                holdings.record(&piece, Outcome::Fail);
            } else if !piece.records.is_empty() && !copy(&transactions, &holdings, &piece, &mut random) {
                break;
            }
        }
    }
}

/// Whether the pair can go on.
fn copy(transactions: &Transactions, holdings: &Holdings, piece: &Piece, random: &mut SmallRng) -> bool {
    let Some(group) = holdings.consumer.group_metadata() else {
        holdings.record(piece, Outcome::Fail);
        return false;
    };
    let copy = |(key, _, value): &(Key, i64, _)| (Key { topic: Topics::COPIED, partition: key.partition }, Some(*value));
    let sends: Vec<_> = piece.records.iter().map(copy).collect();
    let positions = Positions { offsets: piece.positions(), group };
    let plan = if random.random_range(0..10) == 0 { Plan::Abort } else { Plan::Commit };
    let (outcome, goes_on) = transactions.run(&sends, piece, Some(&positions), plan);
    match outcome {
        Outcome::Ok => goes_on,
        Outcome::Info => false,
        Outcome::Fail => goes_on && holdings.consumer.seek_partitions(piece.starts(), SEEK_MAX).is_ok_and(|list| all_moved(&list)),
    }
}

fn all_moved(list: &rdkafka::TopicPartitionList) -> bool {
    list.elements().iter().all(|element| element.error().is_ok())
}
