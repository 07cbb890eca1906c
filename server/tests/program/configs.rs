//! `config`, `cluster` and what `topic` can change.

use crate::process::{assert_says, fail, succeed, text};

#[test]
fn entries_are_set_and_unset_for_all_topics_or_none() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let on = |arguments: &[&str]| succeed(&[arguments, &["--data-dir", text(&data)]].concat());
    let refused = |arguments: &[&str]| fail(&[arguments, &["--data-dir", text(&data)]].concat());
    on(&["topic", "create", "a"]);
    on(&["topic", "create", "b", "-c", "segment.bytes=2000000"]);
    let changed = on(&["config", "alter", "a", "b", "--set", "retention.ms=1000", "--unset", "segment.bytes"]);
    assert_eq!(changed.lines().filter(|line| line.ends_with("retention.ms=1000")).count(), 2);
    let shown: serde_json::Value = serde_json::from_str(&on(&["config", "describe", "b", "--json"])).expect("JSON");
    assert_eq!(shown["config"], serde_json::json!({"retention.ms": "1000"}));
    assert_says(&on(&["config", "describe", "b", "--all"]), &["segment.bytes", "1073741824", "default", "retention.ms", "topic"]);
    assert_says(&refused(&["config", "alter", "a", "--set", "retention.msec=1"]), &["retention.msec", "retention.ms"]);
    assert_says(&refused(&["config", "alter", "a", "missing", "--set", "retention.ms=5"]), &["missing"]);
    assert_says(&on(&["config", "describe", "a"]), &["1000"]);
    assert_says(&refused(&["config", "alter", "__consumer_offsets", "--set", "retention.ms=5"]), &["belongs to"]);
    for whose in [&["--node", "1"][..], &["--nodes"]] {
        let told = refused(&[&["config", "alter"], whose, &["--set", "num.partition=1"]].concat());
        assert_says(&told, &["unknown broker configuration", "\"num.partition\"", "did you mean \"num.partitions\"?"]);
    }
}

#[test]
fn partitions_are_added_and_what_exists_is_left_alone_if_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let on = |arguments: &[&str]| succeed(&[arguments, &["--data-dir", text(&data)]].concat());
    on(&["topic", "create", "t"]);
    assert_eq!(on(&["topic", "alter", "t", "-p", "3"]), "topic t has 3 partitions now\n");
    assert_eq!(on(&["topic", "offsets", "t"]).lines().count(), 3);
    assert_eq!(on(&["topic", "create", "t", "--if-not-exists"]), "topic t exists\n");
    assert_eq!(on(&["topic", "list", "--names"]), "t\n");
    assert_eq!(on(&["topic", "delete", "t", "missing", "--if-exists"]), "deleted topic t\n");
    for arguments in [&["topic", "create", "u", "-p", "0"][..], &["topic", "delete", "missing"], &["topic", "alter", "missing", "-p", "2"]]
    {
        assert_says(&fail(&[arguments, &["--data-dir", text(&data)]].concat()), &["error"]);
    }
}

#[test]
fn a_log_is_summed_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "create", "t", "-p", "3", "--data-dir", text(&data)]);
    let sums: serde_json::Value = serde_json::from_str(&succeed(&["cluster", "--json", "--data-dir", text(&data)])).expect("JSON");
    let (topics, internal) = (sums["topics"].as_u64().expect("a number"), sums["internal_topics"].as_u64().expect("a number"));
    assert_eq!((topics - internal, sums["groups"].as_u64()), (1, Some(0)));
    assert_eq!(sums["data_dir"], text(&data));
    assert_says(&succeed(&["cluster", "--data-dir", text(&data)]), &[text(&data), "topics", "partitions"]);
    assert_says(&fail(&["cluster", "--data-dir", text(&folder.path().join("none"))]), &["no data directory"]);
}
