//! Consumer groups: reading as a member, and `group list`, `describe` and `reset`.

use crate::process::{assert_says, fail, feed, succeed, text};
use serde_json::Value;
use std::path::Path;

/// A directory with a topic of two partitions, five records in each.
fn prepare(data: &Path) {
    succeed(&["topic", "create", "t", "-p", "2", "--data-dir", text(data)]);
    for partition in ["0", "1"] {
        let output = feed(&["produce", "t", "-p", partition, "--data-dir", text(data)], b"0\n1\n2\n3\n4\n");
        assert!(output.status.success());
    }
}

fn on(data: &Path, arguments: &[&str]) -> String {
    succeed(&[arguments, &["--data-dir", text(data)]].concat())
}

fn refused(data: &Path, arguments: &[&str]) -> String {
    fail(&[arguments, &["--data-dir", text(data)]].concat())
}

/// The committed offset and the lag of each partition.
fn stands(data: &Path) -> Vec<(i64, i64)> {
    let number = |row: &Value, name: &str| row[name].as_i64().expect("a number");
    let rows = on(data, &["group", "describe", "g", "--json"]);
    rows.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .map(|row: Value| (number(&row, "current"), number(&row, "lag")))
        .collect()
}

#[test]
fn a_group_goes_on_where_it_stopped_and_is_described() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    prepare(&data);
    assert_eq!(on(&data, &["consume", "t", "-G", "g", "-c", "3"]).lines().count(), 3);
    assert_eq!(on(&data, &["group", "list", "--names"]), "g\n");
    assert_eq!(stands(&data).iter().map(|(current, _)| current).sum::<i64>(), 3);
    assert_eq!(on(&data, &["consume", "t", "-G", "g", "-e"]).lines().count(), 7);
    assert_eq!(on(&data, &["consume", "t", "-G", "g", "-e"]), "");
    assert_eq!(stands(&data), [(5, 0), (5, 0)]);
    let table = on(&data, &["group", "describe", "g"]);
    assert_says(&table, &["GROUP", "CURRENT", "LAG"]);
    assert_eq!(table.lines().count(), 3);
    // Somebody else reads without committing, and from the end if that is asked for.
    assert_eq!(on(&data, &["consume", "t", "-G", "h", "-e", "--no-commit"]).lines().count(), 10);
    assert_eq!(on(&data, &["consume", "t", "-G", "h", "-e", "--no-commit", "-o", "end"]), "");
    assert_eq!(on(&data, &["group", "list", "--names"]), "g\n");
}

#[test]
fn a_reset_shows_what_it_would_do_and_does_it_only_if_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    prepare(&data);
    on(&data, &["consume", "t", "-G", "g", "-e"]);
    let table = on(&data, &["group", "reset", "g", "--all-topics", "--to-earliest"]);
    assert_says(&table, &["CURRENT", "NEW"]);
    assert_eq!(stands(&data), [(5, 0), (5, 0)]);
    type Stands = [(i64, i64); 2];
    let cases: [(&[&str], Stands); 8] = [
        (&["--to-earliest", "--all-topics"], [(0, 5), (0, 5)]),
        (&["--to-offset", "2", "-t", "t:1"], [(0, 5), (2, 3)]),
        (&["--shift-by", "1", "-t", "t"], [(1, 4), (3, 2)]),
        (&["--shift-by", "-100", "-t", "t:0"], [(0, 5), (3, 2)]),
        (&["--to-datetime", "2001-01-01", "-t", "t:1"], [(0, 5), (0, 5)]),
        (&["--by-duration", "PT0S", "-t", "t:0"], [(5, 0), (0, 5)]),
        (&["--to-latest", "--all-topics"], [(5, 0), (5, 0)]),
        (&["--to-current", "--all-topics"], [(5, 0), (5, 0)]),
    ];
    for (arguments, expected) in cases {
        on(&data, &[&["group", "reset", "g", "--execute"], arguments].concat());
        assert_eq!(stands(&data), expected, "{arguments:?}");
    }
    let file = folder.path().join("offsets.csv");
    std::fs::write(&file, "t,0,1\nt,1,4\n").expect("written");
    on(&data, &["group", "reset", "g", "--from-file", text(&file), "--execute"]);
    assert_eq!(stands(&data), [(1, 4), (4, 1)]);
    // A group that has read nothing yet can be told where to begin.
    on(&data, &["group", "reset", "fresh", "-t", "t", "--to-offset", "4", "--execute"]);
    assert_eq!(on(&data, &["consume", "t", "-G", "fresh", "-e"]), "4\n4\n");
}

#[test]
fn what_is_wrong_with_a_group_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    prepare(&data);
    on(&data, &["consume", "t", "-G", "readers", "-e"]);
    let cases: [(&[&str], &[&str]); 8] = [
        (&["group", "describe", "reader"], &["reader", "did you mean readers?"]),
        (&["group", "describe", "zzz"], &["zzz", "group list"]),
        (&["group", "reset", "readers", "--to-latest"], &["--topic", "--all-topics"]),
        (&["group", "reset", "readers", "--to-latest", "-t", "missing"], &["missing"]),
        (&["group", "reset", "readers", "--to-latest", "-t", "t:7"], &["0 to 1", "7"]),
        (&["group", "reset", "readers", "--to-datetime", "noon", "-t", "t"], &["noon", "--to-datetime"]),
        (&["group", "reset", "fresh", "--shift-by", "1", "-t", "t"], &["--shift-by", "--to-offset"]),
        (&["consume", "t", "-G", "readers", "-o", "3"], &["group reset"]),
    ];
    for (arguments, words) in cases {
        assert_says(&refused(&data, arguments), words);
    }
}
