//! Which log a command talks to: a directory, or servers, and never both.

use crate::process::{assert_says, fail, headwater, run, text};

#[test]
fn a_directory_and_a_server_together_are_refused_before_anything_happens() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    for command in [&["topic", "list"][..], &["produce", "t"], &["consume", "t"], &["group", "list"], &["cluster"], &["bench", "produce"]] {
        let message = fail(&[command, &["--data-dir", text(&data), "--bootstrap", "127.0.0.1:1"]].concat());
        assert_says(&message, &["--data-dir", "--bootstrap", "leave one out"]);
    }
    assert!(!data.exists());
}

#[test]
fn an_address_that_is_none_is_refused_with_what_would_be_one() {
    for address in ["127.0.0.1:none", "http://127.0.0.1:1", ""] {
        assert_says(&fail(&["topic", "list", "--bootstrap", address]), &["HOST:PORT", address]);
    }
}

#[test]
fn two_variables_of_the_environment_are_refused_and_a_flag_beats_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let mut command = headwater(&["topic", "create", "t"]);
    let output = command.env("HEADWATER_BOOTSTRAP", "127.0.0.1:1").env("HEADWATER_DATA_DIR", &data).output().expect("the program starts");
    assert_says(&String::from_utf8_lossy(&output.stderr), &["HEADWATER_BOOTSTRAP", "HEADWATER_DATA_DIR", "unset one"]);
    assert!(!data.exists());
    let mut command = headwater(&["topic", "create", "t", "--data-dir", text(&data)]);
    assert!(command.env("HEADWATER_BOOTSTRAP", "127.0.0.1:1").output().expect("the program starts").status.success());
    assert!(data.exists());
}

#[test]
fn a_state_directory_goes_with_a_server_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let message =
        fail(&["sql", "-c", "SHOW TOPICS; CREATE STREAM s (a INT) WITH (topic = 's')", "--data-dir", text(&data), "--state-dir", "x"]);
    assert_says(&message, &["--state-dir", "--bootstrap"]);
    assert_eq!(run(&["cluster", "--data-dir", text(&data)]).status.code(), Some(1));
}
