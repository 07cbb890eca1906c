//! Lines that cannot become records: they go to the dead-letter topic with their place in the file, and the rest goes on.

use crate::process::{assert_says, fail, succeed, text};
use serde_json::Value;
use std::path::{Path, PathBuf};

const LONG_BYTES: usize = 100_000_000;
const TOLERANT: &str = ", 'errors.tolerance' = 'all', 'errors.deadletterqueue.topic.name' = 'dead',
    'errors.deadletterqueue.context.headers.enable' = 'true'";

/// A file with a line of 100 MB and one that is no UTF-8 among good ones, and a script that reads it.
fn job(folder: &Path, more: &str) -> PathBuf {
    let input = folder.join("input.log");
    let long = vec![b'x'; LONG_BYTES];
    std::fs::write(&input, [b"one\n".as_slice(), &long, b"\ntwo\nno\xfft\nthree\n"].concat()).expect("a writable folder");
    let script = folder.join("script.sql");
    let sql = format!(
        "CREATE SOURCE CONNECTOR lines WITH ('connector.class' = 'FileStreamSource', 'file' = '{}', 'topic' = 't', 'value.converter' = 'StringConverter'{more});",
        input.display()
    );
    std::fs::write(&script, sql).expect("a writable folder");
    script
}

#[test]
fn lines_that_are_too_long_or_no_text_are_dead_lettered_with_file_and_byte() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (script, data) = (job(folder.path(), TOLERANT), folder.path().join("data"));
    succeed(&["run", text(&script), "--data-dir", text(&data), "--until-idle"]);
    assert_eq!(succeed(&["consume", "t", "--data-dir", text(&data)]), "one\ntwo\nthree\n");
    let letters = succeed(&["consume", "dead", "-o", "json", "--data-dir", text(&data)]);
    let letters: Vec<Value> = letters.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect();
    let header = |letter: &Value, name: &str| {
        let headers = letter["headers"].as_array().expect("headers").clone();
        let found = headers.into_iter().find(|header| header["key"].as_str().is_some_and(|key| key.ends_with(name)));
        found.unwrap_or_else(|| panic!("{name} is missing"))["value"].as_str().expect("text").to_string()
    };
    assert_eq!(letters.len(), 2);
    let file = folder.path().join("input.log");
    let after_long = LONG_BYTES + "one\n\n".len();
    for (letter, start, reason) in [(&letters[0], 4, "longer than"), (&letters[1], after_long + "two\n".len(), "not UTF-8 at its byte 2")] {
        assert_says(&header(letter, "exception.message"), &[text(&file), &format!("bytes {start}.."), reason]);
        assert_says(&header(letter, "source.partition"), &[text(&file)]);
    }
    assert_says(&header(&letters[0], "source.offset"), &[&format!(":{after_long}}}")]);
}

#[test]
fn without_tolerance_the_job_stops_at_the_line_and_names_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (script, data) = (job(folder.path(), ""), folder.path().join("data"));
    let message = fail(&["run", text(&script), "--data-dir", text(&data), "--until-idle"]);
    assert_says(&message, &[text(&folder.path().join("input.log")), "bytes 4..", "line.max.bytes"]);
}
