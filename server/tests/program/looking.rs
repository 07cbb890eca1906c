//! Looking into a directory changes nothing, and a pipeline means the same files from wherever it is looked at.

use crate::process::{assert_says, headwater, succeed, text};
use std::path::Path;

const SCRIPT: &str = "
    CREATE SOURCE CONNECTOR input WITH ('connector.class' = 'FileStreamSource', 'file' = 'in.log', 'topic' = 'lines', 'value.converter' = 'StringConverter');
    CREATE STREAM lines (line VARCHAR) WITH (topic = 'lines', format = 'text');
    CREATE SINK CONNECTOR output WITH ('connector.class' = 'JsonFileSink', 'directory' = 'out', 'topics' = 'lines', 'value.converter' = 'StringConverter');";

/// Runs the program from a directory; its standard output, or its standard error if it fails.
fn run_in(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = headwater(arguments).current_dir(folder).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn a_question_from_another_directory_reads_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (home, other, data, script) =
        (folder.path().join("home"), folder.path().join("other"), folder.path().join("data"), folder.path().join("script.sql"));
    for (directory, lines) in [(&home, "one\ntwo\n"), (&other, "not\nthese\nthree\n")] {
        std::fs::create_dir(directory).expect("a writable folder");
        std::fs::write(directory.join("in.log"), lines).expect("a writable folder");
    }
    std::fs::write(&script, SCRIPT).expect("a writable folder");
    let job = ["run", text(&script), "--data-dir", text(&data), "--until-idle"];
    let count = ["sql", "-o", "csv", "-c", "SELECT count(*) AS n FROM lines", "--data-dir", text(&data)];
    run_in(&home, &job).expect("the job ends");
    std::fs::write(home.join("in.log"), "one\ntwo\nthree\n").expect("a writable folder");

    assert_eq!(run_in(&other, &count).expect("an answer"), "n\n2\n");
    // Nothing was read while the question was answered, from here or there.
    assert_eq!(succeed(&["consume", "lines", "--data-dir", text(&data)]), "one\ntwo\n");
    assert!(!other.join("out").exists());

    let message = run_in(&other, &job).expect_err("the same words mean other files here");
    assert_says(&message, &["another definition", text(&home.join("in.log")), text(&other.join("in.log"))]);
    assert!(!other.join("out").exists());
    assert_eq!(run_in(&home, &job).map(|text| text.matches("unchanged").count()), Ok(3));
    assert_eq!(run_in(&other, &count).expect("an answer"), "n\n3\n");
}

#[test]
fn earlier_connectors_run_during_statements_only_if_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    std::fs::write(folder.path().join("in.log"), "one\n").expect("a writable folder");
    let script = folder.path().join("script.sql");
    std::fs::write(&script, SCRIPT).expect("a writable folder");
    run_in(folder.path(), &["run", text(&script), "--data-dir", text(&data), "--until-idle"]).expect("the job ends");
    std::fs::write(folder.path().join("in.log"), "one\ntwo\n").expect("a writable folder");
    let states = |more: &[&str]| {
        let all = [&["sql", "-o", "json", "-c", "SHOW CONNECTORS", "--data-dir", text(&data)], more].concat();
        let answer = succeed(&all);
        let state =
            |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["state"].as_str().expect("text").to_string();
        answer.lines().map(state).collect::<Vec<_>>()
    };
    assert_eq!(states(&[]), ["UNASSIGNED", "UNASSIGNED"]);
    assert_eq!(states(&["--resume"]), ["RUNNING", "RUNNING"]);
    // What comes with --resume is read on from where it stopped.
    let watch = ["sql", "--resume", "-o", "csv", "-c", "SELECT line FROM lines EMIT CHANGES LIMIT 2", "--data-dir", text(&data)];
    assert_eq!(succeed(&watch), "line\none\ntwo\n");
}
