//! The access-log pipeline of the examples, on a few lines.

use super::{World, close_windows, run, sorted, wait_idle};
use crate::Variables;
use insta::assert_snapshot;

const PIPELINE: &str = include_str!("../../../../examples/access-log/pipeline.sql");

const LINES: [&str; 7] = [
    r#"10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 100 "http://x/" "Agent (1; 2)""#,
    r#"10.0.0.2 - bob [17/May/2015:10:05:59 +0000] "HEAD /b HTTP/1.1" 304 - "-" "-""#,
    r#"10.0.0.1 - - [17/May/2015:10:05:01 +0000] "GET /q?a=\"b\" HTTP/1.1" 200 50 "-" "say \"hi\"""#,
    r#"10.0.0.3 - - [17/May/2015:10:05:44 +0000] "GET /cut HTTP/1.1" 200 235 "-" "Mozilla/5.0 (compatible"#,
    r#"10.0.0.4 - - [17/May/2015:11:05:00 +0000] "GET /c HTTP/1.1" 404 7 "-" "x""#,
    r#"10.0.0.4 - - [17/May/2015:11:04:30 +0000] "GET /c HTTP/1.1" 500 8 "-" "x""#,
    r#"10.0.0.4 - - [31/Feb/2015:11:04:30 +0000] "GET /c HTTP/1.1" 500 8 "-" "x""#,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_is_counted_or_dead_lettered() {
    let world = World::new();
    let engine = world.engine().await;
    let variables: Variables = [("input".to_string(), "f".to_string())].into();
    engine.run_script(PIPELINE, &variables).await.unwrap();
    world.produce("access_log", &LINES[..3]).await;
    wait_idle(&engine).await;
    engine.stop().await.unwrap();
    drop(engine);

    let engine = world.engine().await;
    engine.run_script(PIPELINE, &variables).await.unwrap();
    world.produce("access_log", &LINES[3..]).await;
    close_windows(&engine).await;
    assert_snapshot!(run(&engine, "SELECT * FROM traffic ORDER BY window_start, status_class").await, @r#"
    +---------------------+--------------+----------+-------+---------+
    | window_start        | status_class | requests | bytes | clients |
    +---------------------+--------------+----------+-------+---------+
    | 2015-05-17T10:05:00 | 2xx          | 2        | 150   | 1       |
    | 2015-05-17T10:05:00 | 3xx          | 1        | 0     | 1       |
    | 2015-05-17T11:04:00 | 5xx          | 1        | 8     | 1       |
    | 2015-05-17T11:05:00 | 4xx          | 1        | 7     | 1       |
    +---------------------+--------------+----------+-------+---------+
    "#);
    assert_snapshot!(run(&engine, "SELECT method, path, status, bytes, referrer, agent FROM requests ORDER BY time").await, @r#"
    +--------+------------+--------+-------+-----------+--------------+
    | method | path       | status | bytes | referrer  | agent        |
    +--------+------------+--------+-------+-----------+--------------+
    | GET    | /q?a=\"b\" | 200    | 50    |           | say \"hi\"   |
    | GET    | /a         | 200    | 100   | http://x/ | Agent (1; 2) |
    | HEAD   | /b         | 304    | 0     |           |              |
    | GET    | /c         | 500    | 8     |           | x            |
    | GET    | /c         | 404    | 7     |           | x            |
    +--------+------------+--------+-------+-----------+--------------+
    "#);
    assert_eq!(run(&engine, "SELECT count(*) AS n FROM access_log_dead").await, run(&engine, "SELECT 2 AS n").await);
    let batch =
        "SELECT window_start, concat(CAST(status / 100 AS VARCHAR), 'xx') AS status_class, count(*) AS requests, sum(bytes) AS bytes,
            count(DISTINCT client) AS clients FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), status_class";
    assert_eq!(sorted(&engine, "SELECT * FROM traffic").await, sorted(&engine, batch).await);
    let calls = world.host.calls.lock().clone();
    assert_eq!(calls.last().map(String::as_str), Some("idle traffic_files"));
    engine.stop().await.unwrap();
}
