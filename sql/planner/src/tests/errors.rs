//! What a user reads when a statement is wrong: message, place with caret, detail, hint.

use super::outcome;
use insta::assert_snapshot;

fn reports(statements: &[&str]) -> String {
    statements.iter().map(|sql| outcome(sql)).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn syntax_errors_point_at_the_place() {
    assert_snapshot!(reports(&[
        "SELCT 1",
        "CREATE STREEM x (a INT)",
        "CREATE OR REPLACE STREAM x (a INT)",
        "SHOW STREAM",
        "SELECT a FROM\n  lines WHERE",
        "CREATE STREAM x (a INT b)",
        "CREATE STREAM x (a INT, a TEXT)",
        "CREATE STREAM x",
        "SELECT 'open",
        "DROP TOPIC x",
        "SELECT 1 FROM lines EMIT FINAL",
        "INSERT INTO lines SELECT * FROM lines",
        "EXPLAIN SHOW STREAMS",
        "SELECT 1 1",
    ]), @r#"
    unknown statement "SELCT"
    line 1, column 1:
      SELCT 1
      ^
    detail: statements begin with CREATE, INSERT INTO, SELECT, SHOW, DESCRIBE, EXPLAIN or DROP
    hint: did you mean "SELECT"?

    cannot create "STREEM"
    line 1, column 8:
      CREATE STREEM x (a INT)
             ^
    detail: CREATE takes STREAM, TABLE, SOURCE CONNECTOR or SINK CONNECTOR
    hint: did you mean "STREAM"?

    CREATE OR REPLACE is not supported
    line 1, column 19:
      CREATE OR REPLACE STREAM x (a INT)
                        ^
    detail: replacing a running query would have to carry its state and its readers over to the new definition
    hint: DROP it first, or create the new one under another name

    expected STREAMS, TABLES, TOPICS, CONNECTORS or QUERIES, found "STREAM"
    line 1, column 6:
      SHOW STREAM
           ^
    hint: did you mean "STREAMS"?

    expected an expression, found the end of the statement
    line 2, column 14:
        lines WHERE
                   ^

    expected "," or ")", found "b"
    line 1, column 24:
      CREATE STREAM x (a INT b)
                             ^

    column "a" is declared twice
    line 1, column 25:
      CREATE STREAM x (a INT, a TEXT)
                              ^

    expected columns or AS SELECT for stream "x", found the end of the statement
    line 1, column 16:
      CREATE STREAM x
                     ^

    unterminated string literal
    line 1, column 8:
      SELECT 'open
             ^

    expected STREAM, TABLE or CONNECTOR, found "TOPIC"
    line 1, column 6:
      DROP TOPIC x
           ^

    EMIT takes CHANGES or ON WINDOW CLOSE
    line 1, column 26:
      SELECT 1 FROM lines EMIT FINAL
                               ^

    INSERT INTO takes VALUES only
    line 1, column 19:
      INSERT INTO lines SELECT * FROM lines
                        ^
    hint: to fill a stream from a query, use CREATE STREAM … AS SELECT; to insert rows, INSERT INTO lines VALUES (…)

    EXPLAIN takes a SELECT, CREATE STREAM … AS SELECT or CREATE TABLE … AS SELECT
    line 1, column 9:
      EXPLAIN SHOW STREAMS
              ^

    expected the end of the statement or ";", found "1"
    line 1, column 10:
      SELECT 1 1
               ^
    "#);
}

#[test]
fn unknown_names_come_with_the_nearest() {
    assert_snapshot!(reports(&[
        "SELECT clint FROM requests",
        "SELECT client\nFROM request",
        "SELECT uper(client) FROM requests",
        "CREATE STREAM x (a INT) WITH (formt = 'json')",
        "CREATE STREAM x (a INT) WITH (format = 'jsn')",
        "CREATE STREAM x (a INT) WITH (retention.msec = '1')",
        "CREATE STREAM x (a INTT)",
        "CREATE STREAM x (t TIMESTAMP, WATERMARK FOR tt AS tt - INTERVAL '1' MINUTE)",
        "DESCRIBE requets",
        "CREATE STREAM x (methd VARCHAR) WITH (format = 'regex', pattern = '(?<method>\\S+)')",
    ]), @r#"
    column "clint" does not exist
    line 1, column 8:
      SELECT clint FROM requests
             ^
    hint: did you mean "client"?

    relation "request" does not exist
    line 2, column 6:
      FROM request
           ^
    hint: did you mean "requests"?

    function "uper" does not exist
    line 1, column 8:
      SELECT uper(client) FROM requests
             ^
    hint: did you mean "upper"?

    unknown option "formt"
    line 1, column 31:
      CREATE STREAM x (a INT) WITH (formt = 'json')
                                    ^
    detail: the options are dead.letter.topic, delimiter, format, grace.ms, header, key, null.text, partitions, pattern, quote, timestamp.format, topic, and Kafka's topic configuration (for example retention.ms)
    hint: did you mean "format"?

    invalid value 'jsn' for option "format": the formats are json, text, regex and csv; did you mean "json"?
    line 1, column 40:
      CREATE STREAM x (a INT) WITH (format = 'jsn')
                                             ^

    unknown option "retention.msec"
    line 1, column 31:
      CREATE STREAM x (a INT) WITH (retention.msec = '1')
                                    ^
    detail: the options are dead.letter.topic, delimiter, format, grace.ms, header, key, null.text, partitions, pattern, quote, timestamp.format, topic, and Kafka's topic configuration (for example retention.ms)
    hint: did you mean "retention.ms"?

    unknown column type INTT
    line 1, column 20:
      CREATE STREAM x (a INTT)
                         ^
    detail: the types are BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(p, s), VARCHAR, TIMESTAMP, DATE and BYTES
    hint: did you mean "INT"?

    column "tt" of the watermark does not exist
    line 1, column 45:
      CREATE STREAM x (t TIMESTAMP, WATERMARK FOR tt AS tt - INTERVAL '1' MINUTE)
                                                  ^
    hint: the columns are t

    relation "requets" does not exist
    line 1, column 10:
      DESCRIBE requets
               ^
    hint: did you mean "requests"?

    column "methd" has no named group in the pattern
    line 1, column 18:
      CREATE STREAM x (methd VARCHAR) WITH (format = 'regex', pattern = '(?<method>\S+)')
                       ^
    detail: the pattern's groups are method
    hint: did you mean "method"?
    "#);
}

#[test]
fn wrong_declarations_say_what_is_right() {
    assert_snapshot!(reports(&[
        "CREATE STREAM x (a INT PRIMARY KEY)",
        "CREATE TABLE x (a INT)",
        "CREATE STREAM x (a INT) WITH (format = 'text')",
        "CREATE STREAM x (a VARCHAR) WITH (format = 'regex')",
        "CREATE STREAM x (a VARCHAR) WITH (format = 'regex', pattern = '(?<a>')",
        "CREATE STREAM x (a VARCHAR) WITH (pattern = 'a')",
        "CREATE STREAM x (a INT, WATERMARK FOR a AS a)",
        "CREATE STREAM x (t TIMESTAMP, WATERMARK FOR t AS t + INTERVAL '1' MINUTE)",
        "CREATE STREAM x (t TIMESTAMP, WATERMARK FOR t AS t - INTERVAL '1' MONTH)",
        "CREATE STREAM x (_offset BIGINT)",
        "CREATE STREAM x (a INT) WITH (topic = 'a b')",
        "CREATE STREAM x (a INT) WITH (partitions = 0)",
        "CREATE STREAM x (a DECIMAL)",
        "CREATE STREAM x (a VARCHAR(20))",
        "CREATE SOURCE CONNECTOR c WITH (file = 'x')",
        "CREATE STREAM x (a INT) AS SELECT 1",
        "CREATE STREAM x WITH (format = 'regex', pattern = '(?<client>.*)') AS SELECT client FROM requests",
        "CREATE STREAM x (a VARCHAR) WITH (format = 'csv', delimiter = ';', quote = ';')",
        "CREATE STREAM x (a TIMESTAMP) WITH (timestamp.format = '%H:%M')",
        "CREATE STREAM x WITH (format = 'text') AS SELECT client FROM requests",
    ]), @r#"
    stream "x" cannot have a primary key
    line 1, column 18:
      CREATE STREAM x (a INT PRIMARY KEY)
                       ^
    detail: each row of a stream is one more event; rows of a table replace each other by primary key
    hint: use CREATE TABLE, or leave PRIMARY KEY out

    table "x" has no primary key
    line 1, column 14:
      CREATE TABLE x (a INT)
                   ^
    hint: add PRIMARY KEY to the column that identifies a row, or use CREATE STREAM

    format 'text' takes exactly one VARCHAR column
    line 1, column 40:
      CREATE STREAM x (a INT) WITH (format = 'text')
                                             ^

    format 'regex' needs the option "pattern"
    line 1, column 44:
      CREATE STREAM x (a VARCHAR) WITH (format = 'regex')
                                                 ^
    hint: add for example pattern = '(?<name>\S+) (?<value>\d+)'

    invalid value '(?<a>' for option "pattern": unclosed group
    line 1, column 63:
      CREATE STREAM x (a VARCHAR) WITH (format = 'regex', pattern = '(?<a>')
                                                                    ^

    option "pattern" belongs to format 'regex', and the format is 'json'
    line 1, column 35:
      CREATE STREAM x (a VARCHAR) WITH (pattern = 'a')
                                        ^

    watermark column "a" is INT, not TIMESTAMP
    line 1, column 39:
      CREATE STREAM x (a INT, WATERMARK FOR a AS a)
                                            ^
    hint: event time is a TIMESTAMP column; convert it with to_timestamp or declare it as TIMESTAMP

    the watermark is not of the form column - INTERVAL
    line 1, column 50:
      CREATE STREAM x (t TIMESTAMP, WATERMARK FOR t AS t + INTERVAL '1' MINUTE)
                                                       ^
    hint: write WATERMARK FOR t AS t - INTERVAL '1' MINUTE, or AS t for rows in order

    the watermark is not of the form column - INTERVAL
    line 1, column 50:
      CREATE STREAM x (t TIMESTAMP, WATERMARK FOR t AS t - INTERVAL '1' MONTH)
                                                       ^
    hint: write WATERMARK FOR t AS t - INTERVAL '1' MINUTE, or AS t for rows in order

    column name "_offset" is reserved
    line 1, column 18:
      CREATE STREAM x (_offset BIGINT)
                       ^
    detail: a batch SELECT offers _timestamp, _partition, _offset and _key of the records of every relation
    hint: choose another name

    invalid value 'a b' for option "topic": only letters, digits, `.`, `_` and `-` are allowed
    line 1, column 39:
      CREATE STREAM x (a INT) WITH (topic = 'a b')
                                            ^

    invalid value '0' for option "partitions": it takes a whole number of at least 1
    line 1, column 44:
      CREATE STREAM x (a INT) WITH (partitions = 0)
                                                 ^

    DECIMAL needs its precision
    line 1, column 20:
      CREATE STREAM x (a DECIMAL)
                         ^
    hint: write for example DECIMAL(10, 2)

    VARCHAR has no greatest length: values of any length are taken
    line 1, column 20:
      CREATE STREAM x (a VARCHAR(20))
                         ^
    hint: write VARCHAR

    connector "c" has no 'connector.class'
    line 1, column 25:
      CREATE SOURCE CONNECTOR c WITH (file = 'x')
                              ^
    hint: add for example 'connector.class' = 'FileStreamSource'

    columns cannot be declared where a query gives them
    line 1, column 18:
      CREATE STREAM x (a INT) AS SELECT 1
                       ^
    hint: leave the columns out; a WATERMARK may stay

    format 'regex' can only be read, and the query would write it
    line 1, column 32:
      CREATE STREAM x WITH (format = 'regex', pattern = '(?<client>.*)') AS SELECT client FROM requests
                                     ^
    hint: use json, text or csv

    the delimiter and the quote are both ';'
    line 1, column 76:
      CREATE STREAM x (a VARCHAR) WITH (format = 'csv', delimiter = ';', quote = ';')
                                                                                 ^
    detail: nothing would tell the end of a value from the start of a quoted one

    invalid value '%H:%M' for option "timestamp.format": a timestamp written as '00:00' cannot be read again
    line 1, column 56:
      CREATE STREAM x (a TIMESTAMP) WITH (timestamp.format = '%H:%M')
                                                             ^

    column "client" may be NULL, and format 'text' has nothing to write for that
    line 1, column 32:
      CREATE STREAM x WITH (format = 'text') AS SELECT client FROM requests
                                     ^
    hint: write coalesce(client, '') AS client, or give NULL a text with the option null.text = '…'
    "#);
}

#[test]
fn what_cannot_run_continuously_is_refused_with_the_reason() {
    assert_snapshot!(reports(&[
        "CREATE STREAM x AS SELECT r.client FROM requests r JOIN planes p ON r.client = p.tail",
        "CREATE STREAM x AS SELECT client FROM requests, lines",
        "CREATE STREAM x AS SELECT client FROM requests ORDER BY client",
        "CREATE STREAM x AS SELECT client FROM requests LIMIT 3",
        "CREATE STREAM x AS SELECT DISTINCT client FROM requests",
        "CREATE STREAM x AS SELECT client FROM requests UNION ALL SELECT line FROM lines",
        "CREATE STREAM x AS SELECT client, row_number() OVER () AS n FROM requests",
        "CREATE STREAM x AS SELECT client FROM requests WHERE client IN (SELECT line FROM lines)",
        "CREATE STREAM x AS SELECT client, now() AS n FROM requests",
        "CREATE STREAM x AS SELECT 1 AS one",
        "CREATE STREAM x AS SELECT upper(client) FROM requests",
        "CREATE TABLE x AS SELECT client, median(bytes) AS m FROM requests GROUP BY client",
        "CREATE TABLE x AS SELECT client, sum(DISTINCT bytes) AS m FROM requests GROUP BY client",
    ]), @r#"
    joins are not supported in continuous queries yet
    line 1, column 57:
      CREATE STREAM x AS SELECT r.client FROM requests r JOIN planes p ON r.client = p.tail
                                                              ^
    hint: use a batch SELECT, which can join streams and tables

    joins are not supported in continuous queries yet
    line 1, column 49:
      CREATE STREAM x AS SELECT client FROM requests, lines
                                                      ^
    hint: use a batch SELECT, which can join streams and tables

    ORDER BY is not supported in continuous queries
    line 1, column 57:
      CREATE STREAM x AS SELECT client FROM requests ORDER BY client
                                                              ^
    detail: rows come in the order of their changes; an endless result has no last row to sort
    hint: sort in the batch SELECT that reads the result

    LIMIT is not supported in a query that fills a relation
    line 1, column 54:
      CREATE STREAM x AS SELECT client FROM requests LIMIT 3
                                                           ^
    detail: such a query never ends, so it has no first rows to keep

    SELECT DISTINCT is not supported in continuous queries yet
    line 1, column 20:
      CREATE STREAM x AS SELECT DISTINCT client FROM requests
                         ^
    hint: use GROUP BY over the same columns

    UNION is not supported in continuous queries yet
    line 1, column 58:
      CREATE STREAM x AS SELECT client FROM requests UNION ALL SELECT line FROM lines
                                                               ^
    hint: create one stream for each part, or use a batch SELECT

    window functions are not supported in continuous queries yet
    line 1, column 35:
      CREATE STREAM x AS SELECT client, row_number() OVER () AS n FROM requests
                                        ^
    hint: use a batch SELECT

    subqueries in expressions are not supported in continuous queries yet
    line 1, column 54:
      CREATE STREAM x AS SELECT client FROM requests WHERE client IN (SELECT line FROM lines)
                                                           ^
    hint: use a batch SELECT

    function "now" is not allowed in continuous queries
    line 1, column 35:
      CREATE STREAM x AS SELECT client, now() AS n FROM requests
                                        ^
    detail: its value changes from call to call, so a restart would give another result for the same rows
    hint: take the value from a column, for example the event's own time

    a continuous query reads a stream or table
    line 1, column 20:
      CREATE STREAM x AS SELECT 1 AS one
                         ^
    hint: add FROM

    a computed column needs a name
    line 1, column 27:
      CREATE STREAM x AS SELECT upper(client) FROM requests
                                ^
    hint: write upper(client) AS name

    aggregate median is not supported in continuous queries
    line 1, column 34:
      CREATE TABLE x AS SELECT client, median(bytes) AS m FROM requests GROUP BY client
                                       ^
    detail: they have count(*), count, count(distinct …), sum, min, max, avg
    hint: use a batch SELECT

    aggregate sum(distinct …) is not supported in continuous queries
    line 1, column 34:
      CREATE TABLE x AS SELECT client, sum(DISTINCT bytes) AS m FROM requests GROUP BY client
                                       ^
    detail: they have count(*), count, count(distinct …), sum, min, max, avg
    hint: use a batch SELECT
    "#);
}

#[test]
fn groupings_that_cannot_be_kept_are_refused() {
    assert_snapshot!(reports(&[
        "CREATE STREAM x AS SELECT client, count(*) AS n FROM requests GROUP BY client",
        "CREATE TABLE x AS SELECT client FROM requests",
        "CREATE TABLE x AS SELECT count(*) AS n FROM requests GROUP BY client",
        "CREATE TABLE x AS SELECT client, count(*) AS n FROM requests GROUP BY client EMIT ON WINDOW CLOSE",
        "CREATE TABLE x AS SELECT window_start, count(*) AS n FROM readings GROUP BY TUMBLE(at, INTERVAL '1' MINUTE) EMIT ON WINDOW CLOSE",
        "CREATE TABLE x AS SELECT window_start, count(*) AS n FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MONTH)",
        "CREATE TABLE x AS SELECT window_start, count(*) AS n FROM requests GROUP BY TUMBLE(client, INTERVAL '1' MINUTE)",
        "CREATE TABLE x AS SELECT status, count(*) AS n FROM requests GROUP BY client",
        "CREATE TABLE x AS SELECT client, make_array(bytes) AS a, count(*) AS n FROM requests GROUP BY client, make_array(bytes)",
        "CREATE STREAM x AS SELECT make_array(bytes) AS a FROM requests",
        "CREATE STREAM x AS SELECT client + 1 AS a, bytes + time AS b FROM requests",
        "CREATE STREAM x AS SELECT client, client FROM requests",
    ]), @r#"
    stream "x" cannot take rows back
    line 1, column 20:
      CREATE STREAM x AS SELECT client, count(*) AS n FROM requests GROUP BY client
                         ^
    detail: the query changes rows it has put out before; a stream only takes further rows
    hint: use CREATE TABLE, or EMIT ON WINDOW CLOSE with a window

    table "x" would have no key
    line 1, column 19:
      CREATE TABLE x AS SELECT client FROM requests
                        ^
    detail: rows of a table replace each other by key, and the rows of this query have none
    hint: use CREATE STREAM, or group the rows

    table "x" would have no key
    line 1, column 19:
      CREATE TABLE x AS SELECT count(*) AS n FROM requests GROUP BY client
                        ^
    detail: every group column must be among the selected columns, so that each row can be found again
    hint: add the missing group columns to SELECT

    EMIT ON WINDOW CLOSE needs a window
    line 1, column 19:
      CREATE TABLE x AS SELECT client, count(*) AS n FROM requests GROUP BY client EMIT ON WINDOW CLOSE
                        ^
    hint: add TUMBLE(time, INTERVAL '1' MINUTE) to GROUP BY, or use EMIT CHANGES

    EMIT ON WINDOW CLOSE needs a watermark on the window's time column
    line 1, column 77:
      S SELECT window_start, count(*) AS n FROM readings GROUP BY TUMBLE(at, INTERVAL '1' MINUTE) EMIT ON WINDOW CLOSE
                                                                  ^
    detail: without a watermark nothing says when a window is complete
    hint: declare WATERMARK FOR column AS column - INTERVAL '1' MINUTE on the stream that is read, or use EMIT CHANGES

    the size of a window is an INTERVAL of days or less units, above zero, written out
    line 1, column 77:
      CREATE TABLE x AS SELECT window_start, count(*) AS n FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MONTH)
                                                                                  ^

    tumble takes a timestamp first, not VARCHAR
    line 1, column 77:
      CREATE TABLE x AS SELECT window_start, count(*) AS n FROM requests GROUP BY TUMBLE(client, INTERVAL '1' MINUTE)
                                                                                  ^

    column "requests.status" must appear in GROUP BY or in an aggregate
    line 1, column 26:
      CREATE TABLE x AS SELECT status, count(*) AS n FROM requests GROUP BY client
                               ^
    hint: add it to GROUP BY, or put it into an aggregate such as max(…)

    values of type List(Int64) cannot be grouped or aggregated in continuous queries
    line 1, column 19:
      CREATE TABLE x AS SELECT client, make_array(bytes) AS a, count(*) AS n FROM requests GROUP BY client, make_array(bytes)
                        ^

    column "a" has type List(Int64), which a relation cannot hold
    line 1, column 20:
      CREATE STREAM x AS SELECT make_array(bytes) AS a FROM requests
                         ^

    cannot coerce arithmetic expression VARCHAR + BIGINT to valid types
    line 1, column 27:
      CREATE STREAM x AS SELECT client + 1 AS a, bytes + time AS b FROM requests
                                ^

    column "client" is selected twice
    line 1, column 35:
      CREATE STREAM x AS SELECT client, client FROM requests
                                        ^
    hint: give one of them another name with AS
    "#);
}

#[test]
fn what_datafusion_finds_is_shown_where_it_is() {
    assert_snapshot!(reports(&[
        "CREATE TABLE x AS SELECT window_start, count(*) AS n FROM requests\nGROUP BY TUMBEL(time, INTERVAL '1' MINUTE)",
        "CREATE TABLE x AS SELECT client, window_end, count(*) AS n FROM requests GROUP BY client",
        "CREATE STREAM x AS SELECT client FROM requests WHERE status = 'ok'",
        "CREATE STREAM x AS SELECT client AS a, bytes AS a FROM requests",
        "SELECT r.client FROM requests AS r WHERE r.tail = 1",
    ]), @r#"
    function "tumbel" does not exist
    line 2, column 10:
      GROUP BY TUMBEL(time, INTERVAL '1' MINUTE)
               ^
    hint: did you mean "tumble"?

    column "window_end" does not exist
    line 1, column 34:
      CREATE TABLE x AS SELECT client, window_end, count(*) AS n FROM requests GROUP BY client
                                       ^
    hint: window_end needs a window: GROUP BY TUMBLE(time, INTERVAL '1' MINUTE)

    'ok' is not a value of type INT
    line 1, column 63:
      CREATE STREAM x AS SELECT client FROM requests WHERE status = 'ok'
                                                                    ^
    hint: TRY_CAST gives NULL for what is none

    column "a" is selected twice
    line 1, column 40:
      CREATE STREAM x AS SELECT client AS a, bytes AS a FROM requests
                                             ^
    hint: give one of them another name with AS

    column "r.tail" does not exist
    line 1, column 42:
      SELECT r.client FROM requests AS r WHERE r.tail = 1
                                               ^
    hint: the columns are client, time, status, bytes, price
    "#);
}

#[test]
fn what_only_a_batch_select_offers_is_named() {
    assert_snapshot!(reports(&[
        "CREATE STREAM x AS SELECT client, _offset AS o FROM requests",
        "SELECT r._timestamp FROM requests r EMIT CHANGES",
        "CREATE TABLE x AS SELECT window_start, count(*) AS n FROM requests GROUP BY TUMBLE(time)",
        "CREATE TABLE x AS SELECT client, count(*) AS n FROM requests GROUP BY client, TUMBLE(time)",
    ]), @r#"
    column "_offset" does not exist
    line 1, column 35:
      CREATE STREAM x AS SELECT client, _offset AS o FROM requests
                                        ^
    hint: only a batch SELECT offers _offset; a continuous query reads the declared columns

    column "r._timestamp" does not exist
    line 1, column 8:
      SELECT r._timestamp FROM requests r EMIT CHANGES
             ^
    hint: only a batch SELECT offers _timestamp; a continuous query reads the declared columns

    tumble needs the window's size after the timestamp
    line 1, column 77:
      CREATE TABLE x AS SELECT window_start, count(*) AS n FROM requests GROUP BY TUMBLE(time)
                                                                                  ^
    hint: write for example TUMBLE(time, INTERVAL '1' MINUTE)

    tumble needs the window's size after the timestamp, as in tumble(time, INTERVAL '1' MINUTE)
    line 1, column 79:
      CREATE TABLE x AS SELECT client, count(*) AS n FROM requests GROUP BY client, TUMBLE(time)
                                                                                    ^
    "#);
}

#[test]
fn a_script_that_must_end_has_no_continuous_select() {
    let refusal = |sql: &str| crate::Script::parse(sql, &Default::default()).unwrap().refuse_endless();
    assert_eq!(refusal("SELECT 1; CREATE STREAM x AS SELECT a FROM s EMIT CHANGES; EXPLAIN SELECT a FROM s EMIT CHANGES"), Ok(()));
    assert_snapshot!(refusal("SELECT 1;\nSELECT a FROM s EMIT CHANGES LIMIT 3").unwrap_err().report(), @r#"
    a continuous SELECT never ends, and a script must
    line 2, column 1:
      SELECT a FROM s EMIT CHANGES LIMIT 3
      ^
    hint: use CREATE STREAM … AS SELECT to keep its rows, or headwater sql -c to watch them
    "#);
}
