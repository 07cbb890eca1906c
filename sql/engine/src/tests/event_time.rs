//! Event time: what is late, what has none, and how timestamps are written.

use super::{World, close_windows, run, sorted, wait_idle};
use insta::assert_snapshot;

const ROWS: [&str; 5] = [
    "(1, '2024-01-01T00:00:10Z')",
    "(2, '2024-01-01T00:05:00Z')",
    "(3, '2024-01-01T00:00:20Z')",
    "(4, '2024-01-01T00:04:30Z')",
    "(5, '2024-01-01T00:00:59Z')",
];

/// The final windows and the number of late rows, if the rows are inserted in runs of this many.
async fn windows_of(partition_count: u32, run_length: usize) -> (Vec<String>, u64) {
    let world = World::new();
    let engine = world.engine().await;
    let script = format!(
        "CREATE STREAM s (k INT, at TIMESTAMP, WATERMARK FOR at AS at - INTERVAL '1' MINUTE) WITH (partitions = {partition_count});
         CREATE TABLE per_minute AS SELECT window_start, count(*) AS n FROM s GROUP BY TUMBLE(at, INTERVAL '1' MINUTE) EMIT ON WINDOW CLOSE"
    );
    assert_eq!(run(&engine, &script).await, "table per_minute created, its query runs");
    for rows in ROWS.chunks(run_length) {
        run(&engine, &format!("INSERT INTO s VALUES {}", rows.join(", "))).await;
        wait_idle(&engine).await;
    }
    close_windows(&engine).await;
    let late = engine.queries()[0].late;
    let windows = sorted(&engine, "SELECT * FROM per_minute").await;
    engine.stop().await.unwrap();
    (windows, late)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_late_does_not_depend_on_how_rows_come() {
    let expected = ["| 2024-01-01T00:00:00 | 1 |", "| 2024-01-01T00:04:00 | 1 |", "| 2024-01-01T00:05:00 | 1 |", "| window_start | n |"];
    for partition_count in [1, 2] {
        for run_length in [1, 2, ROWS.len()] {
            let (windows, late) = windows_of(partition_count, run_length).await;
            assert_eq!(windows, expected, "{partition_count} partitions, runs of {run_length}");
            assert_eq!(late, 2, "{partition_count} partitions, runs of {run_length}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_without_an_event_time_count_where_it_is_not_used() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (k INT, at TIMESTAMP, WATERMARK FOR at AS at) WITH (dead.letter.topic = 'dead')").await;
    run(&engine, "CREATE TABLE by_key AS SELECT k, count(*) AS n FROM s GROUP BY k").await;
    run(&engine, "CREATE TABLE windows AS SELECT window_start, k, count(*) AS n FROM s GROUP BY TUMBLE(at, INTERVAL '1' MINUTE), k").await;
    run(
        &engine,
        "CREATE TABLE known AS SELECT window_start, count(*) AS n FROM s WHERE at IS NOT NULL GROUP BY TUMBLE(at, INTERVAL '1' MINUTE)",
    )
    .await;
    run(&engine, "INSERT INTO s VALUES (1, '2024-01-01T00:00:10Z'), (1, NULL)").await;
    wait_idle(&engine).await;
    assert_snapshot!(run(&engine, "SELECT * FROM by_key").await, @r#"
    +---+---+
    | k | n |
    +---+---+
    | 1 | 2 |
    +---+---+
    "#);
    assert_snapshot!(run(&engine, "SELECT n FROM windows").await, @r#"
    +---+
    | n |
    +---+
    | 1 |
    +---+
    "#);
    // Only the query that needs the time and has not left the row out could not use it, and the letter says which that is.
    let dead = world.records("dead").await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].0, r#"{"k":1,"at":null}"#);
    let header = |name: &str| dead[0].1.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("__streams.errors.query"), Some("windows"));
    assert_eq!(header("__streams.errors.message"), Some("window column \"at\" is null"));
    assert_eq!(header("__streams.errors.offset"), Some("1"));
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timestamps_are_written_as_they_are_read() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (at TIMESTAMP) WITH (timestamp.format = '%d/%m/%Y %H:%M')").await;
    run(&engine, "CREATE STREAM copy WITH (format = 'csv', timestamp.format = '%H:%M on %Y-%m-%d') AS SELECT at FROM s").await;
    run(&engine, "INSERT INTO s VALUES ('2024-02-01T10:30:00Z')").await;
    wait_idle(&engine).await;
    assert_eq!(world.records("s").await[0].0, r#"{"at":"01/02/2024 10:30"}"#);
    assert_eq!(world.records("copy").await[0].0, "10:30 on 2024-02-01");
    for relation in ["s", "copy"] {
        assert_eq!(sorted(&engine, &format!("SELECT * FROM {relation}")).await, ["| 2024-02-01T10:30:00 |", "| at |"]);
    }
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_several_partitions_gets_every_row_of_their_windows() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (k INT, at TIMESTAMP, WATERMARK FOR at AS at) WITH (partitions = 3, key = 'k')").await;
    let rows = (0..300).map(|second| format!("({}, to_timestamp_millis({}))", second % 7, second * 1000)).collect::<Vec<_>>();
    run(&engine, &format!("INSERT INTO s VALUES {}", rows.join(", "))).await;
    let query = "SELECT window_start, count(*) AS n FROM s GROUP BY TUMBLE(at, INTERVAL '1' MINUTE) EMIT CHANGES LIMIT 5";
    assert_snapshot!(run(&engine, query).await, @r#"
    +---------------------+----+---------+
    | window_start        | n  | _change |
    +---------------------+----+---------+
    | 1970-01-01T00:00:00 | 60 | 1       |
    | 1970-01-01T00:01:00 | 60 | 1       |
    | 1970-01-01T00:02:00 | 60 | 1       |
    | 1970-01-01T00:03:00 | 60 | 1       |
    | 1970-01-01T00:04:00 | 60 | 1       |
    +---------------------+----+---------+
    "#);
    assert_snapshot!(run(&engine, &query.replace("EMIT CHANGES LIMIT 5", "EMIT ON WINDOW CLOSE")).await, @r#"
    EMIT ON WINDOW CLOSE for a reader needs a topic of one partition, and s has 3
    detail: a partition without rows would keep every window open for ever
    hint: create a TABLE from the query and read that, or use EMIT CHANGES
    "#);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_before_1970_are_inserted_and_derived() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (at TIMESTAMP, WATERMARK FOR at AS at)").await;
    run(&engine, "CREATE STREAM t AS SELECT at FROM s").await;
    run(&engine, "CREATE STREAM u (WATERMARK FOR at AS at) AS SELECT at FROM s").await;
    let inserted =
        run(&engine, "INSERT INTO s VALUES ('1969-12-31T23:59:59.999Z'), ('1950-01-01T00:00:00Z'), ('1970-01-01T00:00:01Z')").await;
    assert_eq!(inserted, "3 rows inserted into s");
    wait_idle(&engine).await;
    for relation in ["s", "t", "u"] {
        let rows = sorted(&engine, &format!("SELECT at, _timestamp AS stamp FROM {relation}")).await;
        let expected = [
            "| 1950-01-01T00:00:00 | 1970-01-01T00:00:00 |",
            "| 1969-12-31T23:59:59.999 | 1970-01-01T00:00:00 |",
            "| 1970-01-01T00:00:01 | 1970-01-01T00:00:01 |",
            "| at | stamp |",
        ];
        assert_eq!(rows, expected, "{relation}");
    }
    engine.stop().await.unwrap();
}
