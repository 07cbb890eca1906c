//! Starting, refusing, failing, fencing, stopping.

use super::{options, simulate, start, word_count};
use crate::testing::{Steps, create, header, produce, records, rows, topic};
use crate::topology::{StoreKind, TopologyError};
use crate::{Error, StreamsApp, StreamsOptions, TaskPhase};
use log_client::Log;
use log_client::memory::MemoryLog;
use log_model::{CleanupPolicy, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn memory_log() -> Arc<dyn Log> {
    Arc::new(MemoryLog::new())
}

#[test]
fn a_start_without_its_source_topic_or_with_a_wrong_option_is_refused() {
    simulate(1, |env| async move {
        let log = memory_log();
        let refused =
            StreamsApp::start(word_count(StoreKind::Memory), log.clone(), env.clone(), options(Path::new("state"))).await.unwrap_err();
        assert!(matches!(refused, Error::Topology(TopologyError::MissingTopic { .. })), "{refused}");
        let wrong = StreamsOptions { threads: 0, ..options(Path::new("state")) };
        let refused = StreamsApp::start(word_count(StoreKind::Memory), log, env, wrong).await.unwrap_err();
        assert_eq!(refused.to_string(), "invalid streams option threads: it takes at least 1");
    });
}

#[test]
fn a_start_with_inputs_that_are_not_co_partitioned_is_refused() {
    simulate(1, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("a", 2), ("b", 3)]).await;
        let mut steps = Steps::default();
        let (left, right) = (steps.source("left", &["a"], None), steps.source("right", &["b"], None));
        let store = steps.store("joined", StoreKind::Memory);
        let joined = steps.operator("count", "join", &[store], &[left, right]);
        steps.sink("out", joined);
        let refused = StreamsApp::start(steps.0.build().unwrap(), log, env, options(Path::new("state"))).await.unwrap_err();
        assert!(matches!(refused, Error::Topology(TopologyError::NotCoPartitioned { left_count: 2, right_count: 3, .. })), "{refused}");
        assert_eq!(refused.kind(), ErrorKind::Invalid);
    });
}

#[test]
fn internal_topics_are_created_with_their_policies() {
    simulate(1, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("text", 3)]).await;
        let app = start(word_count(StoreKind::Memory), &log, &env, options(Path::new("state"))).await;
        for (name, policy) in [
            ("app-by-word-repartition", CleanupPolicy::Delete),
            ("app-counts-changelog", CleanupPolicy::Compact),
            ("out", CleanupPolicy::Delete),
        ] {
            let described = log.admin().describe_topic(&topic(name)).await.unwrap();
            assert_eq!((described.partitions.len(), described.config.cleanup_policy), (3, policy), "{name}");
        }
        app.stop().await.unwrap();
    });
}

#[test]
fn records_of_repartition_topics_are_deleted_once_consumed() {
    simulate(2, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("text", 1)]).await;
        let app = start(word_count(StoreKind::Memory), &log, &env, options(Path::new("state"))).await;
        produce(log.as_ref(), "text", 0, &[(None, "a b c", 1)], 1).await;
        app.wait_idle().await.unwrap();
        app.stop().await.unwrap();
        let described = log.admin().describe_topic(&topic("app-by-word-repartition")).await.unwrap();
        let info = &described.partitions[0];
        assert!(info.log_start == info.high_watermark && info.high_watermark.0 >= 3, "{info:?}");
    });
}

#[test]
fn dead_letters_commit_with_the_epoch_and_keep_the_record() {
    simulate(3, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("text", 1)]).await;
        let app = start(word_count(StoreKind::Memory), &log, &env, options(Path::new("state"))).await;
        produce(log.as_ref(), "text", 0, &[(Some("k"), "a", 1), (Some("k"), "bad", 2), (None, "b", 3)], 3).await;
        app.wait_idle().await.unwrap();
        let dead = records(log.as_ref(), "dead").await;
        assert_eq!(dead.len(), 1);
        let record = &dead[0].1;
        assert_eq!((record.key.as_deref(), record.value.as_deref(), record.timestamp.0), (Some(&b"k"[..]), Some(&b"bad"[..]), 2));
        assert_eq!(header(record, "__streams.errors.offset").as_deref(), Some("1"));
        assert_eq!(header(record, "__streams.errors.message").as_deref(), Some("the value is bad"));
        assert_eq!((app.metrics().dead_letters, rows(log.as_ref(), "out").await.len()), (1, 2));
        app.stop().await.unwrap();
    });
}

#[test]
fn a_newer_instance_fences_the_older_which_stops_with_the_reason() {
    simulate(4, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("text", 1)]).await;
        let older = start(word_count(StoreKind::Memory), &log, &env, options(Path::new("one"))).await;
        produce(log.as_ref(), "text", 0, &[(None, "a", 1)], 1).await;
        older.wait_idle().await.unwrap();
        let newer = start(word_count(StoreKind::Memory), &log, &env, options(Path::new("two"))).await;
        newer.wait_idle().await.unwrap();
        produce(log.as_ref(), "text", 0, &[(None, "a", 2)], 1).await;
        newer.wait_idle().await.unwrap();
        let error = older.ended().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
        let counts: Vec<String> = rows(log.as_ref(), "out").await.into_iter().map(|row| row.value).collect();
        assert_eq!(counts, ["1", "2"]);
        newer.stop().await.unwrap();
    });
}

#[test]
fn a_state_directory_has_one_owner() {
    let state = tempfile::tempdir().unwrap();
    simulate(5, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("text", 1)]).await;
        let first = start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await;
        let refused = StreamsApp::start(word_count(StoreKind::Rocks), log.clone(), env.clone(), options(state.path())).await.unwrap_err();
        assert!(matches!(&refused, Error::StateInUse { owner, .. } if owner.contains("application app")), "{refused}");
        first.stop().await.unwrap();
        start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await.stop().await.unwrap();
    });
}

#[test]
fn a_record_that_nobody_takes_stops_the_application_and_is_named() {
    simulate(6, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("a", 1)]).await;
        let mut steps = Steps::default();
        let source = steps.source("lines", &["a"], None);
        steps.sink("out", source);
        let app = start(steps.0.build().unwrap(), &log, &env, options(Path::new("state"))).await;
        produce(log.as_ref(), "a", 0, &[(None, "good", 1), (None, "bad", 2)], 2).await;
        let error = app.wait_idle().await.unwrap_err();
        assert!(matches!(error, Error::Undeliverable { offset: 1, .. }), "{error}");
        assert!(rows(log.as_ref(), "out").await.is_empty(), "the epoch did not commit");
    });
}

#[test]
fn a_running_application_commits_at_its_interval_and_tells_what_it_does() {
    simulate(7, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("a", 1)]).await;
        let mut steps = Steps::default();
        let source = steps.source("lines", &["a"], None);
        steps.sink("out", source);
        let app = start(steps.0.build().unwrap(), &log, &env, options(Path::new("state"))).await;
        produce(log.as_ref(), "a", 0, &[(None, "x", 1)], 1).await;
        env.clock.sleep(Duration::from_millis(90)).await;
        assert!(rows(log.as_ref(), "out").await.is_empty());
        env.clock.sleep(Duration::from_millis(20)).await;
        assert_eq!(rows(log.as_ref(), "out").await.len(), 1);
        let metrics = app.metrics();
        assert_eq!(metrics.tasks, [("0_0".to_string(), TaskPhase::Running)]);
        assert_eq!((metrics.epochs, metrics.sources[0].position.0, metrics.sources[0].lag), (1, 1, 0));
        app.stop().await.unwrap();
    });
}

#[test]
fn records_deleted_before_they_were_read_are_counted_whether_it_runs_or_not() {
    simulate(8, |env| async move {
        let log = memory_log();
        create(log.as_ref(), &[("a", 1)]).await;
        let topology = || {
            let mut steps = Steps::default();
            let source = steps.source("lines", &["a"], None);
            steps.sink("out", source);
            steps.0.build().unwrap()
        };
        let deleted = |app: &crate::StreamsHandle| app.metrics().dropped(crate::DropReason::Deleted);
        let app = start(topology(), &log, &env, options(Path::new("state"))).await;
        produce(log.as_ref(), "a", 0, &[(None, "0", 1), (None, "1", 2)], 1).await;
        app.wait_idle().await.unwrap();
        // While it runs: appended and deleted before the application gets to look.
        produce(log.as_ref(), "a", 0, &[(None, "2", 1), (None, "3", 2), (None, "4", 3)], 1).await;
        log.admin().delete_records(&topic("a").partition(0), log_model::Offset(4)).await.unwrap();
        app.wait_idle().await.unwrap();
        assert_eq!(deleted(&app), 2);
        app.stop().await.unwrap();
        // While it does not.
        produce(log.as_ref(), "a", 0, &[(None, "5", 1), (None, "6", 2)], 1).await;
        log.admin().delete_records(&topic("a").partition(0), log_model::Offset(6)).await.unwrap();
        let app = start(topology(), &log, &env, options(Path::new("state"))).await;
        app.wait_idle().await.unwrap();
        assert_eq!(deleted(&app), 1);
        let values: Vec<String> = rows(log.as_ref(), "out").await.into_iter().map(|row| row.value).collect();
        assert_eq!(values, ["0", "1", "4", "6"]);
        app.stop().await.unwrap();
    });
}
