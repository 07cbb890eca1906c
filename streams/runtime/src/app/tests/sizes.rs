//! Records and batches at the limits of their topics.

use super::{options, simulate, start, word_count};
use crate::testing::{Steps, create, header, produce, records, rows, topic};
use crate::topology::{StoreKind, Topology};
use crate::{Error, StreamsOptions};
use log_client::memory::MemoryLog;
use log_client::{Log, NewTopic};
use log_model::{ErrorKind, TopicConfig};
use std::path::Path;
use std::sync::Arc;

async fn log_with_limits(limits: &[(&str, i32)]) -> Arc<dyn Log> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    for (name, max_message_bytes) in limits {
        let config = TopicConfig { max_message_bytes: *max_message_bytes, ..TopicConfig::default() };
        log.admin().create_topic(NewTopic::new(topic(name), 1).with_config(config)).await.unwrap();
    }
    log
}

fn copy(dead_letter: Option<&str>) -> Topology {
    let mut steps = Steps::default();
    let source = steps.source("lines", &["in"], dead_letter);
    steps.sink("out", source);
    steps.0.build().unwrap()
}

#[test]
fn two_legal_records_that_do_not_fit_one_batch_go_in_two() {
    simulate(1, |env| async move {
        let log = log_with_limits(&[("in", 1_048_588)]).await;
        create(log.as_ref(), &[("out", 1), ("dead", 1)]).await;
        let app = start(copy(Some("dead")), &log, &env, options(Path::new("state"))).await;
        let (short, long) = ("s".repeat(200 << 10), "l".repeat(900 << 10));
        produce(log.as_ref(), "in", 0, &[(None, &short, 1), (None, &long, 2), (None, &short, 3)], 1).await;
        app.wait_idle().await.unwrap();
        let sizes: Vec<usize> = rows(log.as_ref(), "out").await.iter().map(|row| row.value.len()).collect();
        assert_eq!(sizes, [200 << 10, 900 << 10, 200 << 10]);
        app.stop().await.unwrap();
    });
}

#[test]
fn a_topic_with_a_small_limit_gets_small_batches() {
    simulate(2, |env| async move {
        let log = log_with_limits(&[("in", 1_048_588), ("out", 300)]).await;
        let app = start(copy(None), &log, &env, options(Path::new("state"))).await;
        let rows_in: Vec<_> = (0..50).map(|time| (Some("key"), "forty bytes or so of text, more or less.", time)).collect();
        produce(log.as_ref(), "in", 0, &rows_in, 10).await;
        app.wait_idle().await.unwrap();
        assert_eq!(rows(log.as_ref(), "out").await.len(), 50);
        app.stop().await.unwrap();
    });
}

#[test]
fn a_record_too_large_for_its_topic_is_a_dead_letter_and_the_application_goes_on() {
    simulate(3, |env| async move {
        let log = log_with_limits(&[("in", 1_048_588), ("out", 500), ("dead", 700)]).await;
        let app = start(copy(Some("dead")), &log, &env, options(Path::new("state"))).await;
        let long = "l".repeat(2000);
        produce(log.as_ref(), "in", 0, &[(None, "a", 1), (Some("k"), &long, 2), (None, "b", 3)], 3).await;
        app.wait_idle().await.unwrap();
        let values: Vec<String> = rows(log.as_ref(), "out").await.into_iter().map(|row| row.value).collect();
        assert_eq!(values, ["a", "b"]);
        let dead = records(log.as_ref(), "dead").await;
        assert_eq!(dead.len(), 1);
        let letter = &dead[0].1;
        assert!(header(letter, "__streams.errors.message").unwrap().contains("where topic out takes 500"));
        assert_eq!(header(letter, "__streams.errors.value.bytes").as_deref(), Some("2000"));
        assert!(letter.value.as_ref().is_some_and(|value| !value.is_empty() && value.len() < 700));
        assert_eq!(app.metrics().dead_letters, 1);
        app.stop().await.unwrap();
    });
}

#[test]
fn an_unreadable_record_larger_than_the_dead_letter_topic_takes_is_kept_in_part() {
    simulate(4, |env| async move {
        let log = log_with_limits(&[("text", 1_048_588), ("dead", 600)]).await;
        let app = start(word_count(StoreKind::Memory), &log, &env, options(Path::new("state"))).await;
        let key = "k".repeat(5000);
        produce(log.as_ref(), "text", 0, &[(Some(&key), "bad", 1), (None, "good", 2)], 2).await;
        app.wait_idle().await.unwrap();
        let dead = records(log.as_ref(), "dead").await;
        assert_eq!(dead[0].1.value.as_deref(), Some(&b"bad"[..]));
        assert_eq!(header(&dead[0].1, "__streams.errors.key.bytes").as_deref(), Some("5000"));
        assert_eq!(rows(log.as_ref(), "out").await.len(), 1);
        app.stop().await.unwrap();
    });
}

#[test]
fn without_a_dead_letter_topic_the_application_says_what_to_raise_and_does_not_try_again() {
    simulate(5, |env| async move {
        let log = log_with_limits(&[("in", 1_048_588), ("out", 500)]).await;
        let app = start(copy(None), &log, &env, options(Path::new("state"))).await;
        produce(log.as_ref(), "in", 0, &[(None, &"l".repeat(2000), 1)], 1).await;
        let error = app.wait_idle().await.unwrap_err();
        assert!(matches!(error, Error::RecordTooLarge { limit_bytes: 500, .. }), "{error}");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(
            error.to_string().ends_with("where topic out takes 500; raise its max.message.bytes and start the application again"),
            "{error}"
        );
    });
}

#[test]
fn rows_between_tasks_and_state_may_be_larger_than_a_topic_takes_by_default() {
    simulate(6, |env| async move {
        let log = log_with_limits(&[("text", 8 << 20), ("out", 8 << 20)]).await;
        let app = start(word_count(StoreKind::Memory), &log, &env, StreamsOptions { ..options(Path::new("state")) }).await;
        let word = "w".repeat(3 << 20);
        produce(log.as_ref(), "text", 0, &[(None, &word, 1), (None, &word, 2)], 1).await;
        app.wait_idle().await.unwrap();
        let counts: Vec<String> = rows(log.as_ref(), "out").await.into_iter().map(|row| row.value).collect();
        assert_eq!(counts, ["1", "2"]);
        app.stop().await.unwrap();
    });
}
