//! Real files: from a file through the log into files, with the worker dying at random moments.

use super::{World, config};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The finished files of a sink by name.
fn finished(directory: &Path, extension: &str) -> BTreeMap<String, String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let named = entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())));
    named
        .filter(|(name, _)| name.ends_with(extension) && !name.starts_with('_'))
        .map(|(name, path)| (name, fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn a_file_goes_through_the_log_into_files_exactly_once_however_often_the_worker_dies() {
    for (seed, source) in [(1, "FileStreamSource"), (2, "FileTailSource"), (3, "FileTailSource")] {
        let directory = tempfile::tempdir().unwrap();
        let (input, output) = (directory.path().join("in.log"), directory.path().join("out"));
        let mut lines = String::new();
        for number in 0..500 {
            writeln!(lines, "line {number} é \"quoted\"").unwrap();
        }
        lines.push_str("the last line has no end");
        fs::write(&input, &lines).unwrap();

        let world = World::new(seed);
        world.create_topic("lines", 1);
        let worker = world.start(&connect_plugins::all());
        let source = config(&[("connector.class", source), ("file", input.to_str().unwrap()), ("topic", "lines"), ("batch.size", "7")]);
        let sink = config(&[
            ("connector.class", "JsonFileSink"),
            ("topics", "lines"),
            ("directory", output.to_str().unwrap()),
            ("value.converter", "StringConverter"),
            ("flush.size", "20"),
        ]);
        world.sim.run_until(async {
            worker.create("in", source).await.unwrap();
            worker.create("out", sink).await.unwrap();
        });
        let mut worker = Some(worker);
        for _ in 0..25 {
            world.sim.run_for(Duration::from_millis(world.env.random.below(30)));
            drop(worker.take());
            worker = Some(world.start(&connect_plugins::all()));
        }
        let worker = worker.unwrap();
        world.sim.run_until(worker.wait_idle()).unwrap();
        world.sim.run_until(worker.stop());

        let written: String = finished(&output, ".jsonl").values().map(String::as_str).collect();
        let read: Vec<String> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, lines.lines().collect::<Vec<_>>(), "seed {seed}");
        let left: Vec<String> = fs::read_dir(&output).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!left.iter().any(|name| name.ends_with(".inprogress")), "{left:?}");
        let manifest = fs::read_to_string(output.join("_manifest.jsonl")).unwrap();
        let rows = manifest.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["rows"].as_i64().unwrap());
        assert_eq!(rows.sum::<i64>(), 501);
    }
}

#[test]
fn generated_orders_become_csv_and_a_moved_away_file_is_not_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("csv");
    let world = World::new(7);
    let worker = world.start(&connect_plugins::all());
    let source = config(&[("connector.class", "Datagen"), ("template", "json"), ("rows", "25"), ("topic", "orders")]);
    let sink = config(&[("connector.class", "CsvFileSink"), ("topics", "orders"), ("directory", output.to_str().unwrap())]);
    world.sim.run_until(async {
        worker.create("orders", source).await.unwrap();
        worker.drain_sources().await.unwrap();
        worker.create("csv", sink).await.unwrap();
        worker.drain_sinks().await.unwrap();
    });
    let files = finished(&output, ".csv");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["orders-0-0000000000-0000000024.csv"]);
    let text = files.values().next().unwrap();
    assert_eq!(text.lines().next().unwrap(), "id,time,customer,item,quantity,price");
    assert_eq!(text.lines().count(), 26);

    fs::rename(output.join("orders-0-0000000000-0000000024.csv"), directory.path().join("taken.csv")).unwrap();
    world.sim.run_until(async {
        worker.restart("csv").await.unwrap();
        worker.drain_sinks().await.unwrap();
    });
    assert!(finished(&output, ".csv").is_empty());
}

#[test]
fn a_sink_whose_topic_was_created_anew_says_so_instead_of_passing_over_records() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("rows-0-0000000000-0000000099.jsonl"), "").unwrap();
    let world = World::new(8);
    world.create_topic("rows", 1);
    let worker = world.start(&connect_plugins::all());
    let sink = config(&[("connector.class", "JsonFileSink"), ("topics", "rows"), ("directory", directory.path().to_str().unwrap())]);
    world.sim.run_until(worker.create("out", sink)).unwrap();
    let error = world.sim.run_until(worker.drain_sinks()).unwrap_err();
    assert!(error.to_string().contains("the sink already holds rows-0 up to offset 100, but that partition ends at 0"), "{error}");
}

#[test]
fn lines_that_are_no_text_or_too_long_become_dead_letters_with_file_and_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("in.log");
    fs::write(&input, [&b"good\ncaf\xe9\n"[..], "x".repeat(5000).as_bytes(), b"\nlast\n"].concat()).unwrap();
    let world = World::new(9);
    let worker = world.start(&connect_plugins::all());
    let source = config(&[
        ("connector.class", "FileTailSource"),
        ("file", input.to_str().unwrap()),
        ("topic", "lines"),
        ("line.max.bytes", "1000"),
        ("errors.tolerance", "all"),
        ("errors.deadletterqueue.topic.name", "dead"),
    ]);
    world.sim.run_until(worker.create("in", source)).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    assert_eq!(world.values("lines"), ["good", "last"]);
    let dead = world.read("dead")[&0].clone();
    assert_eq!(dead.iter().map(|record| record.value.as_ref().unwrap().len()).collect::<Vec<_>>(), [4, 1000]);
    let message = |index: usize| {
        let name = b"__connect.errors.exception.message";
        let header = dead[index].headers.iter().find(|header| &header.key[..] == name).unwrap();
        String::from_utf8(header.value.as_ref().unwrap().to_vec()).unwrap()
    };
    assert!(message(0).contains("in.log bytes 5..10: the line is not UTF-8 at its byte 3"), "{}", message(0));
    assert!(message(1).contains("in.log bytes 10..5011: the line is longer than line.max.bytes=1000"), "{}", message(1));
}

#[test]
fn a_refused_record_is_a_dead_letter_once_though_the_worker_dies_between_its_file_and_the_commit() {
    for seed in 20..26 {
        let directory = tempfile::tempdir().unwrap();
        let output = directory.path().join("out");
        let world = World::new(seed);
        world.create_topic("rows", 2);
        for partition in 0..2 {
            world.produce("rows", partition, (0..60).map(|number| (number % 5 != 3).then(|| number.to_string())));
        }
        let mut worker = Some(world.start(&connect_plugins::all()));
        let sink = config(&[
            ("connector.class", "JsonFileSink"),
            ("topics", "rows"),
            ("directory", output.to_str().unwrap()),
            ("value.converter", "StringConverter"),
            ("flush.size", "2"),
            ("tasks.max", "2"),
            ("errors.tolerance", "all"),
            ("errors.deadletterqueue.topic.name", "dead"),
        ]);
        world.sim.run_until(worker.as_ref().unwrap().create("out", sink)).unwrap();
        for _ in 0..25 {
            world.sim.run_for(Duration::from_millis(world.env.random.below(30)));
            drop(worker.take());
            worker = Some(world.start(&connect_plugins::all()));
        }
        world.sim.run_until(worker.as_ref().unwrap().wait_idle()).unwrap();
        let rows: usize = finished(&output, ".jsonl").values().map(|text| text.lines().count()).sum();
        assert_eq!(rows, 2 * 48, "seed {seed}");
        let place = |record: &log_record::OffsetRecord| {
            let header = |name: &str| record.headers.iter().find(|header| header.key == name).unwrap().value.clone().unwrap();
            (header("__connect.errors.partition"), header("__connect.errors.offset"))
        };
        let mut dead: Vec<_> = world.read("dead")[&0].iter().map(place).collect();
        assert_eq!(dead.len(), 2 * 12, "seed {seed}");
        dead.sort();
        dead.dedup();
        assert_eq!(dead.len(), 2 * 12, "seed {seed}: each once");
    }
}

#[test]
fn values_that_are_passed_over_on_purpose_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::new(30);
    world.create_topic("rows", 1);
    world.produce("rows", 0, (0..10).map(|number| (number % 2 == 0).then(|| number.to_string())));
    let worker = world.start(&connect_plugins::all());
    let sink = config(&[
        ("connector.class", "JsonFileSink"),
        ("topics", "rows"),
        ("directory", directory.path().to_str().unwrap()),
        ("value.converter", "StringConverter"),
        ("behavior.on.null.values", "ignore"),
    ]);
    world.sim.run_until(worker.create("out", sink)).unwrap();
    world.sim.run_until(worker.drain_sinks()).unwrap();
    assert_eq!(worker.metrics()[0].skipped, 5);
}

#[test]
fn a_line_of_100_mb_and_one_that_is_no_text_do_not_stop_a_plain_file_source() {
    let directory = tempfile::tempdir().unwrap();
    let input = directory.path().join("in.log");
    {
        use std::io::Write as _;
        let mut file = fs::File::create(&input).unwrap();
        file.write_all(b"first\ncaf\xe9\n").unwrap();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            file.write_all(&piece).unwrap();
        }
        file.write_all(b"\nlast\n").unwrap();
    }
    let base = [("connector.class", "FileStreamSource"), ("file", input.to_str().unwrap()), ("topic", "lines")];
    let tolerant = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];

    let world = World::new(10);
    let worker = world.start(&connect_plugins::all());
    world.sim.run_until(worker.create("in", config(&[&base[..], &tolerant].concat()))).unwrap();
    world.sim.run_until(worker.drain_sources()).unwrap();
    assert_eq!(world.values("lines"), ["first", "last"]);
    let dead = world.read("dead")[&0].clone();
    let message = |index: usize| {
        let name = b"__connect.errors.exception.message";
        let header = dead[index].headers.iter().find(|header| &header.key[..] == name).unwrap();
        String::from_utf8(header.value.as_ref().unwrap().to_vec()).unwrap()
    };
    assert_eq!(dead.len(), 2);
    assert!(message(0).contains("in.log bytes 6..11: the line is not UTF-8 at its byte 3"), "{}", message(0));
    assert!(message(1).contains("in.log bytes 11..104857612: the line is longer than line.max.bytes=1000000"), "{}", message(1));

    // Without tolerance it stops, and what it advises is what the connector has.
    let world = World::new(11);
    let worker = world.start(&connect_plugins::all());
    world.sim.run_until(worker.create("in", config(&base))).unwrap();
    let error = world.sim.run_until(worker.drain_sources()).unwrap_err().to_string();
    assert!(error.contains("set encoding=bytes or encoding=utf8-lossy"), "{error}");
    let advised = [("encoding", "utf8-lossy"), ("line.max.bytes", "200000000"), ("topic.creation.default.max.message.bytes", "200000000")];
    let lossy = config(&[&base[..], &advised[..1]].concat());
    world.sim.run_until(worker.put_config("in", lossy)).unwrap();
    let error = world.sim.run_until(worker.drain_sources()).unwrap_err().to_string();
    assert!(error.contains("longer than line.max.bytes=1000000; raise that to take it"), "{error}");
    worker.validate("in", &config(&[&base[..], &advised].concat())).unwrap();
}
