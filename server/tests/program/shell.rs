//! The SQL shell at a terminal, and statements from standard input.

use crate::process::{assert_says, feed, in_terminal, text};

#[test]
fn statements_from_standard_input_are_answered_in_order_up_to_a_mistake() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let script = b"CREATE STREAM s (a BIGINT) WITH (topic = 's', format = 'json');
        INSERT INTO s VALUES (1), (2);
        SELECT sum(a) AS n FROM s; -- the first answer
        SELECT 1 / 0 AS wrong;
        SELECT 7 AS never";
    let output = feed(&["sql", "-o", "csv", "--data-dir", text(&data)], script);
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()), (Some(1), "n\n3\n"));
    assert_says(&String::from_utf8_lossy(&output.stderr), &["stream s created", "error"]);
    // A mistake in the text keeps everything from running.
    let output = feed(&["sql", "--data-dir", text(&data)], b"DROP STREAM s; SELEC 1;");
    assert_says(&String::from_utf8_lossy(&output.stderr), &["SELEC", "line 1", "^"]);
    let output = feed(&["sql", "-o", "csv", "--data-dir", text(&data), "--set", "n=2"], b"SELECT sum(a) * ${n} AS n FROM s");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n\n6\n");
}

#[test]
fn a_session_at_a_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let prompt = "headwater> ";
    let steps = [
        (prompt, "CREATE STREAM numbers (a BIGINT)\r"),
        ("... ", "WITH (topic = 'numbers', format = 'json'); -- the end\r"),
        ("stream numbers created", ""),
        (" ms", ""),
        (prompt, "INSERT INTO numbers VALUES (1), (22);\r"),
        (" ms", ""),
        (prompt, "SELECT * FROM numbers EMIT CHANGES;\r"),
        ("22\r\n", "\x03"),
        ("interrupted, 2 rows so far", ""),
        // An interrupt concerns one statement: the next is answered as a whole, and a second interrupt does not end the program.
        (prompt, "SELECT count(*) AS n FROM numbers;\r"),
        ("1 row\r\n", ""),
        (prompt, "SELECT * FROM numbers EMIT CHANGES;\r"),
        ("22\r\n", "\x03"),
        ("interrupted, 2 rows so far", ""),
        (prompt, "SELECT wrong FROM numbers;\r"),
        ("error: ", ""),
        (" ms", ""),
        (prompt, "\\timing\r"),
        ("timing is off", ""),
        (prompt, "SELECT 'half\r"),
        ("... ", "\x03"),
        (prompt, "SELECT a FROM numb\t WHERE a > 1;\r"),
        ("22", ""),
        ("1 row\r\n", ""),
        (prompt, "help\r"),
        ("Ctrl-C", ""),
        (prompt, "\\nonsense\r"),
        ("unknown command", ""),
        (prompt, "exit\r"),
    ];
    in_terminal(100, folder.path(), &steps, &["sql", "--data-dir", text(&data)]);
    let history = std::fs::read_to_string(folder.path().join(".headwater_history")).expect("the history is kept");
    assert_says(&history, &["INSERT INTO numbers", "SELECT a FROM numbers WHERE a > 1;", "exit"]);
}

#[test]
fn a_wide_answer_is_folded_to_the_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let word = "word ".repeat(30);
    let steps =
        [("headwater> ", format!("SELECT '{word}' AS a, 1 AS b;\r")), ("1 row\r\n", String::new()), ("headwater> ", "quit\r".into())];
    let steps = steps.each_ref().map(|(seen, keys)| (*seen, keys.as_str()));
    let shown = in_terminal(50, folder.path(), &steps, &["sql", "--data-dir", text(&data)]);
    let table: Vec<&str> = shown.lines().filter(|line| line.starts_with(['┌', '│', '└', '╞'])).collect();
    assert!(table.len() > 6 && table.iter().all(|line| line.chars().count() <= 50), "{shown}");
}
