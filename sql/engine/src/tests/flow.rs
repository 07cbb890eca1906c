//! Topics have one writer, and nothing flows in circles; a topic that exists is taken as it is.

use super::{World, run};
use insta::assert_snapshot;

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
