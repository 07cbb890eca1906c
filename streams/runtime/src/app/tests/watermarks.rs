//! Watermarks through repartition topics, idleness, closing windows.

use super::{options, simulate, start};
use crate::StreamsOptions;
use crate::testing::{Row, Steps, create, produce, rows};
use crate::topology::{StoreKind, Topology};
use log_client::Log;
use log_client::memory::MemoryLog;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Two upstream tasks with watermarks of their own, windows behind a repartition topic of three partitions.
fn windows(kind: StoreKind) -> Topology {
    let mut steps = Steps::default();
    let source = steps.source("in", &["in"], None);
    let timed = steps.operator("watermark", "5", &[], &[source]);
    let by_key = steps.repartition("by-key", Some(3), timed);
    let store = steps.store("windows", kind);
    let closed = steps.operator("windows", "10", &[store], &[by_key]);
    steps.sink("out", closed);
    steps.0.build().unwrap()
}

async fn log_with_topics() -> Arc<dyn Log> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    create(log.as_ref(), &[("in", 2), ("out", 1)]).await;
    log
}

async fn sorted(log: &dyn Log) -> Vec<String> {
    let text = |row: Row| format!("{} {}", row.key.unwrap(), row.value);
    let mut found: Vec<String> = rows(log, "out").await.into_iter().map(text).collect();
    found.sort();
    found
}

fn patient() -> StreamsOptions {
    StreamsOptions { idle_after: None, ..options(Path::new("state")) }
}

#[test]
fn windows_close_only_when_every_upstream_task_has_passed_them() {
    simulate(1, |env| async move {
        let log = log_with_topics().await;
        let app = start(windows(StoreKind::Memory), &log, &env, patient()).await;
        produce(log.as_ref(), "in", 0, &[(Some("a"), "", 1), (Some("b"), "", 2), (Some("a"), "", 50)], 1).await;
        app.wait_idle().await.unwrap();
        assert!(sorted(log.as_ref()).await.is_empty(), "the other upstream task may still be at 0");
        produce(log.as_ref(), "in", 1, &[(Some("a"), "", 3), (Some("c"), "", 16)], 1).await;
        app.wait_idle().await.unwrap();
        assert_eq!(sorted(log.as_ref()).await, ["a 0=2", "b 0=1"]);
        app.close_windows().await.unwrap();
        assert_eq!(sorted(log.as_ref()).await, ["a 0=2", "a 50=1", "b 0=1", "c 10=1"]);
        app.close_windows().await.unwrap();
        assert_eq!(sorted(log.as_ref()).await.len(), 4, "closing again emits nothing");
        app.stop().await.unwrap();
    });
}

#[test]
fn an_idle_upstream_task_holds_up_nobody_after_a_while() {
    simulate(2, |env| async move {
        let log = log_with_topics().await;
        let options = StreamsOptions { idle_after: Some(Duration::from_secs(10)), ..options(Path::new("state")) };
        let app = start(windows(StoreKind::Memory), &log, &env, options).await;
        env.clock.sleep(Duration::from_secs(5)).await;
        produce(log.as_ref(), "in", 0, &[(Some("a"), "", 1), (Some("a"), "", 50)], 1).await;
        env.clock.sleep(Duration::from_secs(4)).await;
        assert!(sorted(log.as_ref()).await.is_empty());
        env.clock.sleep(Duration::from_secs(2)).await;
        assert_eq!(sorted(log.as_ref()).await, ["a 0=1"]);
        app.stop().await.unwrap();
    });
}

#[test]
fn watermarks_survive_restarts_of_the_application() {
    for (seed, kind) in [(3, StoreKind::Memory), (4, StoreKind::Rocks)] {
        let state = tempfile::tempdir().unwrap();
        simulate(seed, |env| async move {
            let log = log_with_topics().await;
            let options = StreamsOptions { idle_after: None, ..options(state.path()) };
            let app = start(windows(kind), &log, &env, options.clone()).await;
            produce(log.as_ref(), "in", 0, &[(Some("a"), "", 1), (Some("a"), "", 30)], 1).await;
            app.wait_idle().await.unwrap();
            app.stop().await.unwrap();
            let app = start(windows(kind), &log, &env, options.clone()).await;
            produce(log.as_ref(), "in", 1, &[(Some("a"), "", 2), (Some("a"), "", 16)], 1).await;
            app.wait_idle().await.unwrap();
            assert_eq!(sorted(log.as_ref()).await, ["a 0=2"], "the first partition's watermark was known");
            app.stop().await.unwrap();
            let app = start(windows(kind), &log, &env, options).await;
            produce(log.as_ref(), "in", 0, &[(Some("a"), "", 5)], 1).await;
            app.close_windows().await.unwrap();
            assert_eq!(sorted(log.as_ref()).await, ["a 0=2", "a 10=1", "a 30=1"], "late before the restart is late after it");
            app.stop().await.unwrap();
        });
    }
}

#[test]
fn results_are_the_same_whatever_the_batches_and_the_schedule() {
    let mut seen = Vec::new();
    for (seed, batch, epoch_bytes) in [(10, 1, 100), (11, 3, 1 << 20), (12, 100, 300), (13, 7, 1)] {
        simulate(seed, |env| {
            let seen = &mut seen;
            async move {
                let log = log_with_topics().await;
                let app = start(windows(StoreKind::Memory), &log, &env, StreamsOptions { epoch_bytes, ..patient() }).await;
                for partition in 0..2 {
                    let keys = ["a", "b", "c", "d"];
                    let rows: Vec<_> = (0..60).map(|row| (Some(keys[row % 4]), "", (row as i64) * 2 - (row as i64 % 3))).collect();
                    produce(log.as_ref(), "in", partition, &rows, batch).await;
                }
                app.close_windows().await.unwrap();
                assert_eq!(app.metrics().dropped(crate::DropReason::Late), 0);
                seen.push(sorted(log.as_ref()).await);
                app.stop().await.unwrap();
            }
        });
    }
    assert!(seen[0].len() > 40 && seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
}
