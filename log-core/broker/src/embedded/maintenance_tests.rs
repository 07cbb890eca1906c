//! What the log does by itself while time passes: checkpoints, retention and compaction, on the simulated clock.

use crate::EmbeddedOptions;
use crate::embedded::contract_tests::small;
use crate::embedded::test_world::{World, batch, create, position, send, topic, unmanaged, values};
use crate::node::topics::offsets_partition;
use log_client::{ConsumerOptions, Log, NewTopic, ProducerOptions};
use log_env::Clock;
use log_model::{CompressionType, ErrorKind, GroupId, Offset, Timestamp, TopicConfig, TopicPartition};
use log_record::{BatchBuilder, RecordBatch};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn entries(pairs: &[(&str, &str)]) -> TopicConfig {
    TopicConfig::from_entries(pairs.iter().copied()).unwrap()
}

async fn create_with(world: &World, name: &str, config: &[(&str, &str)]) -> TopicPartition {
    world.log().admin().create_topic(NewTopic::new(topic(name), 1).with_config(entries(config))).await.unwrap();
    topic(name).partition(0)
}

fn record(world: &World, key: &str, value: &str) -> RecordBatch {
    let mut builder = BatchBuilder::new(CompressionType::None);
    builder.append_parts(Timestamp(world.sim.clock.wall_ms()), Some(key.as_bytes()), Some(value.as_bytes()), &[]).unwrap();
    builder.build()
}

/// The first offset, the end and the size of a partition.
fn extent(world: &World, partition: &TopicPartition) -> (i64, i64, u64) {
    let info = world.log().core().directory().unwrap().info(partition).unwrap();
    (info.log_start.0, info.high_watermark.0, info.size_bytes)
}

#[test]
fn committed_positions_are_compacted_and_survive() {
    let world = World::with(1, EmbeddedOptions { internal_segment_bytes: 4096, ..small(false) });
    let groups: Vec<GroupId> = (0..5).map(|number| GroupId::new(format!("group {number}"))).collect();
    let partition = world.run(create(world.log(), "t"));
    world.run(async {
        for round in 0..400 {
            for group in &groups {
                let options = ConsumerOptions { group: Some(group.clone()), ..Default::default() };
                let mut consumer = world.log().consumer(options).await.unwrap();
                consumer.commit(vec![(partition.clone(), position(round))]).await.unwrap();
            }
        }
    });
    let (_, end, before) = extent(&world, &offsets_partition());
    world.sim.run_for(Duration::from_secs(120));
    let (_, end_after, after) = extent(&world, &offsets_partition());
    assert_eq!((end, end_after), (2000, 2000));
    assert!(before > 200_000 && after < 10_000, "{before} bytes before, {after} after");
    let world = world.power_cut(2);
    assert!(extent(&world, &offsets_partition()).2 < 10_000);
    world.run(async {
        for group in &groups {
            assert_eq!(world.log().admin().committed(group).await.unwrap()[&partition], position(399));
        }
    });
}

#[test]
fn old_records_go_from_a_log_that_is_quiet_durable_or_not() {
    for flush in ["sync", "os"] {
        let world = World::new(3);
        let config = [("retention.ms", "3600000"), ("segment.bytes", "1000"), ("headwater.flush", flush)];
        let partition = world.run(create_with(&world, "t", &config));
        world.run(async {
            let producer = world.log().producer(ProducerOptions::default()).await.unwrap();
            for number in 0..50 {
                producer.send(&partition, record(&world, "k", &number.to_string())).await.unwrap().await.unwrap();
            }
        });
        world.sim.run_for(HOUR / 2);
        assert_eq!(extent(&world, &partition).0, 0, "{flush}: nothing is old yet");
        world.sim.run_for(HOUR);
        assert_eq!(extent(&world, &partition), (50, 50, 0), "{flush}: everything is too old");
        let world = world.power_cut(4);
        assert_eq!(extent(&world, &partition), (50, 50, 0), "{flush}: and stays away");
    }
}

#[test]
fn a_compacted_topic_keeps_the_last_value_of_each_key() {
    let world = World::new(5);
    let config = [("cleanup.policy", "compact"), ("segment.bytes", "2000")];
    let partition = world.run(create_with(&world, "t", &config));
    world.run(async {
        let producer = world.log().producer(ProducerOptions::default()).await.unwrap();
        for number in 0..300 {
            producer.send(&partition, record(&world, &format!("key {}", number % 3), &number.to_string())).await.unwrap().await.unwrap();
        }
    });
    let before = extent(&world, &partition).2;
    world.sim.run_for(Duration::from_secs(120));
    let after = extent(&world, &partition).2;
    assert!(after * 5 < before, "{before} bytes before, {after} after");
    let world = world.power_cut(6);
    let left = world.run(values(world.log(), &partition));
    assert!(left.len() < 60 && left.ends_with(&["297".into(), "298".into(), "299".into()]), "{left:?}");
}

#[test]
fn a_full_disk_is_freed_from_inside() {
    enum Way {
        DeleteTopic,
        DeleteRecords,
        Retention,
    }
    for way in [Way::DeleteTopic, Way::DeleteRecords, Way::Retention] {
        let world = World::new(7);
        let doomed = world.run(create_with(&world, "doomed", &[("segment.bytes", "500000")]));
        let kept = world.run(create(world.log(), "kept"));
        world.sim.disk.set_capacity(Some(world.sim.disk.used_bytes() + (12 << 20)));
        world.run(async {
            let log = world.log();
            let producer = log.producer(ProducerOptions::default()).await.unwrap();
            let large = record(&world, "k", &"x".repeat(100_000));
            loop {
                // A few checkpoints are made meanwhile.
                world.env.clock.sleep(Duration::from_secs(1)).await;
                let sent = match producer.send(&doomed, large.clone()).await {
                    Ok(delivery) => delivery.await,
                    Err(error) => Err(error),
                };
                match sent {
                    Ok(offset) => assert!(offset < Offset(1000), "the disk never filled up"),
                    Err(error) => break assert_eq!(error.kind(), ErrorKind::Full, "{error}"),
                }
            }
            let admin = log.admin();
            match way {
                Way::DeleteTopic => admin.delete_topic(&topic("doomed")).await.unwrap(),
                Way::DeleteRecords => {
                    let end = admin.describe_topic(&topic("doomed")).await.unwrap().partitions[0].high_watermark;
                    admin.delete_records(&doomed, end).await.unwrap();
                }
                Way::Retention => {
                    let config = entries(&[("segment.bytes", "500000"), ("retention.ms", "1000")]);
                    admin.alter_topic(&topic("doomed"), config).await.unwrap();
                }
            }
            world.env.clock.sleep(Duration::from_secs(180)).await;
            assert_eq!(send(&producer, &kept, "there is room again").await.unwrap(), Offset(0));
        });
        let world = world.power_cut(8);
        assert_eq!(world.run(values(world.log(), &kept)), ["there is room again"]);
    }
}

#[test]
fn positions_in_a_deleted_topic_go_even_if_they_were_on_their_way() {
    for by_transaction in [false, true] {
        let world = World::new(9);
        let partition = world.run(create(world.log(), "t"));
        let group = unmanaged().group;
        world.run(async {
            let log = world.log();
            let app = crate::embedded::test_world::transactional(log, "app").await;
            let mut consumer = log.consumer(ConsumerOptions { group: Some(group.clone()), ..Default::default() }).await.unwrap();
            let commit = async {
                if by_transaction {
                    app.begin().await.unwrap();
                    drop(app.send(&create(log, "other").await, batch("x")).await.unwrap());
                    app.send_offsets(&unmanaged(), vec![(partition.clone(), position(5))]).await.unwrap();
                    app.commit().await.unwrap();
                } else {
                    consumer.commit(vec![(partition.clone(), position(5))]).await.unwrap();
                }
            };
            futures::pin_mut!(commit);
            // The commit goes as far as being staged: then the commit loop would have to run.
            loop {
                assert!(futures::poll!(&mut commit).is_pending());
                if log.core().offsets.has_pending() {
                    break;
                }
                world.env.clock.sleep(Duration::from_millis(1)).await;
            }
            crate::node::topic_changes::delete(log.core(), &topic("t")).unwrap();
            commit.await;
            assert_eq!(log.admin().committed(&group).await.unwrap().get(&partition), None, "the topic is gone");
            create(log, "t").await;
            assert_eq!(log.admin().committed(&group).await.unwrap().get(&partition), None);
        });
        let world = world.power_cut(10);
        let committed = world.run(world.log().admin().committed(&group)).unwrap();
        assert_eq!(committed.get(&partition), None, "on disk neither");
    }
}
