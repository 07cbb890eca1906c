//! Queries and engines that start, stop and wait.

use super::{World, close_windows, in_time, run, wait_idle};
use crate::{StatementResult, Variables};
use insta::assert_snapshot;

const SCRIPT: &str =
    "CREATE STREAM s (a INT, at TIMESTAMP, WATERMARK FOR at AS at); CREATE TABLE t AS SELECT a, count(*) AS n FROM s GROUP BY a;
    CREATE SOURCE CONNECTOR c WITH ('connector.class' = 'X')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_may_be_opened_without_resuming() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, SCRIPT).await;
    wait_idle(&engine).await;
    engine.stop().await.unwrap();
    world.host.calls.lock().clear();

    let mut options = world.options();
    options.resume = false;
    let engine = world.open(options).await;
    run(&engine, "INSERT INTO s (a) VALUES (7)").await;
    assert_eq!(world.host.calls.lock().len(), 0, "no connector was started");
    assert_snapshot!(run(&engine, "SHOW QUERIES").await, @r#"
    +-------+---------+---------+----------+-----+------+--------------+-----------+-------------+-------+
    | fills | state   | rows_in | rows_out | lag | late | dead_letters | watermark | state_bytes | error |
    +-------+---------+---------+----------+-----+------+--------------+-----------+-------------+-------+
    | t     | stopped | 0       | 0        | 0   | 0    | 0            |           | 0           |       |
    +-------+---------+---------+----------+-----+------+--------------+-----------+-------------+-------+
    "#);
    let still = engine.wait_idle().await;
    assert!(matches!(still, Err(crate::Error::Stopped)), "{still:?}");
    engine.resume().await;
    engine.resume().await;
    wait_idle(&engine).await;
    assert_snapshot!(run(&engine, "SELECT * FROM t").await, @r#"
    +---+---+
    | a | n |
    +---+---+
    | 7 | 1 |
    +---+---+
    "#);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_a_query_ends_whoever_waits_for_it() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, SCRIPT).await;
    // Reading goes on for ever, so this wait ends only with the query.
    let endless = async {
        loop {
            if engine.queries.wait_idle("t").await.is_err() {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    let (dropped, ()) = in_time("dropping", async { tokio::join!(run(&engine, "DROP TABLE t"), endless) }).await;
    assert_eq!(dropped, "table t dropped; its topic t and the records in it stay");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_query_is_listed_and_does_not_keep_the_engine_from_stopping() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (a INT); CREATE STREAM u AS SELECT a FROM s").await;
    world.produce("s", &["no json"]).await;
    let failed = in_time("failing", engine.wait_idle()).await.unwrap_err();
    assert!(failed.to_string().starts_with("query u has failed: "), "{failed}");
    assert!(run(&engine, "SHOW QUERIES").await.contains("| failed |"));
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_show_what_they_left_out_and_how_far_they_are() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (a INT, at TIMESTAMP, WATERMARK FOR at AS at) WITH (dead.letter.topic = 'dead')").await;
    run(&engine, "CREATE TABLE t AS SELECT window_start, count(*) AS n FROM s GROUP BY TUMBLE(at, INTERVAL '1' MINUTE)").await;
    run(&engine, "INSERT INTO s VALUES (1, '2024-01-01T00:05:30Z'), (1, '2024-01-01T00:01:00Z')").await;
    world.produce("s", &["no json"]).await;
    close_windows(&engine).await;
    let shown = run(&engine, "SHOW QUERIES").await;
    let columns: Vec<&str> = shown.lines().nth(1).unwrap().split('|').map(str::trim).collect();
    let values: Vec<&str> = shown.lines().nth(3).unwrap().split('|').map(str::trim).collect();
    let value = |name: &str| values[columns.iter().position(|column| *column == name).unwrap()];
    assert_eq!((value("state"), value("late"), value("dead_letters")), ("running", "1", "1"));
    assert_eq!(value("watermark"), "2024-01-01T00:06:00");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_is_parsed_first_and_executed_statement_by_statement() {
    let world = World::new();
    let engine = world.engine().await;
    let variables: Variables = [("topc".to_string(), "x".to_string())].into();
    let text = "CREATE STREAM s (a INT) WITH (topic = '${topic:-s}');\nSELECT a FROM s;\nSELECT b FROM s;\nSELECT 1";
    assert_snapshot!(engine.parse(text, &variables).unwrap_err().report(), @r#"
    the script has no variable "topc"
    hint: did you mean "topic"?
    "#);
    let refused = engine.run_script(text, &variables).await.unwrap_err();
    assert_eq!(refused.report(), engine.parse(text, &variables).unwrap_err().report());
    let script = engine.parse(text, &Variables::new()).unwrap();
    assert_eq!(script.variable_names().collect::<Vec<_>>(), ["topic"]);
    let mut answers = Vec::new();
    for statement in script.statements() {
        answers.push(match engine.execute(statement).await {
            Ok(StatementResult::Done(message)) => message,
            Ok(StatementResult::Rows(rows)) => format!("{} columns", rows.schema.fields().len()),
            Ok(StatementResult::Text(text)) => text,
            Err(error) => error.to_string(),
        });
    }
    assert_eq!(answers, ["stream s created", "1 columns", "column \"b\" does not exist (line 3, column 8)", "1 columns"]);
    engine.stop().await.unwrap();
}
