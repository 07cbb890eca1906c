//! Mistakes that show only when a statement runs: they have a place, too.

use super::{World, run, wait_idle};
use insta::assert_snapshot;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_that_do_not_fit_are_pointed_at() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (a INT, t VARCHAR); INSERT INTO s VALUES (1, '7'), (0, 'x')").await;
    run(&engine, "CREATE STREAM lines (line VARCHAR) WITH (format = 'text')").await;
    let mut reports = Vec::new();
    for sql in [
        "SELECT 1 / a AS q\nFROM s",
        "SELECT CAST(t AS INT) AS n FROM s",
        "SELECT a FROM s WHERE a = 'x'",
        "INSERT INTO s VALUES (1, 'a'), (2, 'b'), ('three', 'c')",
        "INSERT INTO s (t) VALUES ('a'), (NULL); INSERT INTO lines VALUES ('a'), (NULL)",
        "SELECT window_start, count(*) FROM s GROUP BY TUMBEL(a, INTERVAL '1' MINUTE)",
        "SELECT window_start FROM s",
        "SELECT x.a FROM s AS e",
    ] {
        reports.push(run(&engine, sql).await);
    }
    assert_snapshot!(reports.join("\n\n"), @r#"
    division by zero
    line 1, column 8:
      SELECT 1 / a AS q
             ^
    hint: divide by NULLIF(…, 0) to get NULL instead

    'x' is not a value of type INT
    line 1, column 13:
      SELECT CAST(t AS INT) AS n FROM s
                  ^
    hint: TRY_CAST gives NULL for what is none

    'x' is not a value of type INT
    line 1, column 27:
      SELECT a FROM s WHERE a = 'x'
                                ^
    hint: TRY_CAST gives NULL for what is none

    'three' is not a value of type BIGINT
    line 1, column 43:
      INSERT INTO s VALUES (1, 'a'), (2, 'b'), ('three', 'c')
                                                ^
    hint: TRY_CAST gives NULL for what is none

    format 'text' has nothing to write for NULL
    line 1, column 74:
      INSERT INTO s (t) VALUES ('a'), (NULL); INSERT INTO lines VALUES ('a'), (NULL)
                                                                               ^
    hint: create the stream with the option null.text = '…', which is then read as NULL

    function "tumbel" does not exist
    line 1, column 47:
      SELECT window_start, count(*) FROM s GROUP BY TUMBEL(a, INTERVAL '1' MINUTE)
                                                    ^
    hint: did you mean "tumble"?

    column "window_start" does not exist
    line 1, column 8:
      SELECT window_start FROM s
             ^
    hint: window_start needs a window: GROUP BY TUMBLE(time, INTERVAL '1' MINUTE)

    column "x.a" does not exist
    line 1, column 8:
      SELECT x.a FROM s AS e
             ^
    hint: did you mean "a"?
    "#);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_select_that_needs_more_memory_than_it_may_have_is_refused() {
    let world = World::new();
    let mut options = world.options();
    options.select_memory_bytes = 10_000;
    let engine = world.open(options).await;
    run(&engine, "CREATE STREAM s (a BIGINT)").await;
    let rows = (0..2_000).map(|row| format!("({row})")).collect::<Vec<_>>().join(", ");
    run(&engine, &format!("INSERT INTO s VALUES {rows}")).await;
    let answer = run(&engine, "SELECT count(*) FROM s x JOIN s y ON x.a = y.a").await;
    assert!(answer.contains("memory") || answer.contains("Resources exhausted"), "{answer}");
    assert!(run(&engine, "SELECT count(*) AS n FROM s").await.contains("| 2000 |"));
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_deepest_statement_that_is_taken_has_room_in_a_thread() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (a INT); INSERT INTO s VALUES (1)").await;
    let chain = |first: &str, part: &str, count: usize| format!("{first}{}", part.repeat(count));
    let (sum, either) = (chain("a", " + 1", 76), chain("a = 0", " OR a = 1", 230));
    for (sql, expected) in [
        (format!("SELECT {sum} AS n FROM s"), "| 77 "),
        (format!("EXPLAIN SELECT {sum} AS n FROM s"), "TableScan"),
        (format!("SELECT count(*) AS n FROM s WHERE {either}"), "| 1 "),
        (format!("SELECT {} AS n FROM s", chain("'a'", " || a", 79)), "| a1111"),
        (chain("SELECT 1 AS n", " UNION ALL SELECT 1", 47), "| 1 "),
        (chain("SELECT 1 AS n", " UNION SELECT 1", 47), "| 1 "),
        (format!("SELECT a IN ({}) AS n FROM s", chain("1", ", 2", 20_000)), "| true "),
        (format!("CREATE STREAM t AS SELECT {sum} AS n FROM s"), "stream t created"),
        (format!("CREATE STREAM u AS SELECT a FROM s WHERE {either}"), "stream u created"),
        (format!("INSERT INTO s VALUES ({})", chain("1", " + 1", 77)), "1 row inserted"),
        (chain("SELECT 1", " + 1", 1_500), "the statement is nested too deeply"),
        (chain("SELECT a FROM s WHERE a = 0", " OR a = 1", 2_000), "the statement is nested too deeply"),
    ] {
        let answer = run(&engine, &sql).await;
        assert!(answer.contains(expected), "{sql}: {answer}");
    }
    wait_idle(&engine).await;
    assert!(run(&engine, "SELECT max(n) AS n FROM t").await.contains("| 154 |"));
    engine.stop().await.unwrap();
}
