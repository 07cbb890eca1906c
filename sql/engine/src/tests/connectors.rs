//! Connector statements beside what the catalog tests show.

use super::{World, run};
use insta::assert_snapshot;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_that_cannot_delete_takes_no_table_whose_rows_go() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE TABLE planes (tail VARCHAR PRIMARY KEY, year INT)").await;
    run(&engine, "CREATE STREAM flights (tail VARCHAR)").await;
    run(&engine, "CREATE TABLE counts AS SELECT tail, count(*) AS n FROM flights GROUP BY tail").await;
    run(&engine, "CREATE TABLE many AS SELECT tail, count(*) AS n FROM flights GROUP BY tail HAVING count(*) < 3").await;
    let create = |topics: &str, more: &str| {
        format!("CREATE SINK CONNECTOR c_{topics} WITH ('connector.class' = 'Files', topics = '{topics}'{more})")
    };
    assert_snapshot!(run(&engine, &create("planes", "")).await, @r#"
    rows of table "planes" may be deleted, and the connector would fail at the first
    line 1, column 67:
      CREATE SINK CONNECTOR c_planes WITH ('connector.class' = 'Files', topics = 'planes')
                                                                        ^
    hint: say what a deletion means with 'on.null'
    "#);
    assert!(run(&engine, &create("many", "")).await.starts_with("rows of table \"many\" may be deleted"));
    // Rows of a count over a stream change and never go.
    assert_eq!(run(&engine, &create("counts", "")).await, "sink connector c_counts created");
    assert_eq!(run(&engine, &create("planes", ", 'on.null' = 'ignore'")).await, "sink connector c_planes created");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connector_that_does_not_start_again_says_why() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, "CREATE SOURCE CONNECTOR c WITH ('connector.class' = 'Broken')").await;
    engine.stop().await.unwrap();
    let engine = world.engine().await;
    assert_snapshot!(run(&engine, "SHOW CONNECTORS").await, @r#"
    +------+--------+--------+--------+---------+------------------+
    | name | kind   | class  | state  | records | error            |
    +------+--------+--------+--------+---------+------------------+
    | c    | source | Broken | FAILED | 0       | its file is gone |
    +------+--------+--------+--------+---------+------------------+
    "#);
    engine.stop().await.unwrap();
}
