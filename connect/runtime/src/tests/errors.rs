//! What happens to records that cannot be handled, and what a user is told.

use super::memory_connectors::{Fault, Outside, SharedOutside, sink, source};
use super::{World, config};
use crate::{Error, State};
use connect_api::Plugin;
use log_model::TopicName;
use log_record::OffsetRecord;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn outside() -> SharedOutside {
    Arc::new(Mutex::new(Outside { rows: 10, ..Outside::default() }))
}

fn plugins(outside: &SharedOutside) -> Vec<Plugin> {
    [vec![source(outside), sink(outside)], connect_plugins::all()].concat()
}

fn headers(record: &OffsetRecord) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    record.headers.iter().map(|header| (text(&header.key), text(header.value.as_ref().unwrap()))).collect()
}

const TOLERANT: [(&str, &str); 2] = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];

#[test]
fn a_source_record_that_cannot_be_used_fails_the_task_or_becomes_a_dead_letter_with_its_place() {
    let (world, outside) = (World::new(1), outside());
    outside.lock().bad_rows = [4].into();
    let worker = world.start(&plugins(&outside));
    let base = [("connector.class", "MemorySource"), ("topic", "rows")];
    world.sim.run_until(worker.create("in", config(&base))).unwrap();
    let error = world.sim.run_until(worker.wait_idle()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "connector in task 0 cannot finish: source position {\"of\":\"memory\"} {\"row\":5}: row 4 is bad (errors.tolerance=all passes over such records)"
    );
    let status = world.sim.run_until(async { worker.status("in") }).unwrap();
    assert_eq!(status.tasks[0].state, State::Failed);
    assert!(status.tasks[0].trace.as_ref().unwrap().contains("\n\tat TASK_POLL of test.MemorySourceConnector"), "{status:?}");

    world.sim.run_until(worker.put_config("in", config(&[&base[..], &TOLERANT].concat()))).unwrap();
    world.sim.run_until(worker.wait_idle()).unwrap();
    assert_eq!(world.values("rows"), ["0", "1", "2", "3", "5", "6", "7", "8", "9"]);
    let dead = &world.read("dead")[&0];
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].value.as_ref().unwrap(), "4");
    let expected = [
        ("__connect.errors.class.name", "test.MemorySourceConnector"),
        ("__connect.errors.connector.name", "in"),
        ("__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"),
        ("__connect.errors.exception.message", "row 4 is bad"),
        (
            "__connect.errors.exception.stacktrace",
            "org.apache.kafka.connect.errors.DataException: row 4 is bad\n\tat TASK_POLL of test.MemorySourceConnector",
        ),
        ("__connect.errors.source.offset", "{\"row\":5}"),
        ("__connect.errors.source.partition", "{\"of\":\"memory\"}"),
        ("__connect.errors.stage", "TASK_POLL"),
        ("__connect.errors.task.id", "0"),
        ("__connect.errors.topic", "rows"),
    ];
    assert_eq!(headers(&dead[0]), config(&expected));
    assert_eq!(worker.metrics()[0].dead_lettered, 1);
}

#[test]
fn a_sink_dead_letters_what_it_cannot_convert_and_what_it_refuses_exactly_once() {
    let (world, outside) = (World::new(2), outside());
    outside.lock().refused = ["7".to_string()].into();
    let worker = world.start(&plugins(&outside));
    let entries = config(&[("connector.class", "MemorySource"), ("topic", "rows"), ("value.converter", "StringConverter")]);
    world.sim.run_until(worker.create("in", entries)).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    // A record the sink's converter cannot read: text where eight bytes are expected.
    let sink_config = |converter: &str| {
        let base = [("connector.class", "MemorySink"), ("topics", "rows"), ("value.converter", converter)];
        config(&[&base[..], &TOLERANT].concat())
    };
    world.sim.run_until(worker.create("numbers", sink_config("LongConverter"))).unwrap();
    world.sim.run_until(worker.drain_sinks()).unwrap();
    let dead = world.read("dead")[&0].clone();
    assert_eq!(dead.len(), 10);
    let first = headers(&dead[0]);
    let expected = [
        ("topic", "rows"),
        ("partition", "0"),
        ("offset", "0"),
        ("stage", "VALUE_CONVERTER"),
        ("class.name", "org.apache.kafka.connect.converters.LongConverter"),
        ("exception.message", "1 bytes where a number of 8 bytes is expected"),
    ];
    for (name, value) in expected {
        assert_eq!(first[&format!("__connect.errors.{name}")], value);
    }

    world.sim.run_until(worker.create("texts", sink_config("StringConverter"))).unwrap();
    world.sim.run_until(worker.drain_sinks()).unwrap();
    world.sim.run_until(worker.restart("texts")).unwrap();
    world.sim.run_until(worker.drain_sinks()).unwrap();
    let dead = world.read("dead")[&0].clone();
    assert_eq!(dead.len(), 11);
    assert_eq!(headers(&dead[10])["__connect.errors.stage"], "TASK_PUT");
    assert_eq!(headers(&dead[10])["__connect.errors.exception.message"], "7 is refused");
    assert_eq!(outside.lock().stored.values().flatten().count(), 9);
}

#[test]
fn a_record_too_large_for_its_topic_is_judged_and_not_retried_for_ever() {
    let (world, outside) = (World::new(3), outside());
    let worker = world.start(&plugins(&outside));
    let base = [("connector.class", "MemorySource"), ("topic", "rows"), ("topic.creation.default.max.message.bytes", "50")];
    world.sim.run_until(worker.create("in", config(&[&base[..], &TOLERANT].concat()))).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    let dead = world.read("dead")[&0].clone();
    assert_eq!(dead.len(), 10);
    assert_eq!(headers(&dead[0])["__connect.errors.stage"], "KAFKA_PRODUCE");
    assert!(headers(&dead[0])["__connect.errors.exception.message"].contains("raise its max.message.bytes"));
}

#[test]
fn a_source_whose_records_name_an_internal_topic_fails_before_it_writes_there() {
    for (seed, topic) in [(6, "__headwater_x"), (7, "connect-offsets")] {
        let (world, outside) = (World::new(seed), outside());
        outside.lock().topic = Some(TopicName::new(topic).unwrap());
        let worker = world.start(&plugins(&outside));
        let entries = [&[("connector.class", "MemorySource"), ("topic", "rows")][..], &TOLERANT].concat();
        world.sim.run_until(worker.create("in", config(&entries))).unwrap();
        let error = world.sim.run_until(worker.wait_idle()).unwrap_err().to_string();
        let words = format!("source position {{\"of\":\"memory\"}} {{\"row\":1}}: a record is for topic {topic}, which belongs to ");
        assert!(error.contains(&words) && error.contains("let the source write to another topic"), "{error}");
        assert_eq!(worker.status("in").unwrap().tasks[0].state, State::Failed);
        let topics = world.sim.run_until(world.log.admin().list_topics()).unwrap();
        assert!(topics.iter().all(|known| !known.as_str().starts_with("__")), "{topics:?}");
        assert!(world.sim.run_until(worker.source_offsets("in")).unwrap().is_empty());
        assert!(world.read("connect-offsets")[&0].is_empty());
    }
}

#[test]
fn a_drain_says_what_it_cannot_wait_for() {
    let (world, outside) = (World::new(4), outside());
    outside.lock().waiting_for = Some("file /in does not exist".into());
    let worker = world.start(&plugins(&outside));
    world.sim.run_until(worker.create("in", config(&[("connector.class", "MemorySource"), ("topic", "rows")]))).unwrap();
    let error = world.sim.run_until(worker.wait_idle()).unwrap_err();
    assert_eq!(error.to_string(), "connector in task 0 cannot finish: file /in does not exist");
    outside.lock().waiting_for = None;
    world.sim.run_for(Duration::from_secs(1));
    world.sim.run_until(worker.wait_idle()).unwrap();

    outside.lock().source_faults = [Some(Fault::Missing); 1000].into();
    let error = world.sim.run_until(worker.wait_idle()).unwrap_err();
    assert!(matches!(&error, Error::Stuck { reason, .. } if reason == "cannot read /in: it does not exist"), "{error}");
    assert_eq!(worker.status("in").unwrap().tasks[0].state, State::Restarting);
}

#[test]
fn a_task_that_must_not_restart_waits_for_its_user() {
    let (world, outside) = (World::new(5), outside());
    outside.lock().source_faults = [Some(Fault::Fail)].into();
    let worker = world.start(&plugins(&outside));
    let entries = config(&[("connector.class", "MemorySource"), ("topic", "rows"), ("restart.policy", "never")]);
    world.sim.run_until(worker.create("in", entries)).unwrap();
    world.sim.run_for(Duration::from_secs(1000));
    assert_eq!(worker.status("in").unwrap().tasks[0].state, State::Failed);
    world.sim.run_until(worker.restart_failed("in")).unwrap();
    world.sim.run_until(worker.wait_idle()).unwrap();
    assert_eq!(world.values("rows").len(), 10);
}
