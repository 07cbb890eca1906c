//! The options of `produce` and `consume`.

use crate::process::{assert_says, fail, feed, succeed, text};
use serde_json::Value;
use std::path::Path;

fn produce(data: &Path, arguments: &[&str], input: &[u8]) -> Result<String, String> {
    let output = feed(&[&["produce", "--data-dir", text(data)], arguments].concat(), input);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn consume(data: &Path, arguments: &[&str]) -> String {
    succeed(&[&["consume", "--data-dir", text(data)], arguments].concat())
}

#[test]
fn keys_tombstones_headers_and_codecs_arrive_as_they_were_given() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let arguments = ["t", "--key-separator", "=>", "--null-marker", "NULL", "-H", "from=test", "-z", "zstd"];
    assert_eq!(produce(&data, &arguments, b"a=>1\nb=>NULL\nplain\nNULL=>2\nc=>\r\n"), Ok("appended 5 records to t\n".to_string()));
    let records: Vec<Value> = consume(&data, &["t", "-o", "json"]).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let text = |value: &str| Value::from(value);
    let expected =
        [(text("a"), text("1")), (text("b"), Value::Null), (Value::Null, text("plain")), (Value::Null, text("2")), (text("c"), text(""))];
    for (offset, (record, (key, value))) in records.iter().zip(&expected).enumerate() {
        assert_eq!((&record["key"], &record["value"], record["offset"].as_u64()), (key, value, Some(offset as u64)));
        assert_eq!(record["headers"][0]["key"], "from");
        assert_eq!(record["headers"][0]["value"], "test");
    }
    assert_eq!(produce(&data, &["t", "-k", "k"], b"x"), Ok("appended 1 record to t\n".to_string()));
    assert_eq!(consume(&data, &["t", "-o", "key-value", "--offset", "5"]), "k\tx\n");
}

#[test]
fn partitions_and_positions_are_chosen() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "create", "t", "-p", "3", "--data-dir", text(&data)]);
    produce(&data, &["t", "-p", "2"], b"a\nb\nc\n").expect("appended");
    produce(&data, &["t", "-p", "0"], b"d\n").expect("appended");
    assert_eq!(consume(&data, &["t", "-p", "2"]), "a\nb\nc\n");
    assert_eq!(consume(&data, &["t", "-p", "2", "--offset", "1"]), "b\nc\n");
    assert_eq!(consume(&data, &["t", "-p", "2", "-n", "2"]), "a\nb\n");
    assert_eq!(consume(&data, &["t", "-p", "1"]), "");
    assert_eq!(consume(&data, &["t"]).lines().count(), 4);
    assert_eq!(consume(&data, &["t", "--offset", "@0"]).lines().count(), 4);
    assert_eq!(consume(&data, &["t", "--offset", "@99999999999999"]), "");
    let on = |arguments: &[&str]| fail(&[&["consume", "--data-dir", text(&data)], arguments].concat());
    assert_says(&on(&["t", "-p", "3"]), &["0 to 2", "3"]);
    assert_says(&on(&["t", "--offset", "middle"]), &["--offset", "middle"]);
    assert_says(&on(&["t", "--offset", "@noon"]), &["@TIME", "noon"]);
}

#[test]
fn lines_before_a_bad_one_are_appended_and_the_bad_one_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "create", "t", "-c", "max.message.bytes=1000", "--data-dir", text(&data)]);
    let long = [b"one\ntwo\n".as_slice(), &[b'x'; 2000], b"\nfour\n"].concat();
    let message = produce(&data, &["t"], &long).expect_err("a line is too long");
    assert_says(&message, &["2 records", "line 3", "max.message.bytes"]);
    assert_eq!(consume(&data, &["t"]), "one\ntwo\n");
    // Many small lines together are no large batch.
    let many = "0123456789\n".repeat(500);
    assert_eq!(produce(&data, &["t"], many.as_bytes()), Ok("appended 500 records to t\n".to_string()));
}

#[test]
fn what_is_wrong_is_said_before_a_directory_or_topic_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let cases: [(&[&str], &str); 6] = [
        (&["t", "-p=-1"], "-1"),
        (&["a b"], "a b"),
        (&["t", "-z", "zip"], "unknown compression"),
        (&["t", "-H", "novalue"], "--header takes KEY=VALUE"),
        (&["t", "--key-separator", ""], "--key-separator"),
        (&["connect-offsets"], "belongs to"),
    ];
    for (arguments, word) in cases {
        assert_says(&produce(&data, arguments, b"x\n").expect_err("refused"), &[word]);
        assert!(!data.exists(), "{arguments:?}");
    }
    assert_says(&produce(&data, &["t", "-p", "1"], b"x\n").expect_err("refused"), &["does not exist", "headwater topic create t -p 2"]);
    assert!(!succeed(&["topic", "list", "--data-dir", text(&data)]).contains("t "));
}
