//! Cases about transactions: atomicity, isolation, fencing, consumed positions.

use super::harness::*;
use crate::Log;
use log_model::{ErrorKind, Offset};
use std::sync::Arc;

pub async fn nothing_is_visible_before_the_commit(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 2).await;
    let (first, second) = (topic.partition(0), topic.partition(1));
    let plain = producer(&log).await;
    let transactional = transactional(&log, "app").await;
    transactional.begin().await.unwrap();
    let delivery = transactional.send(&first, batch(&["in"])).await.unwrap();
    send(&plain, &second, &["outside"]).await;
    let mut consumer = reader(&log, &[first, second]).await;
    assert_eq!(read_values(&mut consumer, 1).await, ["outside"]);
    transactional.commit().await.unwrap();
    assert_eq!(delivery.await.unwrap(), Offset(0));
    assert_eq!(read_values(&mut consumer, 1).await, ["in"]);
}

pub async fn a_commit_shows_all_partitions(log: Arc<dyn Log>) {
    let topic = topic(&log, "t", 5).await;
    let producer = transactional(&log, "app").await;
    producer.begin().await.unwrap();
    let mut deliveries = Vec::new();
    for round in 0..2 {
        for index in 0..5 {
            let text = format!("{index}.{round}");
            deliveries.push(producer.send(&topic.partition(index), batch(&[&text, &text])).await.unwrap());
        }
    }
    producer.commit().await.unwrap();
    for (n, delivery) in deliveries.into_iter().enumerate() {
        assert_eq!(delivery.await.unwrap(), Offset(if n < 5 { 0 } else { 2 }));
    }
    for index in 0..5 {
        let expected: Vec<String> = [0, 0, 1, 1].iter().map(|round| format!("{index}.{round}")).collect();
        assert_eq!(values_of(&log, &topic.partition(index), 4).await, expected);
    }
}

pub async fn an_aborted_transaction_leaves_nothing(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = transactional(&log, "app").await;
    producer.begin().await.unwrap();
    let lost = producer.send(&partition, batch(&["never"])).await.unwrap();
    producer.abort().await.unwrap();
    assert!(lost.await.is_err());
    producer.begin().await.unwrap();
    drop(producer.send(&partition, batch(&["kept"])).await.unwrap());
    producer.commit().await.unwrap();
    assert_eq!(values_of(&log, &partition, 1).await, ["kept"]);
}

pub async fn an_empty_transaction_commits(log: Arc<dyn Log>) {
    let producer = transactional(&log, "app").await;
    producer.begin().await.unwrap();
    producer.commit().await.unwrap();
    producer.begin().await.unwrap();
    producer.abort().await.unwrap();
}

pub async fn misuse_is_refused(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let plain = producer(&log).await;
    assert_eq!(plain.begin().await.unwrap_err().kind(), ErrorKind::Invalid);
    let producer = transactional(&log, "app").await;
    assert_eq!(producer.send(&partition, batch(&["a"])).await.err().unwrap().kind(), ErrorKind::Invalid);
    assert_eq!(producer.commit().await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(producer.abort().await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(producer.send_offsets(&unmanaged("g"), vec![]).await.unwrap_err().kind(), ErrorKind::Invalid);
    producer.begin().await.unwrap();
    assert_eq!(producer.begin().await.unwrap_err().kind(), ErrorKind::Invalid);
    producer.commit().await.unwrap();
}

pub async fn a_newer_producer_fences_the_older(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let older = transactional(&log, "app").await;
    older.begin().await.unwrap();
    let other = transactional(&log, "other app").await;
    let newer = transactional(&log, "app").await;
    assert_eq!(older.send(&partition, batch(&["late"])).await.err().unwrap().kind(), ErrorKind::Fenced);
    assert_eq!(older.commit().await.unwrap_err().kind(), ErrorKind::Fenced);
    for producer in [&newer, &other] {
        producer.begin().await.unwrap();
        drop(producer.send(&partition, batch(&["fine"])).await.unwrap());
        producer.commit().await.unwrap();
    }
    assert_eq!(values_of(&log, &partition, 2).await, ["fine", "fine"]);
    assert_eq!(older.begin().await.unwrap_err().kind(), ErrorKind::Fenced);
}

pub async fn a_fenced_transaction_never_appears(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let older = transactional(&log, "app").await;
    older.begin().await.unwrap();
    let lost = older.send(&partition, batch(&["zombie"])).await.unwrap();
    older.send_offsets(&unmanaged("g"), vec![(partition.clone(), at(9))]).await.unwrap();
    let newer = transactional(&log, "app").await;
    assert_eq!(older.commit().await.unwrap_err().kind(), ErrorKind::Fenced);
    drop(older);
    assert!(lost.await.is_err());
    newer.begin().await.unwrap();
    drop(newer.send(&partition, batch(&["alive"])).await.unwrap());
    newer.commit().await.unwrap();
    assert_eq!(values_of(&log, &partition, 1).await, ["alive"]);
    assert_eq!(committed(&log, "g", &partition).await, None);
}

pub async fn positions_become_committed_with_the_transaction(log: Arc<dyn Log>) {
    let input = topic(&log, "in", 2).await;
    let output = topic(&log, "out", 1).await.partition(0);
    let producer = transactional(&log, "app").await;
    producer.begin().await.unwrap();
    drop(producer.send(&output, batch(&["result"])).await.unwrap());
    producer.send_offsets(&unmanaged("app"), vec![(input.partition(0), at(3)), (input.partition(1), at(7))]).await.unwrap();
    producer.send_offsets(&unmanaged("app"), vec![(input.partition(0), at(4))]).await.unwrap();
    assert_eq!(committed(&log, "app", &input.partition(0)).await, None);
    producer.commit().await.unwrap();
    assert_eq!(committed(&log, "app", &input.partition(0)).await, Some(Offset(4)));
    assert_eq!(committed(&log, "app", &input.partition(1)).await, Some(Offset(7)));
    assert_eq!(values_of(&log, &output, 1).await, ["result"]);
}

pub async fn aborted_positions_are_not_committed(log: Arc<dyn Log>) {
    let input = topic(&log, "in", 1).await.partition(0);
    let producer = transactional(&log, "app").await;
    producer.begin().await.unwrap();
    producer.send_offsets(&unmanaged("app"), vec![(input.clone(), at(3))]).await.unwrap();
    producer.abort().await.unwrap();
    assert_eq!(committed(&log, "app", &input).await, None);
}

pub async fn positions_of_a_lost_partition_fence_the_transaction(log: Arc<dyn Log>) {
    let input = topic(&log, "in", 2).await;
    let output = topic(&log, "out", 1).await.partition(0);
    let mut old = member(&log, "app", std::slice::from_ref(&input)).await;
    assert_eq!(poll(&mut old).await.1.unwrap().assigned.len(), 2);
    let producer = transactional(&log, "app").await;
    producer.begin().await.unwrap();
    let lost = producer.send(&output, batch(&["stale"])).await.unwrap();
    let positions = (0..2).map(|index| (input.partition(index), at(1))).collect();
    producer.send_offsets(&old.group_metadata().unwrap(), positions).await.unwrap();
    let _newer = member(&log, "app", std::slice::from_ref(&input)).await;
    assert_eq!(poll(&mut old).await.1.unwrap().revoked.len(), 1);
    poll(&mut old).await;
    assert_eq!(producer.commit().await.unwrap_err().kind(), ErrorKind::Fenced);
    producer.abort().await.unwrap();
    assert!(lost.await.is_err());
    assert_eq!(committed(&log, "app", &input.partition(0)).await, None);
    // The producer itself is not fenced.
    producer.begin().await.unwrap();
    drop(producer.send(&output, batch(&["fresh"])).await.unwrap());
    producer.commit().await.unwrap();
    assert_eq!(values_of(&log, &output, 1).await, ["fresh"]);
}

pub async fn transactions_of_one_producer_keep_their_order(log: Arc<dyn Log>) {
    let partition = topic(&log, "t", 1).await.partition(0);
    let producer = transactional(&log, "app").await;
    let texts: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    for text in &texts {
        producer.begin().await.unwrap();
        drop(producer.send(&partition, batch(&[text])).await.unwrap());
        producer.commit().await.unwrap();
    }
    assert_eq!(values_of(&log, &partition, 20).await, texts);
}

pub async fn a_transaction_into_a_deleted_topic_stores_nothing(log: Arc<dyn Log>) {
    let (kept, gone) = (topic(&log, "kept", 1).await.partition(0), topic(&log, "gone", 1).await);
    let producer = transactional(&log, "app").await;
    producer.begin().await.unwrap();
    drop(producer.send(&kept, batch(&["half"])).await.unwrap());
    drop(producer.send(&gone.partition(0), batch(&["other half"])).await.unwrap());
    log.admin().delete_topic(&gone).await.unwrap();
    assert_eq!(producer.commit().await.unwrap_err().kind(), ErrorKind::Missing);
    producer.abort().await.unwrap();
    send(&super::harness::producer(&log).await, &kept, &["alone"]).await;
    assert_eq!(values_of(&log, &kept, 1).await, ["alone"]);
}
