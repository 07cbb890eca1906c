//! Applications running against the memory log in a simulated world.

mod closing;
mod exactly_once;
mod faulty_log;
#[allow(clippy::disallowed_methods, reason = "this test is about a real file system")]
mod full_disk;
mod lifecycle;
mod order;
mod sizes;
#[allow(clippy::disallowed_methods, reason = "these tests damage real files")]
mod stale_state;
mod watermarks;

use super::{StreamsApp, StreamsHandle, StreamsOptions};
use crate::testing::{Row, Steps};
use crate::topology::{StoreKind, Topology};
use log_client::Log;
use log_env::{Env, Sim, SimDisk};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

/// A simulated machine and the future that a test is.
fn simulate<F: Future<Output = ()>>(seed: u64, test: impl FnOnce(Env) -> F) -> Sim {
    let (env, sim) = Env::simulated_on(seed, SimDisk::new());
    sim.run_until(test(env));
    sim
}

/// Word count over a repartition topic.
fn word_count(kind: StoreKind) -> Topology {
    let mut steps = Steps::default();
    let lines = steps.source("lines", &["text"], Some("dead"));
    let words = steps.operator("words", "split", &[], &[lines]);
    let by_word = steps.repartition("by-word", None, words);
    let store = steps.store("counts", kind);
    let counted = steps.operator("count", "rows", &[store], &[by_word]);
    steps.sink("out", counted);
    steps.0.build().unwrap()
}

fn options(state: &Path) -> StreamsOptions {
    StreamsOptions { threads: 2, ..StreamsOptions::new("app", state) }
}

async fn start(topology: Topology, log: &Arc<dyn Log>, env: &Env, options: StreamsOptions) -> StreamsHandle {
    StreamsApp::start(topology, log.clone(), env.clone(), options).await.unwrap()
}

/// The counts that `lines` give, as the newest row of each word must be, and the number of rows there must be.
fn expected(lines: &[String]) -> (Vec<(String, u64)>, usize) {
    let mut counts = std::collections::BTreeMap::new();
    let words: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
    for word in &words {
        *counts.entry(word.to_string()).or_insert(0) += 1;
    }
    (counts.into_iter().collect(), words.len())
}

/// Checks that every word's rows count up by one without gap or repetition, and end at its count.
fn check_counts(rows: &[Row], lines: &[String]) {
    let (counts, total) = expected(lines);
    assert_eq!(rows.len(), total, "nothing lost, nothing twice");
    for (word, count) in counts {
        let seen: Vec<u64> = rows.iter().filter(|row| row.key.as_deref() == Some(&word)).map(|row| row.value.parse().unwrap()).collect();
        assert_eq!(seen, (1..=count).collect::<Vec<u64>>(), "counts of {word}");
    }
}
