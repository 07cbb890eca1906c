//! `bench`: it measures what it says, and leaves records that can be counted.

use crate::process::{assert_says, fail, succeed, text};
use crate::server::Server;
use serde_json::Value;
use std::path::Path;

fn report(data: &Path, arguments: &[&str]) -> Value {
    let text = succeed(&[&["bench"], arguments, &["--json", "--data-dir", text(data)]].concat());
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn what_was_produced_is_consumed_and_counted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let arguments =
        ["produce", "-n", "5000", "-s", "50", "-p", "3", "--keys", "10", "-z", "lz4", "--producers", "2", "-c", "headwater.flush=os"];
    let produced = report(&data, &arguments);
    assert_eq!((&produced["records"], &produced["untimed_records"]), (&Value::from(5000), &Value::from(2)));
    assert!(produced["records_per_second"].as_f64().is_some_and(|rate| rate > 0.0));
    let latency = |name: &str| produced["acknowledgement_latency_ms"][name].as_f64().expect("a number");
    assert!(latency("p50") <= latency("p99") && latency("p99") <= latency("max"));
    let consumed = report(&data, &["consume", "--consumers", "2"]);
    assert_eq!((&consumed["records"], &consumed["bytes"]), (&produced["records"], &produced["bytes"]));
    assert!(report(&data, &["consume", "-n", "10"])["records"].as_u64().is_some_and(|records| records >= 10));
    assert_says(&succeed(&["bench", "consume", "--data-dir", text(&data)]), &["consume: 5,000 records", "records/s", "MB/s"]);
}

#[test]
fn a_rate_is_kept_and_every_record_is_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let produced = report(&data, &["produce", "-n", "200", "-r", "2000", "--linger", "1ms"]);
    assert_eq!(produced["records"], 200);
    assert!(produced["seconds"].as_f64().is_some_and(|seconds| seconds >= 0.099), "{produced}");
    let found = report(&data, &["latency", "-n", "200", "-r", "2000", "-p", "2"]);
    assert_eq!((&found["records"], &found["records_not_read"]), (&Value::from(200), &Value::from(0)));
    let latency = |kind: &str| found[kind]["p50"].as_f64().expect("a number");
    assert!(latency("end_to_end_latency_ms") > 0.0 && latency("acknowledgement_latency_ms") > 0.0);
    let text = succeed(&["bench", "latency", "-d", "50ms", "-r", "500", "--data-dir", text(&data)]);
    assert_says(&text, &["latency:", "end_to_end latency: p50", "p99.9", "█"]);
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let cases: [(&[&str], &str); 9] = [
        (&["produce", "-z", "zip"], "zip"),
        (&["produce", "-d", "soon"], "soon"),
        (&["produce", "-d", "0s"], "--duration"),
        (&["produce", "__consumer_offsets"], "belongs to"),
        (&["produce", "-c", "retention.msec=1"], "retention.ms"),
        (&["consume"], "no data directory"),
        (&["produce", "a b"], "a b"),
        (&["latency", "-r", "0"], "--rate"),
        (&["latency", "-s", "4"], "--record-size"),
    ];
    for (arguments, word) in cases {
        assert_says(&fail(&[&["bench"], arguments, &["--data-dir", text(&data)]].concat()), &[word]);
        assert!(!data.exists(), "{arguments:?}");
    }
}

#[test]
fn every_client_sends_and_reads_the_same_through_a_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&folder.path().join("data"));
    let report =
        |arguments: &[&str]| -> Value { serde_json::from_str(&server.on(&[&["bench"], arguments, &["--json"]].concat())).expect("JSON") };
    for client in ["direct", "librdkafka"] {
        let load = [
            "produce",
            client,
            "-n",
            "3000",
            "-s",
            "50",
            "-p",
            "3",
            "--keys",
            "10",
            "--producers",
            "2",
            "--batch-size",
            "4096",
            "--client",
            client,
        ];
        let produced = report(&load);
        assert_eq!((&produced["records"], &produced["untimed_records"]), (&Value::from(3000), &Value::from(2)), "{client}");
        for reader in ["direct", "librdkafka"] {
            let consumed = report(&["consume", client, "--consumers", "2", "--client", reader]);
            assert_eq!(
                (&consumed["records"], &consumed["bytes"]),
                (&produced["records"], &produced["bytes"]),
                "{client}, read by {reader}"
            );
        }
        let found = report(&["latency", client, "-n", "200", "-r", "2000", "--client", client]);
        assert_eq!((&found["records"], &found["records_not_read"]), (&Value::from(200), &Value::from(0)), "{client}");
    }
    // What is on its way when the broker refuses is told, not lost.
    let refused = server.refused(&["bench", "produce", "small", "-n", "5000", "-c", "max.message.bytes=1000"]);
    assert_says(&refused, &["MESSAGE_TOO_LARGE"]);
    // One alone is measured.
    let alone = report(&["produce", "alone", "-n", "1"]);
    assert_eq!((&alone["records"], &alone["untimed_records"]), (&Value::from(1), &Value::from(0)));
    assert!(server.stop().success());
}
