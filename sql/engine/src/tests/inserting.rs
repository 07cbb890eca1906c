//! What INSERT takes: values that stay what they are.

use super::{World, run};
use insta::assert_snapshot;

const STREAM: &str = "CREATE STREAM s (a INT, b BIGINT, ok BOOLEAN, day DATE, at TIMESTAMP, price DECIMAL(8, 2), d DOUBLE)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_insert_neither_loses_nor_changes_values() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, STREAM).await;
    let mut reports = Vec::new();
    for sql in [
        "INSERT INTO s (a, b, a) VALUES (1, 2, 3)",
        "INSERT INTO s (a) VALUES (1), (2.9)",
        "INSERT INTO s (ok) VALUES (5)",
        "INSERT INTO s (day) VALUES (5)",
        "INSERT INTO s (at) VALUES (NULL), (5)",
        "INSERT INTO s (price) VALUES (1.005)",
        "INSERT INTO s (a) VALUES (5000000000)",
        "INSERT INTO s (a, b) VALUES (1)",
    ] {
        reports.push(run(&engine, sql).await);
    }
    assert_snapshot!(reports.join("\n\n"), @r#"
    column "a" is specified more than once
    line 1, column 22:
      INSERT INTO s (a, b, a) VALUES (1, 2, 3)
                           ^
    hint: leave it out, and its value too

    2.9 is not a value of type INT
    line 1, column 32:
      INSERT INTO s (a) VALUES (1), (2.9)
                                     ^
    detail: column "a" is INT, which would change the value
    hint: write CAST(2.9 AS INT) if that is meant

    5 is not a value of type BOOLEAN
    line 1, column 28:
      INSERT INTO s (ok) VALUES (5)
                                 ^
    detail: column "ok" is BOOLEAN
    hint: write CAST(5 AS BOOLEAN) if that is meant

    5 is not a value of type DATE
    line 1, column 29:
      INSERT INTO s (day) VALUES (5)
                                  ^
    detail: column "day" is DATE
    hint: write it as text, for example '2015-05-17', or CAST it

    5 is not a value of type TIMESTAMP
    line 1, column 36:
      INSERT INTO s (at) VALUES (NULL), (5)
                                         ^
    detail: column "at" is TIMESTAMP
    hint: write it as text, for example '2015-05-17T10:05:03Z', or CAST it

    1.005 is not a value of type DECIMAL(8, 2)
    line 1, column 31:
      INSERT INTO s (price) VALUES (1.005)
                                    ^
    detail: column "price" is DECIMAL(8, 2), which would change the value
    hint: write CAST(1.005 AS DECIMAL(8, 2)) if that is meant

    5000000000 is not a value of type INT
    line 1, column 27:
      INSERT INTO s (a) VALUES (5000000000)
                                ^
    detail: column "a" is INT

    1 value is given for 2 columns
    line 1, column 13:
      INSERT INTO s (a, b) VALUES (1)
                  ^
    hint: the columns are a, b
    "#);
    engine.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_of_other_types_are_taken_where_they_do_not_change() {
    let world = World::new();
    let engine = world.engine().await;
    run(&engine, STREAM).await;
    for taken in [
        "(CAST(2.9 AS INT), 2.0, true, '2015-05-17', '1969-12-31T23:00:00Z', 19.99, 3)",
        "(-1, 1, 'false', now()::DATE, now(), 5, 0.1)",
        "(5, 6, NULL, NULL, '2015-05-17', '1.25', 2), (7.0, 8, NULL, NULL, NULL, 1.5, 2.5)",
    ] {
        let answer = run(&engine, &format!("INSERT INTO s VALUES {taken}")).await;
        assert!(answer.ends_with("inserted into s"), "{taken}: {answer}");
    }
    assert_snapshot!(run(&engine, "SELECT a, b, ok, price, d FROM s").await, @r#"
    +----+---+-------+-------+-----+
    | a  | b | ok    | price | d   |
    +----+---+-------+-------+-----+
    | 2  | 2 | true  | 19.99 | 3.0 |
    | -1 | 1 | false | 5.00  | 0.1 |
    | 5  | 6 |       | 1.25  | 2.0 |
    | 7  | 8 |       | 1.50  | 2.5 |
    +----+---+-------+-------+-----+
    "#);
    engine.stop().await.unwrap();
}
