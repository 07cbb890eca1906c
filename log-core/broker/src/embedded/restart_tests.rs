//! What survives the end of a process or the loss of power, and how the log behaves when its disk does not.

use crate::embedded::contract_tests::small;
use crate::embedded::test_world::{World, batch, batches, create, position, reader, send, topic, transactional, unmanaged, values};
use crate::{EmbeddedLog, EmbeddedOptions};
use log_client::{ConsumerOptions, FetchLimit, Log, NewTopic, OffsetReset, ProducerOptions};
use log_env::{Disk, Env, OpenMode, SimDisk};
use log_model::{ErrorKind, GroupId, Offset, TopicConfig, TopicPartition};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Fills a log: a topic with a configuration, plain batches, a commit by a consumer and one by a transaction.
async fn fill(log: &EmbeddedLog) -> TopicPartition {
    let config = TopicConfig::from_entries([("retention.ms", "123456")]).unwrap();
    log.admin().create_topic(NewTopic::new(topic("t"), 2).with_config(config)).await.unwrap();
    let partition = topic("t").partition(0);
    let plain = log.producer(ProducerOptions::default()).await.unwrap();
    for value in ["a", "b"] {
        send(&plain, &partition, value).await.unwrap();
    }
    let mut consumer = log.consumer(ConsumerOptions { group: Some(GroupId::new("readers")), ..Default::default() }).await.unwrap();
    consumer.commit(vec![(partition.clone(), position(1))]).await.unwrap();
    let app = transactional(log, "app").await;
    app.begin().await.unwrap();
    drop(app.send(&partition, batch("c")).await.unwrap());
    app.send_offsets(&unmanaged(), vec![(partition.clone(), position(2))]).await.unwrap();
    app.commit().await.unwrap();
    partition
}

async fn check_filled(log: &EmbeddedLog, partition: &TopicPartition) {
    let described = log.admin().describe_topic(&partition.topic).await.unwrap();
    assert_eq!((described.config.retention_ms, described.partitions.len()), (123_456, 2));
    assert_eq!(values(log, partition).await, ["a", "b", "c"]);
    for (group, offset) in [("readers", 1), ("app", 2)] {
        assert_eq!(log.admin().committed(&GroupId::new(group)).await.unwrap()[partition], position(offset), "{group}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    for seed in 0..20 {
        let world = World::new(seed);
        let partition = world.run(fill(world.log()));
        let world = world.power_cut(seed + 100);
        world.run(check_filled(world.log(), &partition));
        let world = world.power_cut(seed + 200);
        world.run(check_filled(world.log(), &partition));
    }
}

#[test]
fn what_was_stored_survives_a_clean_close() {
    let world = World::new(1);
    let partition = world.run(fill(world.log()));
    let world = world.reopened(2);
    world.run(check_filled(world.log(), &partition));
}

#[test]
fn producers_never_get_an_id_and_epoch_again() {
    let mut world = World::new(3);
    let partition = world.run(create(world.log(), "t"));
    for round in 0..4 {
        world.run(async {
            let log = world.log();
            send(&log.producer(ProducerOptions::default()).await.unwrap(), &partition, "plain").await.unwrap();
            let app = transactional(log, "app").await;
            app.begin().await.unwrap();
            drop(app.send(&partition, batch("app")).await.unwrap());
            app.commit().await.unwrap();
        });
        world = if round % 2 == 0 { world.power_cut(round + 10) } else { world.reopened(round + 10) };
    }
    world.run(async {
        let stored = batches(world.log(), &partition).await;
        let identities: BTreeSet<_> = stored.iter().map(|batch| (batch.producer_id(), batch.producer_epoch())).collect();
        assert_eq!((stored.len(), identities.len()), (8, 8), "{identities:?}");
        let epochs: Vec<_> = stored.iter().skip(1).step_by(2).map(|batch| (batch.producer_id(), batch.producer_epoch().0)).collect();
        assert!(epochs.iter().enumerate().all(|(round, (id, epoch))| (*id, *epoch) == (epochs[0].0, round as i16)), "{epochs:?}");
    });
}

#[test]
fn a_repeated_batch_is_known_after_a_restart() {
    let world = World::new(4);
    let partition = world.run(fill(world.log()));
    let world = world.power_cut(5);
    world.run(async {
        let stored = batches(world.log(), &partition).await;
        let directory = world.log().core().directory().unwrap();
        let again = directory.stage(vec![(partition.clone(), vec![stored[1].clone()])], 0).unwrap();
        assert!(again.results[0].1.is_duplicate);
        assert_eq!(again.results[0].1.base_offset, Offset(1));
        drop(directory);
        check_filled(world.log(), &partition).await;
    });
}

#[test]
fn a_transaction_is_there_after_a_power_cut_as_a_whole_or_not_at_all() {
    let world = World::new(6);
    let (first, second) = world.run(async { (create(world.log(), "first").await, create(world.log(), "second").await) });
    let app = world.run(transactional(world.log(), "app"));
    world.sim.disk.start_trace();
    world.run(async {
        app.begin().await.unwrap();
        for value in ["x", "y"] {
            drop(app.send(&first, batch(value)).await.unwrap());
            drop(app.send(&second, batch(value)).await.unwrap());
        }
        app.send_offsets(&unmanaged(), vec![(first.clone(), position(7))]).await.unwrap();
        app.commit().await.unwrap();
    });
    let points = world.sim.disk.crash_points();
    let mut outcomes = BTreeSet::new();
    for image in 0..60.max(points) {
        let point = image % points;
        let after = World::on(1000 + image as u64, world.sim.disk.image(point, world.env.random.as_ref()), small(false));
        let found = after.run(async {
            let committed = after.log().admin().committed(&GroupId::new("app")).await.unwrap().contains_key(&first);
            (values(after.log(), &first).await.len(), values(after.log(), &second).await.len(), committed)
        });
        assert!(matches!(found, (0, 0, false) | (2, 2, true)), "crash point {point}: {found:?}");
        outcomes.insert(found);
    }
    assert_eq!(outcomes.len(), 2, "some cuts come before the commit and some after it: {outcomes:?}");
    let whole = world.power_cut(7);
    whole.run(async {
        for partition in [&first, &second] {
            assert_eq!(values(whole.log(), partition).await, ["x", "y"], "the commit was acknowledged");
        }
        assert_eq!(whole.log().admin().committed(&GroupId::new("app")).await.unwrap()[&first], position(7));
    });
}

#[test]
fn a_full_disk_refuses_and_resumes() {
    let world = World::new(8);
    let partition = world.run(create(world.log(), "t"));
    let large = |number: i64| format!("{number} {}", "x".repeat(500_000));
    let stored = world.run(async {
        let log = world.log();
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        let app = transactional(log, "app").await;
        world.sim.disk.set_capacity(Some(world.sim.disk.used_bytes() + (1 << 20)));
        let mut stored = 0;
        let refused = loop {
            match send(&producer, &partition, &large(stored)).await {
                Ok(offset) => {
                    assert_eq!(offset, Offset(stored));
                    stored += 1;
                }
                Err(error) => break error,
            }
            assert!(stored < 500, "the disk never filled up");
        };
        assert_eq!(refused.kind(), ErrorKind::Full, "{refused}");
        app.begin().await.unwrap();
        drop(app.send(&partition, batch(&large(stored))).await.unwrap());
        assert_eq!(app.commit().await.unwrap_err().kind(), ErrorKind::Full);
        assert_eq!(batches(log, &partition).await[0].base_offset(), Offset(0));
        world.sim.disk.set_capacity(None);
        app.commit().await.unwrap();
        assert_eq!(send(&producer, &partition, "again").await.unwrap(), Offset(stored + 1));
        stored
    });
    let world = world.power_cut(9);
    let expected: Vec<_> = (0..=stored).map(large).chain(["again".to_owned()]).collect();
    assert!(stored > 0 && world.run(values(world.log(), &partition)) == expected, "every acknowledged value is there, once and in order");
}

#[test]
fn a_failed_sync_ends_the_log_and_loses_nothing_acknowledged() {
    let world = World::new(10);
    let partition = world.run(fill(world.log()));
    world.run(async {
        let log = world.log();
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        let mut consumer = reader(log, &partition).await;
        world.sim.disk.fail_sync_once(0);
        let failed = send(&producer, &partition, "lost").await.unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Closed, "{failed}");
        assert_eq!(send(&producer, &partition, "never").await.unwrap_err().kind(), ErrorKind::Closed);
        consumer.ready().await;
        assert_eq!(consumer.poll(FetchLimit::default()).await.unwrap_err().kind(), ErrorKind::Closed);
    });
    let world = world.power_cut(11);
    world.run(async {
        let found = values(world.log(), &partition).await;
        assert_eq!(found[..3], ["a", "b", "c"]);
    });
}

#[test]
fn a_second_opening_is_refused_with_the_owner() {
    let world = World::new(12);
    let refused = EmbeddedLog::open(world.env.clone(), "data", small(false)).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Retry);
    let owner = format!("process {} (", std::process::id());
    assert!(refused.to_string().contains(&owner) && refused.to_string().contains("since 2023-11-14T22:13:20Z"), "{refused}");
    let world = world.reopened(13);
    assert_eq!(world.run(world.log().admin().list_groups()).unwrap(), []);
}

#[test]
fn a_directory_of_a_newer_program_is_refused_with_both_versions() {
    let world = World::new(16);
    world.log().close().unwrap();
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, b"directory 7\n") as u32;
    let file = world.sim.disk.open(Path::new("data/headwater.version"), OpenMode::Write).unwrap();
    file.write_at(format!("headwater-directory 7 {crc:08x}\n").as_bytes(), 0).unwrap();
    let refused = EmbeddedLog::open(world.env.clone(), "data", small(false)).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert!(refused.to_string().contains("version 7") && refused.to_string().contains("up to 1"), "{refused}");
}

#[test]
fn an_id_is_handed_out_only_when_it_is_durably_taken() {
    let world = World::new(17);
    world.run(async {
        // The reservation of the first fails, and with it whatever counts on it.
        world.sim.disk.fail_sync_once(0);
        let (first, second) =
            futures::join!(world.log().producer(ProducerOptions::default()), world.log().producer(ProducerOptions::default()));
        for refused in [first, second] {
            assert_eq!(refused.err().unwrap().kind(), ErrorKind::Closed);
        }
    });
}

#[test]
fn a_closed_log_tells_everyone_who_is_left() {
    let world = World::new(14);
    world.run(async {
        let log = world.log();
        let partition = create(log, "t").await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        let pending = producer.send(&partition, batch("staged")).await.unwrap();
        let mut reader = reader(log, &partition).await;
        let group = ConsumerOptions { group: Some(GroupId::new("g")), reset: OffsetReset::Earliest, ..Default::default() };
        let mut member = log.consumer(group).await.unwrap();
        member.subscribe(&[topic("t")]).await.unwrap();
        log.close().unwrap();
        log.close().unwrap();
        assert_eq!(pending.await.unwrap(), Offset(0), "what was staged is made durable by a clean close");
        for consumer in [&mut reader, &mut member] {
            consumer.ready().await;
            assert_eq!(consumer.poll(FetchLimit::default()).await.unwrap_err().kind(), ErrorKind::Closed);
        }
        assert_eq!(send(&producer, &partition, "late").await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(producer.flush().await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(log.producer(ProducerOptions::default()).await.err().unwrap().kind(), ErrorKind::Closed);
        assert_eq!(log.admin().list_topics().await.unwrap_err().kind(), ErrorKind::Closed);
    });
}

#[test]
fn reads_do_not_wait_for_a_sync() {
    let disk = SimDisk::new();
    let env = Env { disk: Arc::new(disk.clone()), ..Env::real() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let log = EmbeddedLog::open(env, "data", small(true)).unwrap();
        let partition = create(&log, "t").await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        send(&producer, &partition, "durable").await.unwrap();
        disk.freeze();
        let pending = producer.send(&partition, batch("on its way")).await.unwrap();
        while disk.waiting_syncs() == 0 {
            tokio::task::yield_now().await;
        }
        let next = producer.send(&partition, batch("behind it")).await.unwrap();
        assert_eq!(values(&log, &partition).await, ["durable"]);
        disk.thaw();
        assert_eq!((pending.await.unwrap(), next.await.unwrap()), (Offset(1), Offset(2)));
        assert_eq!(values(&log, &partition).await, ["durable", "on its way", "behind it"]);
    });
}

#[test]
fn senders_wait_while_too_much_is_in_flight() {
    let (env, sim) = Env::simulated(15);
    let options = EmbeddedOptions { in_flight_bytes_max: 4096, ..small(false) };
    let log = EmbeddedLog::open(env, "data", options).unwrap();
    sim.run_until(async {
        let partition = create(&log, "t").await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        let large = "x".repeat(10_000);
        let mut deliveries = Vec::new();
        for _ in 0..10 {
            deliveries.push(producer.send(&partition, batch(&large)).await.unwrap());
        }
        for (offset, delivery) in deliveries.into_iter().enumerate() {
            assert_eq!(delivery.await.unwrap(), Offset(offset as i64));
        }
    });
}
