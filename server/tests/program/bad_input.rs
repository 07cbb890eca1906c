//! What the program says to bad input: what, where, and how to mend it.

use crate::process::{fail, run, succeed};
use std::path::Path;

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

#[test]
fn a_sql_mistake_is_shown_with_its_place_and_the_nearest_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&[
        "sql",
        "--data-dir",
        text(&data),
        "-c",
        "CREATE STREAM requests (client VARCHAR) WITH (topic = 'requests', format = 'json')",
    ]);
    let message = fail(&["sql", "--data-dir", text(&data), "-c", "SELECT cleint FROM requests"]);
    assert_says(&message, &["cleint", "client", "line 1", "^"]);
    let message = fail(&["sql", "--data-dir", text(&data), "-c", "SELECT client FROM request"]);
    assert_says(&message, &["request", "requests"]);
    let message = fail(&["sql", "--data-dir", text(&data), "-c", "SELEC 1"]);
    assert_says(&message, &["SELEC", "line 1"]);
}

#[test]
fn an_unset_variable_is_named_with_the_flag_that_sets_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("script.sql");
    std::fs::write(&script, "CREATE STREAM s (line VARCHAR) WITH (topic = '${where}', format = 'text');").expect("a writable folder");
    let message = fail(&["run", text(&script), "--data-dir", text(&folder.path().join("data"))]);
    assert_says(&message, &["where", "--set"]);
}

#[test]
fn an_unknown_connector_option_is_named_with_the_nearest() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = folder.path().join("script.sql");
    let sql = "CREATE SOURCE CONNECTOR c WITH ('connector.class' = 'FileStreamSource', 'fil' = 'x', 'topic' = 't');";
    std::fs::write(&script, sql).expect("a writable folder");
    let message = fail(&["run", text(&script), "--data-dir", text(&folder.path().join("data")), "--until-idle"]);
    assert_says(&message, &["fil", "\"file\""]);
}

#[test]
fn a_missing_script_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let message = fail(&["run", "no-such.sql", "--data-dir", text(&folder.path().join("data"))]);
    assert_says(&message, &["no-such.sql", "No such file"]);
}

#[test]
fn a_data_directory_with_a_damaged_file_is_refused_naming_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "--data-dir", text(&data), "create", "t"]);
    let version = data.join("headwater.version");
    let bytes = std::fs::read(&version).expect("the version file exists");
    std::fs::write(&version, [bytes.as_slice(), b"9"].concat()).expect("a writable file");
    let message = fail(&["topic", "--data-dir", text(&data), "list"]);
    assert_says(&message, &["headwater.version", "damaged", "checksum"]);
}

#[test]
fn a_name_that_is_no_topic_name_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    assert_says(&fail(&["topic", "--data-dir", text(&data), "create", "a b"]), &["a b", "letters"]);
    assert_says(&fail(&["topic", "--data-dir", text(&data), "create", "t", "-c", "retention.msec=1"]), &["retention.msec", "retention.ms"]);
    assert_says(&fail(&["consume", "nothing", "--data-dir", text(&data)]), &["nothing"]);
}

#[test]
fn a_wrong_command_line_ends_with_code_2() {
    assert_eq!(run(&["nonsense"]).status.code(), Some(2));
}
