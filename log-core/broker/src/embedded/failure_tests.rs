//! Producers of a log whose disk is full or whose loops end before their time.

use crate::EmbeddedLog;
use crate::embedded::contract_tests::small;
use crate::embedded::test_world::{World, batch, create, reader, send, topic, values};
use log_client::{FetchLimit, Log, NewTopic, ProducerOptions};
use log_env::{Env, Fault, FaultKind, FaultOn, SimDisk};
use log_model::{ErrorKind, Offset, TopicConfig};
use std::sync::Arc;

#[test]
fn a_batch_that_a_full_page_cache_refused_can_be_sent_again() {
    for room in (0..40).map(|step| step * 37) {
        let world = World::new(1);
        let expected = world.run(async {
            let log = world.log();
            let config = TopicConfig::from_entries([("headwater.flush", "os"), ("segment.bytes", "1000")]).unwrap();
            log.admin().create_topic(NewTopic::new(topic("t"), 1).with_config(config)).await.unwrap();
            let partition = topic("t").partition(0);
            let producer = log.producer(ProducerOptions::default()).await.unwrap();
            let mut expected = Vec::new();
            let mut sent = 0;
            world.sim.disk.set_capacity(Some(world.sim.disk.used_bytes() + 1000 + room));
            for round in 0..3 {
                loop {
                    let value = format!("value {sent}");
                    sent += 1;
                    match send(&producer, &partition, &value).await {
                        Ok(offset) => {
                            assert_eq!(offset, Offset(expected.len() as i64), "{room}");
                            expected.push(value);
                        }
                        Err(error) => break assert_eq!(error.kind(), ErrorKind::Full, "{error}"),
                    }
                }
                // More than `free_bytes_min` is free for a moment, in the last round for good.
                let more = if round == 2 { 1 << 30 } else { (1 << 20) + 1500 };
                world.sim.disk.set_capacity(Some(world.sim.disk.used_bytes() + more));
                let value = format!("again {round}");
                assert_eq!(send(&producer, &partition, &value).await.unwrap(), Offset(expected.len() as i64), "{room}");
                expected.push(value);
                world.sim.disk.set_capacity(Some(world.sim.disk.used_bytes() + 500 + room));
            }
            assert_eq!(values(log, &partition).await, expected, "{room}");
            world.sim.disk.set_capacity(None);
            expected
        });
        let world = world.reopened(2);
        assert_eq!(world.run(values(world.log(), &topic("t").partition(0))), expected, "{room}");
    }
}

#[test]
fn a_loop_that_panics_lets_nobody_wait() {
    let disk = SimDisk::new();
    let env = Env { disk: Arc::new(disk.clone()), ..Env::real() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let log = EmbeddedLog::open(env, "data", small(true)).unwrap();
        let partition = create(&log, "t").await;
        let producer = log.producer(ProducerOptions::default()).await.unwrap();
        send(&producer, &partition, "durable").await.unwrap();
        let mut reader = reader(&log, &partition).await;
        assert_eq!(reader.poll(FetchLimit::default()).await.unwrap().batches.len(), 1);
        assert!(reader.poll(FetchLimit::default()).await.unwrap().batches.is_empty());
        disk.inject(Fault { on: FaultOn::Sync, kind: FaultKind::Panic, path_part: "journal".into(), skip: 0, count: 1 });
        let refused = send(&producer, &partition, "lost").await.unwrap_err();
        assert!(refused.kind() == ErrorKind::Closed && refused.to_string().contains("a bug"), "{refused}");
        assert_eq!(producer.send(&partition, batch("never")).await.err().unwrap().kind(), ErrorKind::Closed);
        assert_eq!(producer.flush().await.unwrap_err().kind(), ErrorKind::Closed);
        reader.ready().await;
        assert_eq!(reader.poll(FetchLimit::default()).await.unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(log.close().unwrap_err().kind(), ErrorKind::Closed);
    });
    let (env, sim) = Env::simulated_on(2, disk.copy());
    let log = EmbeddedLog::open(env, "data", small(false)).unwrap();
    assert_eq!(sim.run_until(values(&log, &topic("t").partition(0)))[0], "durable");
}
