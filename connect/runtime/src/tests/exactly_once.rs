//! No loss and no duplicates, whatever fails and whenever the worker dies.

use super::memory_connectors::{Fault, Outside, SharedOutside, sink, source};
use super::{World, config};
use crate::{State, TaskMetrics};
use connect_api::Plugin;
use parking_lot::Mutex;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn outside(rows: i64) -> SharedOutside {
    Arc::new(Mutex::new(Outside { rows, ..Outside::default() }))
}

fn plugins(outside: &SharedOutside) -> Vec<Plugin> {
    [vec![source(outside), sink(outside)], connect_plugins::all()].concat()
}

fn source_config() -> std::collections::BTreeMap<String, String> {
    config(&[("connector.class", "MemorySource"), ("topic", "rows"), ("topic.creation.default.partitions", "3")])
}

fn sink_config(tasks: &str) -> std::collections::BTreeMap<String, String> {
    config(&[("connector.class", "MemorySink"), ("topics", "rows"), ("value.converter", "StringConverter"), ("tasks.max", tasks)])
}

/// All stored values, sorted as numbers; panics on one that is stored out of order.
fn stored(outside: &SharedOutside) -> Vec<i64> {
    let outside = outside.lock();
    for records in outside.stored.values() {
        assert!(records.is_sorted_by(|a, b| a.0 < b.0), "{records:?}");
    }
    let mut all: Vec<i64> = outside.stored.values().flatten().map(|(_, text)| text.parse().unwrap()).collect();
    all.sort_unstable();
    all
}

fn sorted_values(world: &World, topic: &str) -> Vec<i64> {
    let mut all: Vec<i64> = world.values(topic).iter().map(|text| text.parse().unwrap()).collect();
    all.sort_unstable();
    all
}

#[test]
fn what_a_source_has_arrives_in_the_sink_and_the_numbers_say_so() {
    let (world, outside) = (World::new(1), outside(100));
    let worker = world.start(&plugins(&outside));
    world.sim.run_until(async {
        worker.create("in", source_config()).await.unwrap();
        worker.drain_sources().await.unwrap();
        worker.create("out", sink_config("2")).await.unwrap();
        worker.wait_idle().await.unwrap();
    });
    assert_eq!(stored(&outside), (0..100).collect::<Vec<_>>());
    let metrics = worker.metrics();
    let records = |name: &str| metrics.iter().filter(|task| task.connector == name).map(|task| task.records).sum::<u64>();
    assert_eq!((records("in"), records("out")), (100, 100));
    assert!(
        metrics.iter().all(|task: &TaskMetrics| task.at_end && task.state == State::Running && task.last_error.is_none()),
        "{metrics:?}"
    );
    assert!(outside.lock().commits >= 34);
    world.sim.run_until(worker.stop());
    assert!(worker.list().is_empty());
}

#[test]
fn failures_of_every_kind_are_overcome_without_loss_or_duplicate() {
    for (seed, fault) in [Fault::Retry, Fault::Full, Fault::Fail, Fault::Panic, Fault::Missing].into_iter().enumerate() {
        let (world, outside) = (World::new(seed as u64), outside(60));
        {
            let mut outside = outside.lock();
            let every_third = || (0..30).map(|call| (call % 3 == 2).then_some(fault)).collect();
            outside.source_faults = every_third();
            outside.sink_faults = every_third();
        }
        world.create_topic("rows", 3);
        let worker = world.start(&plugins(&outside));
        world.sim.run_until(async {
            worker.create("in", source_config()).await.unwrap();
            worker.create("out", sink_config("1")).await.unwrap();
        });
        // Let the faults pass before asking, so that a drain does not give up on them.
        world.sim.run_for(Duration::from_secs(600));
        world.sim.run_until(worker.wait_idle()).unwrap();
        assert_eq!(stored(&outside), (0..60).collect::<Vec<_>>(), "{fault:?}");
        assert_eq!(sorted_values(&world, "rows"), (0..60).collect::<Vec<_>>(), "{fault:?}");
        let metrics = worker.metrics();
        let repeated: u64 = metrics.iter().map(|task| task.retries + task.restarts).sum();
        assert!(repeated >= 5 && metrics.iter().all(|task| task.last_error.is_some()), "{fault:?} {metrics:?}");
    }
}

#[test]
fn a_source_that_is_fenced_stays_away() {
    let (world, outside) = (World::new(1), outside(1_000_000));
    let first = world.start(&plugins(&outside));
    world.sim.run_until(first.create("in", source_config())).unwrap();
    world.sim.run_for(Duration::from_millis(50));
    // A second worker on the same log: its task takes over, and the first may not write any more.
    let second = world.start(&plugins(&outside));
    world.sim.run_for(Duration::from_millis(200));
    let status = first.status("in").unwrap();
    assert_eq!(status.tasks[0].state, State::Failed, "{status:?}");
    assert!(status.tasks[0].cause.as_ref().unwrap().contains("fenced"), "{status:?}");
    assert_eq!(second.status("in").unwrap().tasks[0].state, State::Running);
    world.sim.run_until(second.stop());
    let all = sorted_values(&world, "rows");
    assert!(all.len() > 100);
    assert_eq!(all, (0..all.len() as i64).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// The worker dies at random moments, with faults and refused records in between, and starts again.
    #[test]
    fn dying_at_any_moment_loses_and_doubles_nothing(
        seed: u64,
        lives in prop::collection::vec(0u64..40, 0..12),
        faults in prop::collection::vec(prop::option::weighted(0.2, prop_oneof![Just(Fault::Retry), Just(Fault::Fail), Just(Fault::Panic)]), 0..20),
        tasks in 1usize..4,
        refused in prop::collection::btree_set(0i64..90, 0..20),
    ) {
        let (world, outside) = (World::new(seed), outside(90));
        outside.lock().refused = refused.iter().map(ToString::to_string).collect();
        outside.lock().sink_faults = faults.iter().copied().collect();
        outside.lock().source_faults = faults.into_iter().collect();
        world.create_topic("rows", 3);
        let worker = world.start(&plugins(&outside));
        world.sim.run_until(async {
            worker.create("in", source_config()).await.unwrap();
            let tolerant = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];
            worker.create("out", [sink_config(&tasks.to_string()), config(&tolerant)].into_iter().flatten().collect()).await.unwrap();
        });
        let mut worker = Some(worker);
        for life in lives {
            world.sim.run_for(Duration::from_millis(life));
            drop(worker.take());
            worker = Some(world.start(&plugins(&outside)));
        }
        world.sim.run_for(Duration::from_secs(60));
        world.sim.run_until(worker.unwrap().wait_idle()).unwrap();
        prop_assert_eq!(stored(&outside), (0..90).filter(|row| !refused.contains(row)).collect::<Vec<_>>());
        prop_assert_eq!(sorted_values(&world, "rows"), (0..90).collect::<Vec<_>>());
        if !refused.is_empty() {
            prop_assert_eq!(sorted_values(&world, "dead"), refused.into_iter().collect::<Vec<_>>());
        }
    }
}
