//! A script that runs a second time on the same data directory.

use crate::process::{assert_says, fail, succeed, text};

#[test]
fn what_exists_is_left_as_it_is_and_insert_runs_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (script, data) = (folder.path().join("script.sql"), folder.path().join("data"));
    let sql = "CREATE STREAM s (a INT) WITH (topic = 's', format = 'json'); INSERT INTO s VALUES (1);
        CREATE STREAM t WITH (topic = 't') AS SELECT a + 1 AS b FROM s;";
    std::fs::write(&script, sql).expect("a writable folder");
    let run = || succeed(&["run", text(&script), "--data-dir", text(&data), "--until-idle"]);
    assert_says(&run(), &["stream s created", "stream t created", "1 row inserted"]);
    assert_says(&run(), &["stream s already exists, unchanged", "stream t already exists, unchanged", "1 row inserted"]);
    assert_eq!(succeed(&["consume", "t", "--data-dir", text(&data)]), "{\"b\":2}\n{\"b\":2}\n");
    assert_says(&succeed(&["run", "--help"]), &["INSERT statements run again each"]);
}

#[test]
fn a_source_that_is_dropped_and_created_again_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, script, data) = (folder.path().join("in.log"), folder.path().join("script.sql"), folder.path().join("data"));
    let sql =
        format!("CREATE SOURCE CONNECTOR c WITH ('connector.class' = 'FileStreamSource', 'file' = '{}', 'topic' = 't')", text(&input));
    std::fs::write(&script, sql).expect("a writable folder");
    let run = || succeed(&["run", text(&script), "--data-dir", text(&data), "--until-idle"]);
    std::fs::write(&input, "one\n").expect("a writable folder");
    run();
    let dropped = crate::process::run(&["sql", "-c", "DROP CONNECTOR c", "--data-dir", text(&data)]);
    assert!(dropped.status.success());
    assert_says(&String::from_utf8_lossy(&dropped.stderr), &["connector c dropped; its position stays"]);
    std::fs::write(&input, "one\ntwo\n").expect("a writable folder");
    run();
    assert_eq!(succeed(&["consume", "t", "--data-dir", text(&data)]), "one\ntwo\n");
}

#[test]
fn a_select_that_never_ends_is_refused_where_the_script_must_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (script, data) = (folder.path().join("script.sql"), folder.path().join("data"));
    std::fs::write(&script, "CREATE STREAM s (a INT) WITH (format = 'json');\nSELECT a FROM s EMIT CHANGES;").expect("a writable folder");
    let message = fail(&["run", text(&script), "--data-dir", text(&data), "--until-idle"]);
    assert_says(&message, &["a continuous SELECT never ends", "line 2, column 1", "CREATE STREAM"]);
    assert!(!data.exists(), "nothing was begun");
}
