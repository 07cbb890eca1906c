//! Topics have one writer, and nothing flows in circles; a topic that exists is taken as it is.

use super::{World, run, sorted};
use insta::assert_snapshot;
use log_model::TopicName;

async fn reports(world: &World, before: &str, statements: &[&str]) -> String {
    let engine = world.engine().await;
    run(&engine, before).await;
    let mut reports = Vec::new();
    for sql in statements {
        reports.push(run(&engine, sql).await);
    }
    engine.stop().await.unwrap();
    reports.join("\n\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_would_feed_itself_is_refused() {
    let before = "CREATE STREAM a (x INT) WITH (topic = 'a'); CREATE STREAM b AS SELECT x FROM a; CREATE STREAM c AS SELECT x FROM b;
        CREATE STREAM spill (x INT) WITH (topic = 'spill', dead.letter.topic = 'letters'); CREATE STREAM letters (x INT) WITH (topic = 'letters')";
    let statements = [
        "CREATE STREAM d WITH (topic = 'a') AS SELECT x FROM a",
        "CREATE STREAM d WITH (topic = 'a') AS SELECT x FROM c",
        "CREATE STREAM d (x INT) WITH (topic = 'd', dead.letter.topic = 'd')",
        "CREATE STREAM d WITH (topic = 'spill') AS SELECT x FROM letters",
        "CREATE STREAM e AS SELECT x FROM spill",
    ];
    assert_snapshot!(reports(&World::new(), before, &statements).await, @r#"
    the query of "d" would read what it writes
    line 1, column 31:
      CREATE STREAM d WITH (topic = 'a') AS SELECT x FROM a
                                    ^
    detail: its records would go round for ever: topic a → a
    hint: choose another topic with the option topic = '…'

    the query of "d" would read what it writes
    line 1, column 31:
      CREATE STREAM d WITH (topic = 'a') AS SELECT x FROM c
                                    ^
    detail: its records would go round for ever: topic c → a → b → c
    hint: choose another topic with the option topic = '…'

    dead letters of "d" would go back to its own topic d
    line 1, column 64:
      CREATE STREAM d (x INT) WITH (topic = 'd', dead.letter.topic = 'd')
                                                                     ^
    hint: name a topic that nothing else writes to

    stream d created, its query runs

    the query of "e" would read what it writes
    line 1, column 15:
      CREATE STREAM e AS SELECT x FROM spill
                    ^
    detail: its records would go round for ever: topic spill → letters → spill
    hint: choose another topic with the option topic = '…'
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_with_a_writer_takes_no_other() {
    let before = "CREATE STREAM a (x INT) WITH (topic = 'a', dead.letter.topic = 'bad'); CREATE STREAM b AS SELECT x FROM a;
        CREATE STREAM again (x INT) WITH (topic = 'b')";
    let statements = [
        "CREATE STREAM c WITH (topic = 'b') AS SELECT x FROM a",
        "CREATE STREAM c WITH (topic = 'bad') AS SELECT x FROM a",
        "CREATE STREAM c (x INT) WITH (dead.letter.topic = 'b')",
        "INSERT INTO again VALUES (1)",
    ];
    assert_snapshot!(reports(&World::new(), before, &statements).await, @r#"
    topic b has a writer already: the query of stream "b" fills it
    line 1, column 31:
      CREATE STREAM c WITH (topic = 'b') AS SELECT x FROM a
                                    ^
    hint: choose another topic with the option topic = '…'

    topic bad has a writer already: it takes the dead letters of stream "a"
    line 1, column 31:
      CREATE STREAM c WITH (topic = 'bad') AS SELECT x FROM a
                                    ^
    hint: choose another topic with the option topic = '…'

    topic b is filled by the query of "b"
    line 1, column 51:
      CREATE STREAM c (x INT) WITH (dead.letter.topic = 'b')
                                                        ^
    hint: name a topic that nothing else writes to

    topic b of "again" has a writer already: the query of stream "b" fills it
    line 1, column 13:
      INSERT INTO again VALUES (1)
                  ^
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_exists_is_taken_as_it_is() {
    let world = World::new();
    let before = "CREATE STREAM a (x INT) WITH (topic = 't', partitions = 2, retention.ms = 1000)";
    let statements = [
        "CREATE STREAM b (x INT) WITH (topic = 't', partitions = 8)",
        "CREATE STREAM b (x INT) WITH (topic = 't', retention.ms = 5)",
        "CREATE STREAM b (x INT) WITH (topic = 't', partitions = 2, retention.ms = 1000)",
        "CREATE STREAM c (x INT) WITH (topic = 't')",
        "CREATE STREAM c (x INT) WITH (topic = 't')",
    ];
    assert_snapshot!(reports(&world, before, &statements).await, @r#"
    topic t exists with partitions = 2, the statement has 8
    line 1, column 57:
      CREATE STREAM b (x INT) WITH (topic = 't', partitions = 8)
                                                              ^
    hint: leave the option out to use the topic as it is, or name another topic

    topic t exists with retention.ms = 1000, the statement has 5
    line 1, column 59:
      CREATE STREAM b (x INT) WITH (topic = 't', retention.ms = 5)
                                                                ^
    hint: leave the option out to use the topic as it is, or name another topic

    stream b created

    stream c created

    stream c already exists, unchanged
    "#);
    let engine = world.engine().await;
    assert!(run(&engine, "DESCRIBE c").await.contains("| partitions          | 2 "), "the real number is shown");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_takes_nothing_that_is_stamped_with_event_time() {
    let world = World::new();
    let engine = world.engine().await;
    let script = "CREATE STREAM plain (x INT);
        CREATE STREAM events (x INT, at TIMESTAMP, WATERMARK FOR at AS at) WITH (dead.letter.topic = 'letters');
        CREATE STREAM short (x INT, at TIMESTAMP, WATERMARK FOR at AS at) WITH (retention.ms = 1000);
        CREATE STREAM derived AS SELECT x FROM plain;
        CREATE STREAM hour WITH (retention.ms = 3600000) AS SELECT x FROM plain;
        CREATE TABLE grouped AS SELECT x, count(*) AS n FROM plain GROUP BY x";
    assert_eq!(run(&engine, script).await, "table grouped created, its query runs");
    let expected =
        [("plain", 604_800_000), ("events", -1), ("letters", -1), ("short", 1_000), ("derived", -1), ("hour", 3_600_000), ("grouped", -1)];
    for (topic, retention_ms) in expected {
        let found = world.log.admin().describe_topic(&TopicName::new(topic).unwrap()).await.unwrap();
        assert_eq!(found.config.retention_ms, retention_ms, "{topic}");
    }
    let shown = sorted(&engine, "DESCRIBE derived").await;
    assert!(shown.contains(&"| topic configuration | retention.ms=-1 |".to_string()), "{shown:?}");
    let again = "CREATE STREAM derived AS SELECT x FROM plain";
    assert_eq!(run(&engine, again).await, "stream derived already exists, unchanged");
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_in_which_the_program_keeps_its_books_are_refused() {
    let world = World::new();
    let statements = [
        "CREATE STREAM x (a INT) WITH (topic = '__headwater_sql')",
        "CREATE STREAM x (a INT) WITH (dead.letter.topic = 'connect-status')",
        "CREATE TABLE x WITH (topic = 'connect-offsets') AS SELECT x, count(*) AS n FROM s GROUP BY x",
        "CREATE STREAM \"connect-configs\" (a INT)",
        "CREATE STREAM x (a INT) WITH (topic = 'sql-t-00c0ffee-grouping-changelog')",
    ];
    assert_snapshot!(reports(&world, "CREATE STREAM s (x INT)", &statements).await, @r#"
    topic __headwater_sql belongs to Headwater itself
    line 1, column 39:
      CREATE STREAM x (a INT) WITH (topic = '__headwater_sql')
                                            ^
    detail: records that others write to it would be taken for its own
    hint: choose another topic with the option topic = '…'

    topic connect-status belongs to the connect worker
    line 1, column 51:
      CREATE STREAM x (a INT) WITH (dead.letter.topic = 'connect-status')
                                                        ^
    detail: records that others write to it would be taken for its own
    hint: choose another topic with the option dead.letter.topic = '…'

    topic connect-offsets belongs to the connect worker
    line 1, column 30:
      CREATE TABLE x WITH (topic = 'connect-offsets') AS SELECT x, count(*) AS n FROM s GROUP BY x
                                   ^
    detail: records that others write to it would be taken for its own
    hint: choose another topic with the option topic = '…'

    topic connect-configs belongs to the connect worker
    line 1, column 15:
      CREATE STREAM "connect-configs" (a INT)
                    ^
    detail: records that others write to it would be taken for its own
    hint: choose another topic with the option topic = '…'

    topic sql-t-00c0ffee-grouping-changelog belongs to a query
    line 1, column 39:
      CREATE STREAM x (a INT) WITH (topic = 'sql-t-00c0ffee-grouping-changelog')
                                            ^
    detail: records that others write to it would be taken for its own
    hint: choose another topic with the option topic = '…'
    "#);
}
