//! Definitions: created, listed, found again, refused when they clash, dropped.

use super::{World, run, wait_idle};
use insta::assert_snapshot;

const STREAM: &str = "CREATE STREAM s (a INT, at TIMESTAMP, WATERMARK FOR at AS at - INTERVAL '1' MINUTE) WITH (topic = 's')";
const TABLE: &str = "CREATE TABLE t AS SELECT a, count(*) AS n FROM s GROUP BY a";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_script_changes_nothing_the_second_time() {
    let world = World::new();
    let script = format!("{STREAM}; {TABLE}; CREATE SINK CONNECTOR c WITH ('connector.class' = 'X', topics = 't')");
    let engine = world.engine().await;
    for expected in ["sink connector c created", "connector c already exists, unchanged"] {
        assert_eq!(run(&engine, &script).await, expected);
    }
    engine.stop().await.unwrap();
    drop(engine);
    let engine = world.engine().await;
    assert_eq!(run(&engine, STREAM).await, "stream s already exists, unchanged");
    assert_eq!(run(&engine, TABLE).await, "table t already exists, unchanged");
    assert_eq!(*world.host.calls.lock(), ["create sink c", "stop", "create sink c"]);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_definition_is_refused_with_the_differences() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, &format!("{STREAM}; {TABLE}; CREATE SINK CONNECTOR c WITH ('connector.class' = 'X', topics = 't', size = 1)")).await;
    assert_snapshot!(run(&engine, "CREATE STREAM s (a INT, at TIMESTAMP) WITH (topic = 's')").await, @r#"
    stream "s" already exists with another definition
    line 1, column 15:
      CREATE STREAM s (a INT, at TIMESTAMP) WITH (topic = 's')
                    ^
    detail: watermark is at minus 60000 ms, the statement has none
    hint: DROP STREAM s first, use another name, or CREATE … IF NOT EXISTS to keep the existing one
    "#);
    assert_snapshot!(run(&engine, "CREATE TABLE t AS SELECT a, max(at) AS n FROM s GROUP BY a").await, @r#"
    table "t" already exists with another definition
    line 1, column 14:
      CREATE TABLE t AS SELECT a, max(at) AS n FROM s GROUP BY a
                   ^
    detail: columns is a INT, n BIGINT NOT NULL, the statement has a INT, n TIMESTAMP; query is SELECT a, count(*) AS n FROM s GROUP BY a, the statement has SELECT a, max(at) AS n FROM s GROUP BY a
    hint: DROP TABLE t first, use another name, or CREATE … IF NOT EXISTS to keep the existing one
    "#);
    assert_snapshot!(run(&engine, "CREATE SINK CONNECTOR c WITH ('connector.class' = 'X', topics = 'u', dir = 'd')").await, @r#"
    connector "c" already exists with another definition
    line 1, column 23:
      CREATE SINK CONNECTOR c WITH ('connector.class' = 'X', topics = 'u', dir = 'd')
                            ^
    detail: size is '1', the statement has not set; topics is 't', the statement has 'u'; dir is not set, the statement has 'd'
    hint: DROP CONNECTOR c first, use another name, or CREATE … IF NOT EXISTS to keep the existing one
    "#);
    assert_eq!(run(&engine, "CREATE STREAM IF NOT EXISTS s (x INT)").await, "stream s already exists");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_is_shown() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, &format!("{STREAM}; {TABLE}; CREATE SOURCE CONNECTOR c WITH ('connector.class' = 'X', file = 'f')")).await;
    assert_snapshot!(run(&engine, "SHOW STREAMS").await, @r#"
    +------+-------+--------+-----+-------+
    | name | topic | format | key | query |
    +------+-------+--------+-----+-------+
    | s    | s     | json   |     | no    |
    +------+-------+--------+-----+-------+
    "#);
    assert_snapshot!(run(&engine, "SHOW TABLES").await, @r#"
    +------+-------+--------+-----+-------+
    | name | topic | format | key | query |
    +------+-------+--------+-----+-------+
    | t    | t     | json   | a   | yes   |
    +------+-------+--------+-----+-------+
    "#);
    assert_snapshot!(run(&engine, "SHOW CONNECTORS").await, @r#"
    +------+--------+-------+------------+---------+-------+
    | name | kind   | class | state      | records | error |
    +------+--------+-------+------------+---------+-------+
    | c    | source | X     | UNASSIGNED | 0       |       |
    +------+--------+-------+------------+---------+-------+
    "#);
    assert_snapshot!(run(&engine, "DESCRIBE T").await, @r#"
    +---------------------+-------------------------------------------+
    | aspect              | value                                     |
    +---------------------+-------------------------------------------+
    | column a            | INT KEY                                   |
    | column n            | BIGINT NOT NULL                           |
    | kind                | table                                     |
    | key                 | a                                         |
    | changes             | upsert                                    |
    | topic               | t                                         |
    | partitions          | 1                                         |
    | format              | json                                      |
    | watermark           | none                                      |
    | dead letters        | none                                      |
    | topic configuration | cleanup.policy=compact, retention.ms=-1   |
    | query               | SELECT a, count(*) AS n FROM s GROUP BY a |
    | emit                | EMIT CHANGES                              |
    | grace               | 0 ms                                      |
    | state               | running                                   |
    +---------------------+-------------------------------------------+
    "#);
    assert_snapshot!(run(&engine, "DESCRIBE c").await, @r#"
    +-----------------+------------------+
    | aspect          | value            |
    +-----------------+------------------+
    | kind            | source connector |
    | connector.class | X                |
    | file            | f                |
    +-----------------+------------------+
    "#);
    assert!(run(&engine, "SHOW TOPICS").await.contains("| s "));
    wait_idle(&engine).await;
    assert!(run(&engine, "SHOW QUERIES").await.contains("running"));
    assert_eq!(*world.host.calls.lock(), ["create source c", "idle c"]);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
async fn mistakes_are_explained() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, &format!("{STREAM}; {TABLE}")).await;
    let mut reports = Vec::new();
    for sql in [
        "DROP STREAM s",
        "DROP TABLE s",
        "DROP STREAM ss",
        "DROP CONNECTOR x",
        "SELECT b FROM s",
        "SELECT a FROM tt",
        "SELECT cout(a) FROM s",
        "INSERT INTO t VALUES (1, 2)",
        "INSERT INTO s (a, b) VALUES (1, 2)",
        "INSERT INTO s (a) VALUES (1, 2)",
        "INSERT INTO s (a) VALUES ('one')",
        "CREATE STREAM __x (a INT)",
        "CREATE SOURCE CONNECTOR c\nWITH ('connector.class' = 'X', 'fiel' = 'f')",
    ] {
        reports.push(run(&engine, sql).await);
    }
    assert_snapshot!(reports.join("\n\n"), @r#"
    stream "s" is read by t
    line 1, column 13:
      DROP STREAM s
                  ^
    hint: drop what reads it first

    "s" is a stream
    line 1, column 12:
      DROP TABLE s
                 ^
    hint: write DROP STREAM s

    stream "ss" does not exist
    line 1, column 13:
      DROP STREAM ss
                  ^

    connector "x" does not exist
    line 1, column 16:
      DROP CONNECTOR x
                     ^

    column "b" does not exist
    line 1, column 8:
      SELECT b FROM s
             ^
    hint: the columns are a, at

    relation "tt" does not exist
    line 1, column 15:
      SELECT a FROM tt
                    ^
    hint: there are s, t

    function "cout" does not exist
    line 1, column 8:
      SELECT cout(a) FROM s
             ^
    hint: did you mean "count"?

    table "t" is filled by its query
    line 1, column 13:
      INSERT INTO t VALUES (1, 2)
                  ^
    hint: insert into what the query reads

    column "b" of "s" does not exist
    line 1, column 19:
      INSERT INTO s (a, b) VALUES (1, 2)
                        ^

    2 values are given for 1 column
    line 1, column 13:
      INSERT INTO s (a) VALUES (1, 2)
                  ^
    hint: the columns are a

    'one' is not a value of type INT
    line 1, column 27:
      INSERT INTO s (a) VALUES ('one')
                                ^
    detail: column "a" is INT

    names that begin with two underscores belong to the system
    line 1, column 15:
      CREATE STREAM __x (a INT)
                    ^
    hint: choose another name

    unknown option "fiel"; did you mean "file"?
    line 2, column 32:
      WITH ('connector.class' = 'X', 'fiel' = 'f')
                                     ^
    "#);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_query_leaves_its_topic_and_nothing_else() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, &format!("{STREAM}; {TABLE}; INSERT INTO s VALUES (1, '2015-05-17T10:05:03Z'), (1, '2015-05-17T10:05:04Z')")).await;
    wait_idle(&engine).await;
    assert_eq!(run(&engine, "DROP TABLE t").await, "table t dropped; its topic t and the records in it stay");
    let topics: Vec<String> = world.log.admin().list_topics().await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(topics, ["__headwater_sql", "s", "t"]);
    assert_snapshot!(run(&engine, TABLE).await, @r#"
    topic t already holds records, and the query would add its own to them
    line 1, column 14:
      CREATE TABLE t AS SELECT a, count(*) AS n FROM s GROUP BY a
                   ^
    hint: choose another topic with the option topic = '…', or run headwater topic delete t
    "#);
    assert_eq!(
        run(&engine, "CREATE TABLE t WITH (topic = 't2') AS SELECT a, count(*) AS n FROM s GROUP BY a").await,
        "table t created, its query runs"
    );
    wait_idle(&engine).await;
    assert_snapshot!(run(&engine, "SELECT * FROM t").await, @r#"
    +---+---+
    | a | n |
    +---+---+
    | 1 | 2 |
    +---+---+
    "#);
    assert_eq!(run(&engine, "DROP TABLE t; DROP STREAM s").await, "stream s dropped; its topic s and the records in it stay");
    assert_eq!(run(&engine, "DROP TABLE IF EXISTS t").await, "table t does not exist");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explain_shows_plan_and_topology() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, STREAM).await;
    let text = run(&engine, &format!("EXPLAIN {TABLE}")).await;
    let (plan, topology) = text.split_once("\n\n").unwrap();
    assert_snapshot!(plan, @r#"
    Sink t: topic t, format json, key a [changes: upsert]
      Project: s.a, count(*) AS n [changes: upsert]
        Aggregate: group by [s.a], [count(*)] [changes: upsert, state: one entry a group]
          Project: s.a [changes: append]
            Scan s: topic s, format json, columns a, at, event time at [changes: append]
    "#);
    for part in ["Sub-topology: 0", "Source: source-", "Processor: event_time-", "Logical plan:\n", "Processor: aggregate-", "Sink: sink-"]
    {
        assert!(topology.contains(part), "{topology}");
    }
    assert!(run(&engine, "EXPLAIN SELECT a FROM s WHERE a > 1").await.contains("TableScan: s"));
    assert!(run(&engine, "EXPLAIN SELECT a FROM s EMIT CHANGES").await.contains("Processor: collect-"));
    engine.stop().await.unwrap();
}
