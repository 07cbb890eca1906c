//! The worker's face: names, states, configurations, and what is stored of them.

use super::memory_connectors::{Outside, source};
use super::{World, config};
use crate::{Error, State, Worker, WorkerOptions};
use connect_api::{Plugin, PluginKind};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const DEAD_LETTERS: &str = "errors.deadletterqueue.topic.name";

fn plugins() -> Vec<Plugin> {
    let outside = Arc::new(Mutex::new(Outside { rows: 30, ..Outside::default() }));
    [vec![source(&outside)], connect_plugins::all()].concat()
}

fn in_config() -> BTreeMap<String, String> {
    config(&[("connector.class", "MemorySource"), ("topic", "rows")])
}

#[test]
fn refused_options_are_named_with_value_reason_and_the_nearest_known_one() {
    let world = World::new(1);
    let worker = world.start(&plugins());
    let cases: [(&[(&str, &str)], &str); 13] = [
        (&[], "missing required option \"connector.class\": the class of the connector, such as FileStreamSource"),
        (
            &[("connector.class", "FileStreamSorce")],
            "invalid value \"FileStreamSorce\" for option connector.class: there is no such class; did you mean \"FileStreamSource\"?",
        ),
        (
            &[("connector.class", "FileStreamSource"), ("fil", "/tmp/x"), ("topic", "t")],
            "unknown option \"fil\"; did you mean \"file\"?; missing required option \"file\": the file to read; it may come into being later",
        ),
        (
            &[("connector.class", "MemorySource"), ("topic", "t"), ("tasks.max", "x")],
            "invalid value \"x\" for option tasks.max: it takes a whole number (type INT)",
        ),
        (
            &[("connector.class", "MemorySource"), ("topic", "t"), ("value.converter", "JsonConvertor")],
            "invalid value \"JsonConvertor\" for option value.converter: there is no such class; did you mean \"JsonConverter\"?",
        ),
        (
            &[
                ("connector.class", "MemorySource"),
                ("topic", "t"),
                ("value.converter", "JsonConverter"),
                ("value.converter.schema.enable", "true"),
            ],
            "unknown option \"value.converter.schema.enable\"; did you mean \"value.converter.schemas.enable\"?",
        ),
        (
            &[("connector.class", "MemorySource"), ("topic", "t"), ("topic.creation.default.partitions", "0")],
            "invalid value \"0\" for option topic.creation.default.partitions: it takes a whole number of 1 or more, or -1 for the default",
        ),
        (
            &[("connector.class", "MemorySource"), ("topic", "t"), ("transforms", "a")],
            "invalid value \"a\" for option transforms: transforms and predicates are not available yet; leave it out",
        ),
        (
            &[("connector.class", "JsonFileSink"), ("topics", "a b"), ("directory", "/tmp")],
            "invalid value \"a b\" for option topics: only letters, digits, `.`, `_` and `-` are allowed",
        ),
        (
            &[("connector.class", "MemorySource"), ("topic", "__headwater_x")],
            "invalid value \"__headwater_x\" for option topic: the topic belongs to Headwater itself; name another one",
        ),
        (
            &[("connector.class", "MemorySource"), ("topic", "connect-offsets")],
            "invalid value \"connect-offsets\" for option topic: the topic belongs to the connect worker; name another one",
        ),
        (
            &[("connector.class", "JsonFileSink"), ("topics", "t"), ("directory", "/tmp"), (DEAD_LETTERS, "connect-status")],
            "invalid value \"connect-status\" for option errors.deadletterqueue.topic.name: the topic belongs to the connect worker; name another one",
        ),
        (
            &[("connector.class", "JsonFileSink"), ("topics", "s, t"), ("directory", "/tmp"), (DEAD_LETTERS, "t")],
            "invalid value \"t\" for option errors.deadletterqueue.topic.name: the sink itself reads this topic (option topics); name another one",
        ),
    ];
    for (entries, expected) in cases {
        let error = world.sim.run_until(worker.create("c", config(entries))).unwrap_err();
        assert_eq!(error.to_string(), format!("connector c: {expected}"));
    }
    assert!(worker.list().is_empty());
    let keys = worker.validate("c", &config(&[("connector.class", "FileStreamSource"), ("tasks.max", "x")])).unwrap();
    let wrong: Vec<&str> = keys.iter().filter(|key| !key.errors.is_empty()).map(|key| key.name.as_str()).collect();
    assert_eq!(wrong, ["tasks.max", "file", "topic"]);
}

#[test]
fn every_option_of_kafkas_connectors_is_known_or_left_out_on_purpose() {
    // Of Kafka 4.3's ConnectorConfig, SourceConnectorConfig and SinkConnectorConfig.
    let general = [
        "name",
        "connector.class",
        "tasks.max",
        "tasks.max.enforce",
        "key.converter",
        "value.converter",
        "header.converter",
        "transforms",
        "predicates",
        "config.action.reload",
        "errors.retry.timeout",
        "errors.retry.delay.max.ms",
        "errors.tolerance",
        "errors.log.enable",
        "errors.log.include.messages",
    ];
    let source = ["topic.creation.groups", "exactly.once.support", "transaction.boundary", "transaction.boundary.interval.ms"];
    let sink = [
        "topics",
        "errors.deadletterqueue.topic.name",
        "errors.deadletterqueue.topic.replication.factor",
        "errors.deadletterqueue.context.headers.enable",
    ];
    for (kind, own) in [(PluginKind::Source, &source[..]), (PluginKind::Sink, &sink[..])] {
        let def = crate::config::common(kind);
        for name in general.iter().chain(own) {
            assert!(def.keys().iter().any(|key| key.name == *name), "{name}");
        }
    }
}

#[test]
fn connectors_live_through_all_their_states_and_a_new_worker_knows_them() {
    let world = World::new(2);
    let worker = world.start(&plugins());
    let state = |worker: &crate::Worker| {
        worker.status("in").map(|status| (status.state, status.tasks.iter().map(|task| task.state).collect::<Vec<_>>()))
    };
    world.sim.run_until(worker.create("in", in_config())).unwrap();
    world.sim.run_for(Duration::from_millis(5));
    assert_eq!(state(&worker).unwrap(), (State::Running, vec![State::Running]));
    assert!(matches!(world.sim.run_until(worker.create("in", in_config())), Err(Error::Exists { .. })));

    world.sim.run_until(worker.pause("in")).unwrap();
    world.sim.run_for(Duration::from_millis(50));
    assert_eq!(state(&worker).unwrap(), (State::Paused, vec![State::Paused]));
    let count = world.values("rows").len();
    world.sim.run_for(Duration::from_secs(5));
    assert!(count < 30 && world.values("rows").len() == count, "{count}");

    drop(worker);
    let worker = world.start(&plugins());
    world.sim.run_for(Duration::from_millis(50));
    assert_eq!(state(&worker).unwrap(), (State::Paused, vec![State::Paused]));
    world.sim.run_until(worker.resume("in")).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    assert_eq!(world.values("rows").len(), 30);
    let offsets = world.sim.run_until(worker.source_offsets("in")).unwrap();
    assert_eq!((offsets[0].0.to_string(), offsets[0].1["row"].as_i64()), ("{\"of\":\"memory\"}".to_string(), Some(30)));

    world.sim.run_until(worker.stop_connector("in")).unwrap();
    assert_eq!(state(&worker).unwrap(), (State::Stopped, vec![]));
    world.sim.run_until(worker.resume("in")).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    assert_eq!(world.values("rows").len(), 30);

    world.sim.run_until(worker.delete("in")).unwrap();
    assert_eq!(worker.status("in").unwrap_err().to_string(), "connector in not found");
    drop(worker);
    assert!(world.start(&plugins()).list().is_empty());
}

#[test]
fn a_deleted_connector_goes_on_where_it_was_unless_its_positions_are_reset() {
    let world = World::new(6);
    let worker = world.start(&plugins());
    let create_and_drain = || {
        world.sim.run_until(worker.create("in", in_config())).unwrap();
        world.sim.run_until(worker.drain_sources()).unwrap();
    };
    create_and_drain();
    world.sim.run_until(worker.delete("in")).unwrap();
    create_and_drain();
    assert_eq!(world.values("rows").len(), 30);

    let reset = || world.sim.run_until(worker.reset_offsets("in"));
    let running = "connector in still has tasks, which hold its positions; stop or delete it first, then reset them";
    assert_eq!(reset().unwrap_err().to_string(), running);
    world.sim.run_until(worker.pause("in")).unwrap();
    assert_eq!(reset().unwrap_err().to_string(), running);
    world.sim.run_until(worker.stop_connector("in")).unwrap();
    reset().unwrap();
    world.sim.run_until(worker.resume("in")).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    assert_eq!(world.values("rows").len(), 60);

    world.sim.run_until(worker.delete("in")).unwrap();
    reset().unwrap();
    assert_eq!(reset().unwrap_err().to_string(), "connector in not found");
    create_and_drain();
    assert_eq!(world.values("rows").len(), 90);
}

#[test]
fn a_dead_letter_topic_that_nothing_can_reach_is_accepted_with_a_warning() {
    let warning = |entries: &[(&str, &str)]| crate::config::warning(&config(entries));
    for tolerance in [&[][..], &[("errors.tolerance", "none")]] {
        let warned = warning(&[&[(DEAD_LETTERS, "dead")], tolerance].concat()).unwrap();
        assert!(warned.starts_with("errors.deadletterqueue.topic.name is \"dead\", but without errors.tolerance = \"all\" "), "{warned}");
    }
    for entries in [&[][..], &[(DEAD_LETTERS, "dead"), ("errors.tolerance", "ALL")], &[(DEAD_LETTERS, "")]] {
        assert_eq!(warning(entries), None);
    }
}

#[test]
fn a_worker_that_does_not_resume_knows_what_is_stored_and_reads_nothing() {
    let world = World::new(3);
    let worker = world.start(&plugins());
    world.sim.run_until(worker.create("in", in_config())).unwrap();
    world.sim.run_for(Duration::from_millis(5));
    drop(worker);
    let count = world.values("rows").len();

    let options = WorkerOptions { resume: false, ..WorkerOptions::default() };
    let worker = world.sim.run_until(Worker::start(world.log.clone(), world.env.clone(), plugins(), options)).unwrap();
    world.sim.run_for(Duration::from_secs(5));
    let status = worker.status("in").unwrap();
    assert_eq!((status.state, status.tasks.len()), (State::Unassigned, 0));
    world.sim.run_until(worker.wait_idle()).unwrap();
    world.sim.run_until(worker.stop());
    drop(worker);
    assert!(count < 30 && world.values("rows").len() == count, "{count}");

    let worker = world.start(&plugins());
    assert_eq!(worker.status("in").unwrap().state, State::Running);
    world.sim.run_until(worker.drain_sources()).unwrap();
    assert_eq!(world.values("rows").len(), 30);
}

#[test]
fn what_is_stored_has_kafkas_shapes() {
    let world = World::new(3);
    let worker = world.start(&plugins());
    world.sim.run_until(worker.create("in", in_config())).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    let last = |topic: &str| -> BTreeMap<String, String> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let records = world.read(topic).into_values().flatten();
        records.map(|record| (text(record.key.as_ref().unwrap()), text(record.value.as_ref().unwrap()))).collect()
    };
    let options = WorkerOptions::default();
    let expected = r#"{"state":"RUNNING","trace":null,"worker_id":"headwater","generation":1,"version":"1"}"#;
    for key in ["status-connector-in", "status-task-in-0"] {
        assert_eq!(last(&options.status_topic)[key], expected);
    }
    world.sim.run_until(worker.pause("in")).unwrap();
    let configs = last(&options.config_topic);
    assert_eq!(configs["connector-in"], r#"{"properties":{"connector.class":"MemorySource","topic":"rows"}}"#);
    assert_eq!(configs["target-state-in"], r#"{"state":"PAUSED","state.v2":"PAUSED"}"#);
    assert_eq!(last(&options.offset_topic)[r#"["in",{"of":"memory"}]"#], r#"{"row":30}"#);
}

#[test]
fn a_stopped_worker_refuses_and_says_so() {
    let world = World::new(4);
    let worker = world.start(&plugins());
    world.sim.run_until(worker.stop());
    let error = world.sim.run_until(worker.create("in", in_config())).unwrap_err();
    assert_eq!(error.to_string(), "the connect worker is stopped; start a new one");
}

#[test]
fn a_stored_connector_that_no_longer_fits_is_shown_with_the_reason_and_can_be_mended() {
    let world = World::new(5);
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("in.log");
    let source = config(&[("connector.class", "FileStreamSource"), ("topic", "lines"), ("file", input.to_str().unwrap())]);
    let worker = world.start(&plugins());
    world.sim.run_until(worker.create("lines", source.clone())).unwrap();
    drop(worker);
    std::fs::create_dir(&input).unwrap();
    let worker = world.start(&plugins());
    assert_eq!(worker.list(), ["lines"]);
    let status = worker.status("lines").unwrap();
    assert_eq!(status.state, State::Failed);
    assert!(status.trace.as_ref().unwrap().contains("for option file: it is a directory; name a file"), "{status:?}");
    assert!(matches!(world.sim.run_until(worker.wait_idle()), Err(Error::Stuck { .. })));
    std::fs::remove_dir(&input).unwrap();
    std::fs::write(&input, "one\n").unwrap();
    world.sim.run_until(worker.put_config("lines", source)).unwrap();
    world.sim.run_until(worker.wait_idle()).unwrap();
    assert_eq!(world.values("lines"), ["one"]);
}
