//! Mistakes that show only when a statement runs: they have a place, too.

use super::{World, run};
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
