//! Nothing lost and nothing twice, whatever fails and whenever the application is started again.

use super::faulty_log::{CommitFault, failing_calls, failing_commits};
use super::{check_counts, options, simulate, start, word_count};
use crate::StreamsOptions;
use crate::testing::{create, produce, records, rows};
use crate::topology::StoreKind;
use log_client::memory::MemoryLog;
use log_client::{Error, Log};
use log_testkit::Call;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

async fn log_with_topics() -> Arc<dyn Log> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    create(log.as_ref(), &[("text", 3), ("out", 2)]).await;
    log
}

fn lines(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(|line| format!("w{} w{} all", line % 7, line % 3)).collect()
}

async fn feed(log: &dyn Log, lines: &[String], batch: usize) {
    for partition in 0..3 {
        let mine = lines.iter().enumerate().filter(|(line, _)| line % 3 == partition);
        let mine: Vec<_> = mine.map(|(line, text)| (None, text.as_str(), line as i64)).collect();
        produce(log, "text", partition as i32, &mine, batch).await;
    }
}

#[test]
fn an_application_counts_words_over_several_partitions() {
    let state = tempfile::tempdir().unwrap();
    simulate(1, |env| async move {
        let log = log_with_topics().await;
        let lines = lines(0, 100);
        feed(log.as_ref(), &lines, 7).await;
        let app = start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await;
        app.wait_idle().await.unwrap();
        check_counts(&rows(log.as_ref(), "out").await, &lines);
        let metrics = app.metrics();
        assert_eq!(metrics.sources.iter().map(|source| source.lag).sum::<i64>(), 0);
        assert_eq!(metrics.nodes.iter().find(|node| node.name == "lines").unwrap().rows_in, 100);
        app.stop().await.unwrap();
    });
}

#[test]
fn commits_that_fail_in_any_way_lose_nothing_and_repeat_nothing() {
    for (seed, kind) in [(1, StoreKind::Memory), (2, StoreKind::Rocks), (3, StoreKind::Memory), (4, StoreKind::Rocks)] {
        let state = tempfile::tempdir().unwrap();
        simulate(seed, |env| async move {
            let inner = log_with_topics().await;
            let fault = move |commit: u64| match (commit + seed) % 7 {
                2 => Some(CommitFault::Refuse),
                4 => Some(CommitFault::Hide),
                5 => Some(CommitFault::Full),
                _ => None,
            };
            let log: Arc<dyn Log> = failing_commits(inner.clone(), fault);
            let options = StreamsOptions { epoch_bytes: 400, ..options(state.path()) };
            let app = start(word_count(kind), &log, &env, options).await;
            let mut all = Vec::new();
            for round in 0..4 {
                let more = lines(round * 30, 30);
                feed(inner.as_ref(), &more, 4).await;
                all.extend(more);
                app.wait_idle().await.unwrap();
            }
            check_counts(&rows(inner.as_ref(), "out").await, &all);
            app.stop().await.unwrap();
        });
    }
}

#[test]
fn calls_that_fail_within_an_epoch_or_a_restore_lose_nothing_and_repeat_nothing() {
    for (seed, kind) in [(1, StoreKind::Memory), (2, StoreKind::Rocks), (3, StoreKind::Memory)] {
        let state = tempfile::tempdir().unwrap();
        simulate(seed, |env| async move {
            let inner = log_with_topics().await;
            // What passes, at every kind of call; and now and then what a new task must mend. Restores poll too.
            let fault = move |call: Call, number: u64| match (call, (number + seed) % 11) {
                (_, 3) => Some(Error::Retry { reason: "told so".into() }),
                (_, 7) => Some(Error::Full { location: "test".into(), reason: "told so".into() }),
                (Call::Send | Call::SendOffsets, 9) => Some(Error::Invalid { reason: "told so".into() }),
                _ => None,
            };
            let log: Arc<dyn Log> = failing_calls(inner.clone(), fault);
            let mut all = Vec::new();
            for round in 0..3 {
                let options = StreamsOptions { epoch_bytes: 3000, ..options(&state.path().join(round.to_string())) };
                let app = start(word_count(kind), &log, &env, options).await;
                let more = lines(round * 30, 30);
                feed(inner.as_ref(), &more, 4).await;
                all.extend(more);
                app.wait_idle().await.unwrap();
                check_counts(&rows(inner.as_ref(), "out").await, &all);
                app.stop().await.unwrap();
            }
        });
    }
}

#[test]
fn a_commit_that_never_succeeds_fails_the_application_with_the_reason() {
    let state = tempfile::tempdir().unwrap();
    simulate(5, |env| async move {
        let inner = log_with_topics().await;
        feed(inner.as_ref(), &lines(0, 9), 3).await;
        let log: Arc<dyn Log> = failing_commits(inner.clone(), |_| Some(CommitFault::Refuse));
        let app = start(word_count(StoreKind::Memory), &log, &env, options(state.path())).await;
        let error = app.wait_idle().await.unwrap_err();
        assert_eq!(error.to_string(), "invalid request: refused by the test");
        assert_eq!(app.failed().unwrap().to_string(), error.to_string());
        assert!(rows(inner.as_ref(), "out").await.is_empty());
        assert!(app.stop().await.is_err());
    });
}

/// What happens between two starts.
#[derive(Clone, Debug)]
struct Life {
    lines: usize,
    batch: usize,
    /// Milliseconds until the process dies; none: it is stopped when idle.
    dies_after_ms: Option<u64>,
    loses_state: bool,
    memory: bool,
}

fn life() -> impl Strategy<Value = Life> {
    (1usize..40, 1usize..9, proptest::option::of(0u64..400), any::<bool>(), any::<bool>())
        .prop_map(|(lines, batch, dies_after_ms, loses_state, memory)| Life { lines, batch, dies_after_ms, loses_state, memory })
}

fn survive(seed: u64, lives: &[Life]) {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().to_path_buf();
    simulate(seed, |env| async move {
        let log = log_with_topics().await;
        let mut all = Vec::new();
        for (number, life) in lives.iter().enumerate() {
            let kind = if life.memory { StoreKind::Memory } else { StoreKind::Rocks };
            let flush_interval = Duration::from_millis(150);
            let options = StreamsOptions {
                epoch_bytes: 600,
                flush_interval,
                ..options(&path.join(if life.loses_state { number.to_string() } else { "kept".into() }))
            };
            let app = start(word_count(kind), &log, &env, options).await;
            let more = lines(all.len(), life.lines);
            feed(log.as_ref(), &more, life.batch).await;
            all.extend(more);
            match life.dies_after_ms {
                Some(ms) => {
                    env.clock.sleep(Duration::from_millis(ms)).await;
                    app.abort().await;
                }
                None => {
                    app.wait_idle().await.unwrap();
                    check_counts(&rows(log.as_ref(), "out").await, &all);
                    app.stop().await.unwrap();
                }
            }
        }
        let app = start(word_count(StoreKind::Rocks), &log, &env, options(&path.join("kept"))).await;
        app.wait_idle().await.unwrap();
        check_counts(&rows(log.as_ref(), "out").await, &all);
        app.stop().await.unwrap();
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn lives_that_end_anywhere_with_or_without_their_state_add_up(seed in any::<u64>(), lives in proptest::collection::vec(life(), 1..5)) {
        survive(seed, &lives);
    }
}

#[test]
fn state_that_was_stored_is_not_replayed_and_a_deleted_directory_is_rebuilt() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().to_path_buf();
    simulate(6, |env| async move {
        let log = log_with_topics().await;
        let all = lines(0, 60);
        feed(log.as_ref(), &all, 10).await;
        let app = start(word_count(StoreKind::Rocks), &log, &env, options(&path.join("first"))).await;
        app.wait_idle().await.unwrap();
        app.stop().await.unwrap();
        let logged = records(log.as_ref(), "app-counts-changelog").await.len() as u64;
        assert!(logged >= 8, "one for each word at least");
        for (directory, wanted) in [("first", 0), ("second", logged)] {
            let app = start(word_count(StoreKind::Rocks), &log, &env, options(&path.join(directory))).await;
            app.wait_idle().await.unwrap();
            assert_eq!(app.metrics().restored, wanted, "changelog records replayed in {directory}");
            app.stop().await.unwrap();
        }
        check_counts(&rows(log.as_ref(), "out").await, &all);
    });
}
