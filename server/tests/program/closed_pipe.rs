//! A reader that closes its end (`| head`): the command ends with success, and the directory is closed in order.

use crate::process::{feed, headwater, succeed, text};
use std::process::Stdio;

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let lines: String = (0..20_000).map(|number| format!("{{\"a\":{number}}}\n")).collect();
    assert!(feed(&["produce", "t", "--data-dir", text(&data)], lines.as_bytes()).status.success());
    succeed(&["sql", "--data-dir", text(&data), "-c", "CREATE STREAM t (a INT) WITH (topic = 't', format = 'json')"]);
    let select = "SELECT * FROM t";
    let commands: [&[&str]; 9] = [
        &["consume", "t"],
        &["topic", "list"],
        &["topic", "list", "--json"],
        &["topic", "describe", "t"],
        &["sql", "-c", select],
        &["sql", "-o", "json", "-c", select],
        &["sql", "-o", "csv", "-c", select],
        &["sql", "-c", "EXPLAIN SELECT * FROM t"],
        &["sql", "-c", "SELECT * FROM t EMIT CHANGES"],
    ];
    for arguments in commands {
        let arguments = [arguments, &["--data-dir", text(&data)]].concat();
        let mut child = headwater(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program can be waited for");
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{arguments:?}");
    }
    assert_eq!(succeed(&["consume", "t", "--data-dir", text(&data)]), lines);
}

#[test]
fn generated_lines_may_be_cut_off() {
    let mut child =
        headwater(&["datagen", "access-log"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program can be waited for");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
