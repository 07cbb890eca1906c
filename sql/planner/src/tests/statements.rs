//! Each statement once, with its variants.

use super::outcome;
use crate::{Script, Statement};
use insta::assert_snapshot;

fn debug(sql: &str) -> String {
    let script = Script::parse(sql, &Default::default()).unwrap();
    let shown = script.statements().iter().map(|parsed| match &parsed.statement {
        Statement::CreateConnector(create) => {
            let options = create.options.iter().map(|entry| format!("{}={}", entry.key, entry.value)).collect::<Vec<_>>().join(" ");
            format!("{} {} if_not_exists={} {options}", create.kind, create.name, create.if_not_exists)
        }
        Statement::Show(show) => format!("show {show:?}"),
        Statement::Describe(name) => format!("describe {name}"),
        Statement::Drop(drop) => format!("drop {:?} {} if_exists={}", drop.kind, drop.name, drop.if_exists),
        Statement::Explain(inner) => format!("explain {}", if matches!(**inner, Statement::Select { .. }) { "select" } else { "create" }),
        Statement::Insert(insert) => {
            let columns = insert.columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            format!("insert {} ({columns}) {}", insert.relation, insert.values)
        }
        Statement::Select { query, emit } => format!("select {emit:?} {query}"),
        Statement::CreateRelation(create) => {
            format!(
                "{} {} columns={} query={:?} {:?}",
                create.kind,
                create.name,
                create.columns.len(),
                create.query.as_ref().map(ToString::to_string),
                create.emit
            )
        }
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn connectors_take_connects_keys() {
    assert_snapshot!(debug(
        "CREATE SOURCE CONNECTOR log WITH ('connector.class' = 'FileStreamSource', 'file' = 'a''b', topic = 'x', tasks.max = 1);
         create sink connector if not exists \"Out\" with (connector.class='JsonFileSink', flush=true, offset=-1,)"
    ), @r#"
    source log if_not_exists=false connector.class=FileStreamSource file=a'b topic=x tasks.max=1
    sink Out if_not_exists=true connector.class=JsonFileSink flush=true offset=-1
    "#);
}

#[test]
fn short_statements_parse_in_any_case() {
    assert_snapshot!(debug(
        "SHOW STREAMS; show tables; LIST TOPICS; SHOW CONNECTORS; SHOW QUERIES; DESCRIBE Requests; DESC \"Requests\";
         DROP STREAM a; DROP TABLE IF EXISTS b; DROP CONNECTOR c; ; -- nothing
         EXPLAIN SELECT 1; EXPLAIN CREATE TABLE t AS SELECT 1"
    ), @r#"
    show Streams
    show Tables
    show Topics
    show Connectors
    show Queries
    describe requests
    describe Requests
    drop Stream a if_exists=false
    drop Table b if_exists=true
    drop Connector c if_exists=false
    explain select
    explain create
    "#);
}

#[test]
fn queries_keep_their_emit_clause_apart() {
    assert_snapshot!(debug(
        "SELECT a FROM t EMIT CHANGES LIMIT 3; SELECT a FROM t; SELECT emit, a AS emit FROM t WHERE emit > 1 emit changes;
         CREATE TABLE t AS SELECT count(*) AS n FROM s GROUP BY TUMBLE(x, INTERVAL '1' MINUTE) EMIT ON WINDOW CLOSE;
         WITH q AS (SELECT 1) SELECT * FROM q; VALUES (1), (2); INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL)"
    ), @r#"
    select Some(Changes) SELECT a FROM t LIMIT 3
    select None SELECT a FROM t
    select Some(Changes) SELECT emit, a AS emit FROM t WHERE emit > 1
    table t columns=0 query=Some("SELECT count(*) AS n FROM s GROUP BY TUMBLE(x, INTERVAL '1' MINUTE)") Some(OnWindowClose)
    select None WITH q AS (SELECT 1) SELECT * FROM q
    select None VALUES (1), (2)
    insert t (a,b) VALUES (1, 'x'), (2, NULL)
    "#);
}

#[test]
fn a_stream_has_columns_a_format_and_a_watermark() {
    assert_snapshot!(outcome(
        "CREATE STREAM Clicks (id BIGINT NOT NULL, \"User\" TEXT, at TIMESTAMP, d DATE, ok BOOLEAN, x DOUBLE, p DECIMAL(9,3), b BYTES,
           WATERMARK FOR at AS at - INTERVAL '1 minute 30 seconds')
         WITH (topic = 'clicks.v1', partitions = 4, dead.letter.topic = 'clicks_dead', key = 'id', retention.ms = '1000')"
    ), @r#"
    kind: stream
    columns: id BIGINT NOT NULL, User VARCHAR, at TIMESTAMP, d DATE, ok BOOLEAN, x DOUBLE, p DECIMAL(9, 3), b BYTES
    key: id
    changes: append
    topic: clicks.v1
    partitions: 4
    format: json
    watermark: at minus 90000 ms
    dead letters: clicks_dead
    topic configuration: retention.ms=1000
    query: none
    emit: none
    grace: none
    "#);
    assert_snapshot!(outcome("CREATE TABLE t (a INT, b INT, v TEXT, PRIMARY KEY (a, b)) WITH (format='csv')"), @r#"
    kind: table
    columns: a INT NOT NULL, b INT NOT NULL, v VARCHAR
    key: a, b
    changes: upsert
    topic: t
    partitions: 1
    format: csv
    watermark: none
    dead letters: none
    topic configuration: default
    query: none
    emit: none
    grace: none
    "#);
    assert_snapshot!(outcome(
        "CREATE STREAM r (method VARCHAR, status INT) WITH (topic='x', format='regex', pattern='(?<method>\\S+) (?<status>\\d+)')"
    ), @r#"
    kind: stream
    columns: method VARCHAR, status INT
    key: none
    changes: append
    topic: x
    partitions: 1
    format: regex pattern '(?<method>\S+) (?<status>\d+)'
    watermark: none
    dead letters: none
    topic configuration: default
    query: none
    emit: none
    grace: none
    "#);
}
