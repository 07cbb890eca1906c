//! The plans of continuous queries.

use super::{explained, outcome};
use insta::assert_snapshot;

#[test]
fn a_stream_of_a_stream_filters_and_projects() {
    assert_snapshot!(outcome(
        "CREATE STREAM big (WATERMARK FOR time AS time - INTERVAL '5' SECOND) WITH (topic = 'big', key = 'client')
         AS SELECT client, time, upper(client) AS name, CAST(bytes AS INT) / 2 AS half FROM requests WHERE bytes > 1000 AND status = 200"
    ), @r#"
    kind: stream
    columns: client VARCHAR, time TIMESTAMP, name VARCHAR, half BIGINT
    key: client
    changes: append
    topic: big
    partitions: 1
    format: json
    watermark: time minus 5000 ms
    dead letters: none
    topic configuration: default
    query: SELECT client, time, upper(client) AS name, CAST(bytes AS INT) / 2 AS half FROM requests WHERE bytes > 1000 AND status = 200
    emit: EMIT CHANGES
    grace: 0 ms
    Sink big: topic big, format json, key client [changes: append]
      Project: requests.client, requests.time, upper(requests.client) AS name, CAST(CAST(requests.bytes AS INT) AS BIGINT) / 2 AS half [changes: append]
        Filter: requests.bytes > 1000 AND requests.status = 200 [changes: append]
          Scan requests: topic requests, format json, columns client, time, status, bytes, event time time [changes: append]
    "#);
}

#[test]
fn windows_group_by_event_time() {
    assert_snapshot!(outcome(
        "CREATE TABLE stats WITH (topic = 'stats') AS
         SELECT window_start, concat(CAST(status / 100 AS VARCHAR), 'xx') AS status_class, count(*) AS requests, sum(bytes) AS bytes,
                count(DISTINCT client) AS clients
         FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), status_class EMIT ON WINDOW CLOSE"
    ), @r#"
    kind: table
    columns: window_start TIMESTAMP, status_class VARCHAR, requests BIGINT NOT NULL, bytes BIGINT, clients BIGINT NOT NULL
    key: window_start, status_class
    changes: append
    topic: stats
    partitions: 1
    format: json
    watermark: none
    dead letters: none
    topic configuration: default
    query: SELECT window_start, concat(CAST(status / 100 AS VARCHAR), 'xx') AS status_class, count(*) AS requests, sum(bytes) AS bytes, count(DISTINCT client) AS clients FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), status_class
    emit: EMIT ON WINDOW CLOSE
    grace: 0 ms
    Sink stats: topic stats, format json, key window_start, status_class [changes: append]
      Project: tumble(requests.time, 60000 ms) AS window_start, concat(requests.status / 100,'xx') AS status_class, count(*) AS requests, sum(requests.bytes) AS bytes, count(DISTINCT requests.client) AS clients [changes: append]
        TumbleAggregate: 60000 ms of time, group by [concat(CAST(CAST(requests.status AS BIGINT) / 100 AS VARCHAR), 'xx')], [count(*), sum(requests.bytes), count(distinct requests.client)], EMIT ON WINDOW CLOSE [changes: append, state: one entry a window and group until the window closes]
          Scan requests: topic requests, format json, columns client, time, status, bytes, watermark time - 60000 ms [changes: append, state: the greatest event time]
    "#);
}

#[test]
fn aggregates_of_all_kinds_keep_their_types() {
    assert_snapshot!(explained(
        "CREATE TABLE t AS SELECT client, count(bytes) AS a, sum(status) AS b, min(time) AS c, max(price) AS d, avg(bytes) AS e, sum(price) AS f,
                count(*) FILTER (WHERE status >= 500) AS g, sum(bytes) + count(*) AS h
         FROM requests GROUP BY client HAVING count(*) > 1"
    ), @r#"
    Sink t: topic t, format json, key client [changes: upsert]
      Project: requests.client, count(requests.bytes) AS a, sum(requests.status) AS b, min(requests.time) AS c, max(requests.price) AS d, avg(requests.bytes) AS e, sum(requests.price) AS f, count(*) FILTER (WHERE requests.status >= 500) AS g, sum(requests.bytes) + count(*) AS h [changes: upsert]
        Filter: count(*) > 1 [changes: upsert]
          Aggregate: group by [requests.client], [count(requests.bytes), sum(CAST(requests.status AS BIGINT)), min(requests.time), max(requests.price), avg(CAST(requests.bytes AS DOUBLE)), sum(requests.price), count(*) filter (requests.status >= 500), sum(requests.bytes), count(*)] [changes: upsert, state: one entry a group]
            Scan requests: topic requests, format json, columns client, time, status, bytes, price, event time time [changes: append]
    "#);
    assert_snapshot!(explained("CREATE TABLE t AS SELECT count(*) AS n FROM lines EMIT CHANGES"), @r#"
    table "t" would have no key
    line 1, column 19:
      CREATE TABLE t AS SELECT count(*) AS n FROM lines EMIT CHANGES
                        ^
    detail: the query groups all rows into one, and rows of a table are written by key
    hint: add a window or another column to GROUP BY
    "#);
    assert_snapshot!(explained(
        "CREATE TABLE t WITH (grace.ms = 1000) AS SELECT window_start, window_end, max(value) AS top FROM readings
         GROUP BY TUMBLE(at, INTERVAL '1' HOUR, INTERVAL '15' MINUTE)"
    ), @r#"
    Sink t: topic t, format json, key window_start [changes: upsert]
      Project: tumble(readings.at, 3600000 ms, 900000 ms) AS window_start, tumble(readings.at, 3600000 ms, 900000 ms) + INTERVAL '3600000 ms' AS window_end, max(readings.value) AS top [changes: upsert]
        TumbleAggregate: 3600000 ms offset 900000 ms grace 1000 ms of at, group by [], [max(readings.value)], EMIT CHANGES [changes: upsert, state: one entry a window and group, kept for ever: the input has no watermark]
          Scan readings: topic readings, format csv, columns at, value [changes: append]
    "#);
}

#[test]
fn final_results_can_be_read_as_a_stream_again() {
    assert_snapshot!(explained(
        "CREATE STREAM per_minute (WATERMARK FOR minute AS minute) AS
           SELECT window_start AS minute, client, count(*) AS n FROM requests GROUP BY TUMBLE(time, INTERVAL '1' MINUTE), client EMIT ON WINDOW CLOSE;
         CREATE TABLE per_hour AS SELECT window_start, sum(n) AS n FROM per_minute GROUP BY TUMBLE(minute, INTERVAL '1' HOUR) EMIT ON WINDOW CLOSE"
    ), @r#"
    Sink per_hour: topic per_hour, format json, key window_start [changes: append]
      Project: tumble(per_minute.minute, 3600000 ms) AS window_start, sum(per_minute.n) AS n [changes: append]
        TumbleAggregate: 3600000 ms of minute, group by [], [sum(per_minute.n)], EMIT ON WINDOW CLOSE [changes: append, state: one entry a window and group until the window closes]
          Scan per_minute: topic per_minute, format json, columns minute, n, watermark minute - 0 ms [changes: append, state: the greatest event time]
    "#);
}

#[test]
fn tables_are_read_as_changes() {
    assert_snapshot!(explained("CREATE TABLE years AS SELECT year, count(*) AS n FROM planes GROUP BY year"), @r#"
    Sink years: topic years, format json, key year [changes: upsert]
      Project: planes.year, count(*) AS n [changes: upsert]
        Aggregate: group by [planes.year], [count(*)] [changes: upsert, state: one entry a group]
          Project: planes.year [changes: retract]
            Scan planes: topic planes, format json, columns year, tail [changes: upsert, state: the last row of each key]
    "#);
    assert_snapshot!(explained("CREATE TABLE old AS SELECT tail AS id, year FROM planes WHERE year < 1980"), @r#"
    Sink old: topic old, format json, key id [changes: upsert]
      Project: planes.tail AS id, planes.year [changes: upsert]
        Filter: planes.year < 1980 [changes: upsert]
          Scan planes: topic planes, format json, columns tail, year [changes: upsert, state: the last row of each key]
    "#);
}

#[test]
fn a_reader_may_limit_its_query() {
    assert_snapshot!(outcome("SELECT * FROM lines EMIT CHANGES LIMIT 10"), @r#"
    Scan lines: topic access_log, format text, columns line [changes: append]
    limit: Some(10)
    "#);
    assert_snapshot!(outcome("SELECT l.line FROM (SELECT line FROM lines WHERE line <> '') AS l WHERE length(l.line) > 3"), @r#"
    Filter: lines.line != '' AND character_length(lines.line) > 3 [changes: append]
      Scan lines: topic access_log, format text, columns line [changes: append]
    limit: None
    "#);
}

#[test]
fn columns_that_are_read_for_event_time_and_keys_are_not_selected() {
    assert_snapshot!(outcome("CREATE STREAM x AS SELECT client FROM requests WHERE bytes > 0"), @r#"
    kind: stream
    columns: client VARCHAR
    key: none
    changes: append
    topic: x
    partitions: 1
    format: json
    watermark: none
    dead letters: none
    topic configuration: default
    query: SELECT client FROM requests WHERE bytes > 0
    emit: EMIT CHANGES
    grace: 0 ms
    Sink x: topic x, format json [changes: append]
      Project: requests.client [changes: append]
        Filter: requests.bytes > 0 [changes: append]
          Project: requests.client, requests.bytes [changes: append]
            Scan requests: topic requests, format json, columns client, bytes, time, event time time [changes: append]
    "#);
    assert_snapshot!(explained("CREATE TABLE x AS SELECT year FROM planes"), @r#"
    table "x" would have no key
    line 1, column 19:
      CREATE TABLE x AS SELECT year FROM planes
                        ^
    detail: rows of a table replace each other by key, and the rows of this query have none
    hint: use CREATE STREAM, or group the rows
    "#);
}
