//! Cases about reading: positions, limits, turns, waiting.

use super::harness::*;
use crate::{ConsumerOptions, Error, FetchLimit, Isolation, Log, OffsetReset, Position};
use futures::FutureExt;
use log_model::{ErrorKind, Offset};
use std::sync::Arc;

pub async fn positions_are_earliest_latest_and_exact(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    send(&producer, &partition, &["a"]).await;
    send(&producer, &partition, &["b"]).await;
    let mut consumer = log.consumer(ConsumerOptions::default()).await.unwrap();
    for (position, expected) in [(Position::Earliest, &["a", "b"][..]), (Position::At(Offset(1)), &["b"]), (Position::Latest, &[])] {
        consumer.assign(&[(partition.clone(), position)]).await.unwrap();
        assert_eq!(read_values(&mut consumer, expected.len()).await, expected, "{position:?}");
        assert_eq!(consumer.position(&partition), Some(Offset(2)));
    }
    send(&producer, &partition, &["c"]).await;
    assert_eq!(read_values(&mut consumer, 1).await, ["c"]);
}

pub async fn a_position_inside_a_batch_says_what_to_skip(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    send(&producer(&log).await, &partition, &["a", "b", "c"]).await;
    let mut consumer = log.consumer(ConsumerOptions::default()).await.unwrap();
    consumer.assign(&[(partition.clone(), Position::At(Offset(1)))]).await.unwrap();
    assert_eq!(consumer.position(&partition), Some(Offset(1)));
    assert_eq!(read_values(&mut consumer, 2).await, ["b", "c"]);
}

pub async fn seek_moves_back_and_forth(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let partition = topic.partition(0);
    let producer = producer(&log).await;
    for text in ["a", "b", "c"] {
        send(&producer, &partition, &[text]).await;
    }
    let mut consumer = reader(&log, std::slice::from_ref(&partition)).await;
    assert_eq!(read_values(&mut consumer, 3).await, ["a", "b", "c"]);
    consumer.seek(&partition, Position::At(Offset(1))).await.unwrap();
    assert_eq!(read_values(&mut consumer, 2).await, ["b", "c"]);
    consumer.seek(&partition, Position::Earliest).await.unwrap();
    assert_eq!(read_values(&mut consumer, 3).await, ["a", "b", "c"]);
    consumer.seek(&partition, Position::Latest).await.unwrap();
    assert_eq!(read_values(&mut consumer, 0).await, [""; 0]);
    assert_eq!(consumer.seek(&topic.partition(1), Position::Earliest).await.unwrap_err().kind(), ErrorKind::Invalid);
}

pub async fn nothing_committed_means_the_reset_rule(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    send(&producer(&log).await, &partition, &["a"]).await;
    for (reset, expected) in [(OffsetReset::Earliest, &["a"][..]), (OffsetReset::Latest, &[])] {
        let mut consumer = log.consumer(options("g", reset)).await.unwrap();
        consumer.assign(&[(partition.clone(), Position::Committed)]).await.unwrap();
        assert_eq!(read_values(&mut consumer, expected.len()).await, expected, "{reset:?}");
    }
    let mut consumer = log.consumer(options("g", OffsetReset::Fail)).await.unwrap();
    let failed = match consumer.assign(&[(partition.clone(), Position::Committed)]).await {
        Ok(()) => consumer.poll(FetchLimit::default()).await.map(drop),
        refused => refused,
    };
    assert!(matches!(failed, Err(Error::OffsetOutOfRange { .. })), "{failed:?}");
}

pub async fn a_position_that_is_gone_means_the_reset_rule(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    for text in ["a", "b", "c", "d"] {
        send(&producer, &partition, &[text]).await;
    }
    let mut earliest = log.consumer(options("g", OffsetReset::Earliest)).await.unwrap();
    let mut fail = log.consumer(options("g", OffsetReset::Fail)).await.unwrap();
    for consumer in [&mut earliest, &mut fail] {
        consumer.assign(&[(partition.clone(), Position::At(Offset(1)))]).await.unwrap();
    }
    log.admin().delete_records(&partition, Offset(3)).await.unwrap();
    assert_eq!(read_values(&mut earliest, 1).await, ["d"]);
    let failed = fail.poll(FetchLimit::default()).await.unwrap_err();
    assert!(matches!(failed, Error::OffsetOutOfRange { offset: Offset(1), log_start: Offset(3), .. }), "{failed}");
    fail.seek(&partition, Position::Earliest).await.unwrap();
    assert_eq!(read_values(&mut fail, 1).await, ["d"]);
}

pub async fn paused_partitions_are_silent_until_resumed(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let (first, second) = (topic.partition(0), topic.partition(1));
    let producer = producer(&log).await;
    let mut consumer = reader(&log, &[first.clone(), second.clone()]).await;
    consumer.pause(std::slice::from_ref(&first), true);
    send(&producer, &first, &["one"]).await;
    send(&producer, &second, &["two"]).await;
    assert_eq!(read_values(&mut consumer, 1).await, ["two"]);
    consumer.pause(std::slice::from_ref(&first), false);
    assert_eq!(read_values(&mut consumer, 1).await, ["one"]);
}

pub async fn a_poll_keeps_its_limit_but_returns_at_least_one_batch(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    for _ in 0..4 {
        send(&producer, &partition, &[&"x".repeat(1000)]).await;
    }
    let mut consumer = reader(&log, &[partition]).await;
    for (max_bytes, expected) in [(1, 1), (2500, 2), (10_000, 1), (10_000, 0)] {
        let poll = consumer.poll(FetchLimit { max_bytes, max_partition_bytes: max_bytes }).await.unwrap();
        assert_eq!(poll.batches.len(), expected, "{max_bytes}");
    }
}

pub async fn a_poll_names_the_partitions_it_read_to_their_end_and_no_others(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 22).await;
    let partitions: Vec<_> = (0..22).map(|index| topic.partition(index)).collect();
    let producer = producer(&log).await;
    // The last two: an empty one and a paused one.
    for partition in partitions[..20].iter().chain(&partitions[21..]) {
        for _ in 0..3 {
            send(&producer, partition, &[&"x".repeat(500)]).await;
        }
    }
    let mut consumer = reader(&log, &partitions).await;
    consumer.pause(&partitions[21..], true);
    let mut at_end = std::collections::BTreeSet::new();
    for _ in 0..100 {
        // Room for a few batches, and never for all of one partition.
        let poll = consumer.poll(FetchLimit { max_bytes: 2500, max_partition_bytes: 1300 }).await.unwrap();
        at_end = poll.at_end.into_iter().collect();
        for (index, partition) in partitions.iter().enumerate() {
            let ends_at = if index == 20 { Offset(0) } else { Offset(3) };
            let is_read = consumer.position(partition) == Some(ends_at);
            assert!(is_read || !at_end.contains(partition), "{partition} has more");
        }
        if at_end.len() == 21 {
            break;
        }
    }
    assert_eq!(at_end.into_iter().collect::<Vec<_>>(), partitions[..21]);
    consumer.pause(&partitions[21..], false);
    assert_eq!(read_values(&mut consumer, 3).await.len(), 3);
}

pub async fn partitions_take_turns(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 3).await;
    let producer = producer(&log).await;
    let partitions: Vec<_> = (0..3).map(|index| topic.partition(index)).collect();
    for partition in &partitions {
        for _ in 0..10 {
            send(&producer, partition, &["x"]).await;
        }
    }
    let mut consumer = reader(&log, &partitions).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let poll = consumer.poll(FetchLimit { max_bytes: 1, max_partition_bytes: 1 }).await.unwrap();
        seen.extend(poll.batches.into_iter().map(|fetched| fetched.partition));
    }
    assert!(seen.into_iter().eq(partitions), "each partition has its turn within three polls");
}

pub async fn ready_resolves_when_a_batch_arrives(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    let mut consumer = reader(&log, std::slice::from_ref(&partition)).await;
    for round in 0..5 {
        // Whatever was left over from before is taken first.
        while consumer.ready().now_or_never().is_some() {
            assert_eq!(poll(&mut consumer).await.0, []);
        }
        let text = round.to_string();
        let texts = [text.as_str()];
        let (_, ()) = futures::join!(send(&producer, &partition, &texts), consumer.ready());
        assert_eq!(read_values(&mut consumer, 1).await, [text]);
    }
}

pub async fn ready_resolves_at_once_while_there_is_more(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    for _ in 0..3 {
        send(&producer, &partition, &["x"]).await;
    }
    let mut consumer = reader(&log, &[partition]).await;
    for _ in 0..3 {
        consumer.ready().await;
        let poll = consumer.poll(FetchLimit { max_bytes: 1, max_partition_bytes: 1 }).await.unwrap();
        assert_eq!(poll.batches.len(), 1);
    }
}

pub async fn the_end_tells_the_lag(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = producer(&log).await;
    for _ in 0..3 {
        send(&producer, &partition, &["x", "y"]).await;
    }
    let poll = reader(&log, &[partition]).await.poll(FetchLimit::default()).await.unwrap();
    assert!(poll.batches.iter().all(|fetched| fetched.end == Offset(6)));
    assert!(poll.batches.iter().map(|fetched| fetched.from).eq([Offset(0), Offset(2), Offset(4)]));
}

pub async fn assign_replaces_and_checks(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let (first, second) = (topic.partition(0), topic.partition(1));
    let mut consumer = reader(&log, std::slice::from_ref(&first)).await;
    assert_eq!(consumer.assignment(), std::slice::from_ref(&first));
    consumer.assign(&[(second.clone(), Position::Earliest)]).await.unwrap();
    assert_eq!(consumer.assignment(), std::slice::from_ref(&second));
    assert_eq!(consumer.position(&first), None);
    let twice = [(first.clone(), Position::Earliest), (first, Position::Latest)];
    assert_eq!(consumer.assign(&twice).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(consumer.assignment(), [second]);
}

pub async fn both_isolations_read_what_is_decided(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let transactional = transactional(&log, "app").await;
    for (text, commit) in [("a", true), ("never", false), ("b", true)] {
        transactional.begin().await.unwrap();
        drop(transactional.send(&partition, batch(&[text])).await.unwrap());
        if commit { transactional.commit().await.unwrap() } else { transactional.abort().await.unwrap() }
    }
    let mut committed = reader(&log, std::slice::from_ref(&partition)).await;
    assert_eq!(read_values(&mut committed, 2).await, ["a", "b"]);
    let mut all = log.consumer(ConsumerOptions { isolation: Isolation::ReadUncommitted, ..Default::default() }).await.unwrap();
    all.assign(&[(partition, Position::Earliest)]).await.unwrap();
    let mut values: Vec<String> = Vec::new();
    while values.last().is_none_or(|value| value != "b") {
        all.ready().await;
        values.extend(poll(&mut all).await.0.into_iter().map(|(_, _, value)| value));
    }
    values.retain(|value| value != "never");
    assert_eq!(values, ["a", "b"]);
}

pub async fn a_closed_consumer_is_closed(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let mut consumer = reader(&log, &[partition]).await;
    consumer.close().await.unwrap();
    consumer.close().await.unwrap();
    assert_eq!(consumer.poll(FetchLimit::default()).await.unwrap_err().kind(), ErrorKind::Closed);
    consumer.ready().await;
}
