//! What the program says to bad input: what, where, and how to mend it.

use crate::process::{assert_says, fail, headwater, run, succeed, text};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A script with one file source, and the arguments that run it.
fn source(folder: &Path, kind: &str, class: &str, options: &str) -> PathBuf {
    let script = folder.join("script.sql");
    let sql = format!("CREATE {kind} CONNECTOR lines WITH ('connector.class' = '{class}', {options});");
    std::fs::write(&script, sql).expect("a writable folder");
    script
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
fn a_name_that_is_no_topic_name_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    assert_says(&fail(&["topic", "--data-dir", text(&data), "create", "a b"]), &["a b", "letters"]);
    assert_says(&fail(&["topic", "--data-dir", text(&data), "create", "t", "-c", "retention.msec=1"]), &["retention.msec", "retention.ms"]);
    succeed(&["topic", "--data-dir", text(&data), "create", "t"]);
    assert_says(&fail(&["consume", "nothing", "--data-dir", text(&data)]), &["nothing"]);
}

#[test]
fn a_wrong_command_line_ends_with_code_2() {
    assert_eq!(run(&["nonsense"]).status.code(), Some(2));
}

#[test]
fn a_missing_input_file_is_named_when_the_job_can_wait_no_longer() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = folder.path().join("no-such.log");
    let script = source(folder.path(), "SOURCE", "FileStreamSource", &format!("'file' = '{}', 'topic' = 't'", text(&input)));
    let message = fail(&["run", text(&script), "--data-dir", text(&folder.path().join("data")), "--until-idle"]);
    assert_says(&message, &[text(&input), "does not exist", "option \"file\""]);
}

#[test]
fn an_unreadable_input_file_is_named_with_the_reason() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = folder.path().join("secret.log");
    std::fs::write(&input, "a\n").expect("a writable folder");
    std::fs::set_permissions(&input, std::fs::Permissions::from_mode(0o000)).expect("our own file");
    let script = source(folder.path(), "SOURCE", "FileStreamSource", &format!("'file' = '{}', 'topic' = 't'", text(&input)));
    let program = headwater(&["run", text(&script), "--data-dir", text(&folder.path().join("data")), "--until-idle"]);
    // Even root may not read it without these rights.
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if is_root { Command::new("setpriv") } else { Command::new("env") };
    if is_root {
        command.args(["--bounding-set", "-dac_override,-dac_read_search"]);
    }
    let output = command.arg(program.get_program()).args(program.get_args()).output().expect("the program starts");
    assert!(!output.status.success());
    assert_says(&String::from_utf8_lossy(&output.stderr), &[text(&input), "permission denied", "change its owner or mode"]);
}

#[test]
fn a_directory_as_input_is_refused_at_the_option() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = source(folder.path(), "SOURCE", "FileStreamSource", &format!("'file' = '{}', 'topic' = 't'", text(folder.path())));
    let message = fail(&["run", text(&script), "--data-dir", text(&folder.path().join("data")), "--until-idle"]);
    assert_says(&message, &["it is a directory", "line 1", "^"]);
}

#[test]
fn a_sink_whose_directory_cannot_be_made_is_refused_at_the_option() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let directory = folder.path().join("no/such");
    let script = source(folder.path(), "SINK", "JsonFileSink", &format!("'directory' = '{}', 'topics' = 't'", text(&directory)));
    let message = fail(&["run", text(&script), "--data-dir", text(&folder.path().join("data")), "--until-idle"]);
    assert_says(&message, &[text(&directory), "neither it nor its parent exists", "line 1", "^"]);
}

#[test]
fn a_class_of_the_other_kind_is_refused_with_the_right_statement() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cases = [
        ("SINK", "FileStreamSource", "'file' = 'x', 'topic' = 't'", ["it is a source", "CREATE SOURCE CONNECTOR"]),
        ("SOURCE", "JsonFileSink", "'directory' = 'x', 'topics' = 't'", ["it is a sink", "CREATE SINK CONNECTOR"]),
    ];
    for (kind, class, options, words) in cases {
        let script = source(folder.path(), kind, class, options);
        let message = fail(&["run", text(&script), "--data-dir", text(&folder.path().join("data")), "--until-idle"]);
        assert_says(&message, &words);
        assert_says(&message, &[class, "line 1", "^"]);
    }
}

#[test]
fn a_dead_letter_topic_without_tolerance_is_warned_of_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let options = "'template' = 'json', 'rows' = '3', 'topic' = 't', 'errors.deadletterqueue.topic.name' = 'dead'";
    let script = source(folder.path(), "SOURCE", "Datagen", options);
    let said = || {
        let output = run(&["run", text(&script), "--data-dir", text(&data), "--until-idle", "--quiet"]);
        assert!(output.status.success());
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8")).concat()
    };
    assert_says(&said(), &["WARN", "errors.deadletterqueue.topic.name", "\"dead\"", "errors.tolerance"]);
    assert_eq!(said(), "");
}

#[test]
fn a_value_that_the_script_does_not_ask_for_is_refused_before_anything_happens() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let script = source(folder.path(), "SOURCE", "FileStreamSource", "'file' = '${input:-access.log}', 'topic' = 't'");
    let message = fail(&["run", text(&script), "--data-dir", text(&data), "--set", "inptu=x", "--until-idle"]);
    assert_says(&message, &["inptu", "did you mean \"input\"?"]);
    let message = fail(&["sql", "--data-dir", text(&data), "--set", "n=1", "-c", "SHOW TOPICS"]);
    assert_says(&message, &["variable \"n\"", "no variables"]);
    assert!(!data.exists());
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    let output = headwater(&["topic", "list"]).env("HEADWATER_LOG", "loud").output().expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert_says(&String::from_utf8_lossy(&output.stderr), &["HEADWATER_LOG", "loud", "debug"]);
}
