//! Batch SELECT and push queries over topics and tables.

use super::{World, in_time, run, sorted, table, wait_idle};
use crate::{StatementResult, Variables};
use futures::StreamExt;
use insta::assert_snapshot;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_were_inserted_are_selected() {
    let world = World::new();
    let engine = world.engine().await;
    let script = "CREATE STREAM s (id BIGINT NOT NULL, name VARCHAR, at TIMESTAMP, price DECIMAL(8, 2), ok BOOLEAN, day DATE) WITH (topic = 's', partitions = 3, key = 'id');
        INSERT INTO s VALUES (1, 'a''b', '2015-05-17T10:05:03Z', 1.5, true, '2015-05-17'), (2, NULL, NULL, NULL, false, NULL);
        INSERT INTO s (name, id) VALUES ('später', 1 + 2)";
    assert_eq!(run(&engine, script).await, "1 row inserted into s");
    assert_snapshot!(run(&engine, "SELECT * FROM S ORDER BY id").await, @r#"
    +----+--------+---------------------+-------+-------+------------+
    | id | name   | at                  | price | ok    | day        |
    +----+--------+---------------------+-------+-------+------------+
    | 1  | a'b    | 2015-05-17T10:05:03 | 1.50  | true  | 2015-05-17 |
    | 2  |        |                     |       | false |            |
    | 3  | später |                     |       |       |            |
    +----+--------+---------------------+-------+-------+------------+
    "#);
    assert_snapshot!(run(&engine, "SELECT count(*) AS n, max(name) AS m FROM s").await, @r#"
    +---+--------+
    | n | m      |
    +---+--------+
    | 3 | später |
    +---+--------+
    "#);
    assert_snapshot!(run(&engine, "SELECT id, _key, _partition >= 0 AS p, _offset >= 0 AS o FROM s WHERE id > 1 ORDER BY id LIMIT 1").await, @r#"
    +----+----------+------+------+
    | id | _key     | p    | o    |
    +----+----------+------+------+
    | 2  | {"id":2} | true | true |
    +----+----------+------+------+
    "#);
    assert_snapshot!(run(&engine, "SELECT a.id FROM s a JOIN s b ON a.id = b.id + 1 ORDER BY 1").await, @r#"
    +----+
    | id |
    +----+
    | 2  |
    | 3  |
    +----+
    "#);
    assert_snapshot!(run(&engine, "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 's' ORDER BY ordinal_position").await, @r#"
    +-------------+------------------+
    | column_name | data_type        |
    +-------------+------------------+
    | id          | Int64            |
    | name        | Utf8             |
    | at          | Timestamp(ms)    |
    | price       | Decimal128(8, 2) |
    | ok          | Boolean          |
    | day         | Date32           |
    +-------------+------------------+
    "#);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_shows_the_last_row_of_each_key() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE TABLE planes (tail VARCHAR PRIMARY KEY, year INT, seats INT) WITH (partitions = 2)").await;
    run(&engine, "INSERT INTO planes VALUES ('a', 1990, 100), ('b', 1991, 50); INSERT INTO planes (tail, year) VALUES ('a', 1999)").await;
    assert_snapshot!(run(&engine, "SELECT * FROM planes ORDER BY tail").await, @r#"
    +------+------+-------+
    | tail | year | seats |
    +------+------+-------+
    | a    | 1999 |       |
    | b    | 1991 | 50    |
    +------+------+-------+
    "#);
    assert_snapshot!(run(&engine, "SELECT year FROM planes WHERE year > 1995").await, @r#"
    +------+
    | year |
    +------+
    | 1999 |
    +------+
    "#);
    run(&engine, "CREATE TABLE years AS SELECT year, count(*) AS n FROM planes GROUP BY year").await;
    wait_idle(&engine).await;
    run(&engine, "INSERT INTO planes (tail, year) VALUES ('b', 1999), ('c', 1990)").await;
    wait_idle(&engine).await;
    assert_snapshot!(run(&engine, "SELECT * FROM years ORDER BY year").await, @r#"
    +------+---+
    | year | n |
    +------+---+
    | 1990 | 1 |
    | 1999 | 2 |
    +------+---+
    "#);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_undeclared_topic_is_read_as_text() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (line VARCHAR) WITH (topic = 'raw-lines', format = 'text')").await;
    world.produce("raw-lines", &["one", "two"]).await;
    assert_eq!(sorted(&engine, "SELECT value FROM \"raw-lines\"").await, ["| one |", "| two |", "| value |"]);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_query_follows_the_topic_until_its_limit() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE STREAM s (a INT) WITH (topic = 's'); INSERT INTO s VALUES (1), (2)").await;
    let mut results = engine.run_script("SELECT a * 10 AS b FROM s WHERE a <> 2 EMIT CHANGES LIMIT 2", &Variables::new()).await.unwrap();
    let Some(StatementResult::Rows(mut rows)) = results.pop() else { panic!("rows are expected") };
    let first = in_time("the next batch", rows.batches.next()).await.unwrap().unwrap();
    run(&engine, "INSERT INTO s VALUES (2), (3), (4)").await;
    let second = in_time("the next batch", rows.batches.next()).await.unwrap().unwrap();
    assert!(in_time("the next batch", rows.batches.next()).await.is_none());
    assert_snapshot!(table(&[first, second]), @r#"
    +----+
    | b  |
    +----+
    | 10 |
    | 30 |
    +----+
    "#);
    assert_snapshot!(run(&engine, "SELECT a, count(*) AS n FROM s GROUP BY a EMIT CHANGES LIMIT 3").await, @r#"
    +---+---+---------+
    | a | n | _change |
    +---+---+---------+
    | 1 | 1 | 1       |
    | 2 | 2 | 1       |
    | 3 | 1 | 1       |
    +---+---+---------+
    "#);
    let topics = world.log.admin().list_topics().await.unwrap();
    assert_eq!(topics.len(), 2, "a push query leaves no topics: {topics:?}");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_star_gives_the_declared_columns_beside_the_named_pseudo_columns() {
    let world = World::new();
    let engine = world.engine().await;
    run(
        &engine,
        "CREATE STREAM s (a INT, b INT); CREATE STREAM t (a INT, c INT); INSERT INTO s VALUES (1, 2); INSERT INTO t VALUES (1, 3)",
    )
    .await;
    for (sql, expected) in [
        ("SELECT *, _offset FROM s", ["| 1 | 2 | 0 |", "| a | b | _offset |"]),
        ("SELECT _offset o, * FROM s", ["| 0 | 1 | 2 |", "| o | a | b |"]),
        ("SELECT s.*, _offset FROM s", ["| 1 | 2 | 0 |", "| a | b | _offset |"]),
        ("SELECT X.* FROM s AS x WHERE x._offset = 0", ["| 1 | 2 |", "| a | b |"]),
        ("SELECT * EXCEPT (a) FROM s WHERE _partition = 0", ["| 2 |", "| b |"]),
        ("SELECT * EXCLUDE (_offset, b) FROM s WHERE _partition = 0", ["| 1 |", "| a |"]),
        ("SELECT *, s._offset FROM s JOIN t ON s.a = t.a", ["| 1 | 2 | 1 | 3 | 0 |", "| a | b | a | c | _offset |"]),
        ("SELECT * FROM s JOIN t USING (a) WHERE s._offset = t._offset", ["| 1 | 2 | 3 |", "| a | b | c |"]),
        ("SELECT * FROM s LEFT SEMI JOIN t ON s.a = t.a AND t._offset = 0", ["| 1 | 2 |", "| a | b |"]),
        ("SELECT * FROM (SELECT *, _offset AS o FROM s) q, t", ["| 1 | 2 | 0 | 1 | 3 |", "| a | b | o | a | c |"]),
        ("WITH q AS (SELECT a, _offset FROM s) SELECT * FROM q", ["| 1 | 0 |", "| a | _offset |"]),
        ("SELECT * FROM s WHERE EXISTS (SELECT * FROM t WHERE _offset = 0)", ["| 1 | 2 |", "| a | b |"]),
        ("SELECT * FROM s UNION ALL SELECT a, _offset FROM s WHERE a > 1", ["| 1 | 2 |", "| a | b |"]),
    ] {
        assert_eq!(sorted(&engine, sql).await, expected, "{sql}");
    }
    engine.stop().await.unwrap();
}
