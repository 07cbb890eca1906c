//! Windows that close a few rows at a time: over several epochs, through failures and restarts, and never earlier for the nodes behind.

use super::faulty_log::{CommitFault, failing_commits};
use super::{options, simulate, start};
use crate::testing::{Row, Steps, create, produce, rows};
use crate::topology::{StoreKind, Topology};
use crate::{DropReason, StreamsOptions};
use log_client::Log;
use log_client::memory::MemoryLog;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const KEYS: usize = 20;

/// Windows that close slowly, and behind them windows that refuse what is late.
fn topology() -> Topology {
    let mut steps = Steps::default();
    let source = steps.source("in", &["in"], None);
    let timed = steps.operator("watermark", "5", &[], &[source]);
    let store = steps.store("windows", StoreKind::Memory);
    let closed = steps.operator("windows-slowly", "10", &[store], &[timed]);
    let store = steps.store("windows-of-windows", StoreKind::Memory);
    let again = steps.operator("windows", "10", &[store], &[closed]);
    steps.sink("out", again);
    steps.0.build().unwrap()
}

async fn log_with_rows() -> Arc<dyn Log> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    create(log.as_ref(), &[("in", 1), ("out", 1)]).await;
    let keys: Vec<String> = (0..KEYS).map(|key| format!("key{key}")).collect();
    for time in [1, 12, 40] {
        let rows: Vec<_> = keys.iter().map(|key| (Some(key.as_str()), "", time)).collect();
        produce(log.as_ref(), "in", 0, &rows, KEYS).await;
    }
    log
}

async fn check(log: &dyn Log) {
    let text = |row: Row| format!("{} {}", row.key.unwrap(), row.value);
    let mut found: Vec<String> = rows(log, "out").await.into_iter().map(text).collect();
    found.sort();
    let mut expected: Vec<String> = (0..KEYS).flat_map(|key| ["0=1", "10=1", "40=1"].map(|window| format!("key{key} {window}"))).collect();
    expected.sort();
    assert_eq!(found, expected);
}

fn small_epochs() -> StreamsOptions {
    StreamsOptions { epoch_bytes: 1, idle_after: None, ..options(Path::new("state")) }
}

#[test]
fn an_epoch_ends_while_windows_are_being_closed() {
    simulate(1, |env| async move {
        let log = log_with_rows().await;
        let app = start(topology(), &log, &env, small_epochs()).await;
        app.wait_idle().await.unwrap();
        // Two windows of 20 rows, three rows a time.
        assert!(app.metrics().epochs >= 2 * KEYS as u64 / 3, "{}", app.metrics().epochs);
        app.close_windows().await.unwrap();
        check(log.as_ref()).await;
        assert_eq!(app.metrics().dropped(DropReason::Late), 0);
        app.stop().await.unwrap();
    });
}

#[test]
fn closing_all_windows_goes_on_after_commits_that_fail() {
    for seed in 0..20 {
        simulate(seed, |env| async move {
            let inner = log_with_rows().await;
            let fault = move |commit: u64| match (commit * 7 + seed) % 4 {
                0 => Some(CommitFault::Refuse),
                1 => Some(CommitFault::Hide),
                _ => None,
            };
            let log: Arc<dyn Log> = failing_commits(inner.clone(), fault);
            let app = start(topology(), &log, &env, small_epochs()).await;
            app.close_windows().await.unwrap();
            check(inner.as_ref()).await;
            app.stop().await.unwrap();
        });
    }
}

#[test]
fn a_restart_in_the_middle_of_closing_changes_nothing() {
    for seed in 0..12 {
        simulate(seed, |env| async move {
            let inner = log_with_rows().await;
            // The log is slow to answer from some commit on, so that the process dies in the middle.
            let dies_at = 3 + seed * 2;
            let log: Arc<dyn Log> = failing_commits(inner.clone(), move |commit| (commit >= dies_at).then_some(CommitFault::Full));
            let app = start(topology(), &log, &env, small_epochs()).await;
            env.clock.sleep(Duration::from_secs(1)).await;
            app.abort().await;
            let app = start(topology(), &inner, &env, small_epochs()).await;
            app.close_windows().await.unwrap();
            check(inner.as_ref()).await;
            assert_eq!(app.metrics().dropped(DropReason::Late), 0);
            app.stop().await.unwrap();
        });
    }
}

#[test]
fn a_restart_in_the_middle_of_closing_all_changes_nothing() {
    for seed in 0..12 {
        simulate(seed, |env| async move {
            let inner = log_with_rows().await;
            let app = start(topology(), &inner, &env, small_epochs()).await;
            app.wait_idle().await.unwrap();
            app.stop().await.unwrap();
            let log: Arc<dyn Log> = failing_commits(inner.clone(), move |commit| (commit > seed).then_some(CommitFault::Full));
            let app = start(topology(), &log, &env, small_epochs()).await;
            {
                let closing = std::pin::pin!(app.close_windows());
                drop(futures::future::select(closing, env.clock.sleep(Duration::from_secs(1))).await);
            }
            app.abort().await;
            let app = start(topology(), &inner, &env, small_epochs()).await;
            app.close_windows().await.unwrap();
            check(inner.as_ref()).await;
            assert_eq!(app.metrics().dropped(DropReason::Late), 0);
            app.stop().await.unwrap();
        });
    }
}
