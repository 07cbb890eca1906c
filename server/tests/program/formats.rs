//! The format language and the offset language of `produce` and `consume`.

use crate::process::{assert_says, fail, feed, succeed, text};
use std::path::Path;

fn produce(data: &Path, arguments: &[&str], input: &[u8]) -> String {
    let output = feed(&[&["produce", "--data-dir", text(data)], arguments].concat(), input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn consume(data: &Path, arguments: &[&str]) -> String {
    succeed(&[&["consume", "--data-dir", text(data)], arguments].concat())
}

#[test]
fn records_are_read_and_printed_in_a_form_of_ones_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "create", "t", "-p", "2", "--data-dir", text(&data)]);
    let format = r"%p %d{rfc3339} %k{hex} %h{%k=%v,}%K{ascii}|%v\n";
    assert_eq!(
        produce(&data, &["t", "-f", format], b"1 2026-11-21T10:00:00Z 6b h=1,0|v w\n1 2026-11-21T10:00:01Z 6c g=2,0|x"),
        "appended 2 records to t\n"
    );
    let format = r"%t/%p@%o %k=%v %h (%K %V %H) %d{rfc3339} %%\n";
    let expected = "t/1@0 k=v w h=1 (1 3 1) 2026-11-21T10:00:00.000Z %\nt/1@1 l=x g=2 (1 1 1) 2026-11-21T10:00:01.000Z %\n";
    assert_eq!(consume(&data, &["t", "-f", format]), expected);
    assert_eq!(consume(&data, &["t", "-f", r"%s\0", "-o", "1"]), "x\0");
    assert_eq!(consume(&data, &["t", "-o", "@2026-11-21T10:00:01Z"]), "x\n");
    assert_eq!(consume(&data, &["t", "-o", "@2026-11-21T10:00:00Z:1s"]), "v w\n");
    assert_eq!(consume(&data, &["t", "-o", "s@2026-11-21T10:00:00Z", "-o", "e@2026-11-21T10:00:01Z", "-J"]).lines().count(), 1);
}

#[test]
fn nulls_come_in_and_go_out_as_they_are_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    produce(&data, &["t", "-K", ":", "-Z"], b"a:1\nb:\n:2\n");
    assert_eq!(consume(&data, &["t", "-Z", "-f", r"%k %v %V\n"]), "a 1 1\nb NULL -1\nNULL 2 1\n");
    assert_eq!(consume(&data, &["t", "--null-marker", "-", "-f", "%k%v;"]), "a1;b-;-2;");
}

#[test]
fn files_are_read_in_turn_and_a_missing_one_is_named_before_a_topic_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, one, two) = (folder.path().join("data"), folder.path().join("one"), folder.path().join("two"));
    std::fs::write(&one, "1\n2").expect("written");
    std::fs::write(&two, "3\n").expect("written");
    assert_eq!(produce(&data, &["t", text(&one), "-", text(&two)], b"between\n"), "appended 4 records to t\n");
    assert_eq!(consume(&data, &["t"]), "1\n2\nbetween\n3\n");
    let other = folder.path().join("other");
    assert_says(&fail(&["produce", "t", "no-such-file", "--data-dir", text(&other)]), &["no-such-file", "No such file"]);
    assert_says(&fail(&["produce", "t", text(folder.path()), "--data-dir", text(&other)]), &["directory"]);
    assert!(!other.exists());
    assert_says(&fail(&["produce", "missing", "--no-create", "--data-dir", text(&data)]), &["missing", "topic create missing"]);
}

#[test]
fn places_are_those_of_kcat_and_rpk() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    produce(&data, &["t"], b"0\n1\n2\n3\n4\n");
    let cases: [(&[&str], &str); 16] = [
        (&["-o", "beginning"], "0 1 2 3 4 "),
        (&["-o", "start", "-c", "2"], "0 1 "),
        (&["-o", "end", "-e"], ""),
        (&["-o", "-2"], "3 4 "),
        (&["-o", "+2"], "2 3 4 "),
        (&["-o", "3"], "3 4 "),
        (&["-o", "3:"], "3 4 "),
        (&["-o", ":2"], "0 1 "),
        (&["-o", "1:3"], "1 2 "),
        (&["-o", "+1:-1"], "1 2 3 "),
        (&["-o", "2:100", "-e"], "2 3 4 "),
        (&["-o", "2:100"], "2 3 4 "),
        (&["-o", "2:5", "-F"], "2 3 4 "),
        (&["-o", "50"], ""),
        (&["-o", "50:60"], ""),
        (&["-o", ":end", "-F", "-e"], "error"),
    ];
    for (arguments, expected) in cases {
        let all = [&["t", "-f", "%v "], arguments].concat();
        match expected {
            "error" => assert_says(&fail(&[&["consume", "--data-dir", text(&data)][..], &all].concat()), &["--follow"]),
            expected => assert_eq!(consume(&data, &all), expected, "{arguments:?}"),
        }
    }
    // What is not there yet is waited for, until it was seen.
    assert_eq!(consume(&data, &["t", "-F", "-n", "5", "-f", "%v "]), "0 1 2 3 4 ");
}

#[test]
fn offsets_are_printed_and_records_before_a_place_deleted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "create", "t", "-p", "2", "--data-dir", text(&data)]);
    produce(&data, &["t", "-p", "1"], b"0\n1\n2\n");
    let on = |arguments: &[&str]| succeed(&[arguments, &["--data-dir", text(&data)]].concat());
    assert_eq!(on(&["topic", "offsets", "t"]), "t:0:0\nt:1:3\n");
    assert_eq!(on(&["topic", "offsets", "t:1", "--at", "-1"]), "t:1:2\n");
    assert_eq!(on(&["topic", "trim", "t:1", "--before", "2"]), "t:1:2\n");
    assert_eq!(on(&["topic", "offsets", "t", "--at", "beginning"]), "t:0:0\nt:1:2\n");
    assert_eq!(consume(&data, &["t"]), "2\n");
    assert_says(&fail(&["topic", "offsets", "t:5", "--data-dir", text(&data)]), &["0 to 1", "5"]);
    assert_says(&fail(&["topic", "trim", "t", "--before", "1:2", "--data-dir", text(&data)]), &["--before", "one place"]);
}

#[test]
fn a_wrong_format_or_place_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    produce(&data, &["t"], b"0\n");
    let cases: [(&[&str], &str); 4] = [
        (&["consume", "t", "-f", "%q"], "%q"),
        (&["consume", "t", "-o", "begin"], "\"begin\""),
        (&["consume", "t", "-p", "x"], "\"x\""),
        (&["produce", "t", "-f", "%k%v"], "between"),
    ];
    for (arguments, word) in cases {
        assert_says(&fail(&[arguments, &["--data-dir", text(&data)]].concat()), &[word]);
    }
    let output = feed(&["produce", "t", "-f", "%k:%v\\n", "--data-dir", text(&data)], b"a:1\nb\n");
    assert_says(&String::from_utf8_lossy(&output.stderr), &["stopped after 1 record", "record 2", "--format"]);
}
