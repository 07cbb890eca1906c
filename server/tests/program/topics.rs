//! Topics that something needs are not deleted, and the program's own are left alone.

use crate::process::{assert_says, fail, succeed, text};
use crate::server::Server;

#[test]
fn a_topic_in_use_is_kept_and_its_user_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let on = |arguments: &[&'static str]| arguments.iter().copied().chain(["--data-dir"]).collect::<Vec<_>>();
    let refused = |arguments: &[&'static str]| fail(&[&on(arguments)[..], &[text(&data)]].concat());
    let done = |arguments: &[&'static str]| succeed(&[&on(arguments)[..], &[text(&data)]].concat());
    done(&[
        "sql",
        "-c",
        "CREATE STREAM s (a INT) WITH (topic = 'in', dead.letter.topic = 'bad'); CREATE TABLE t WITH (topic = 'out') AS SELECT a, count(*) AS n FROM s GROUP BY a",
    ]);
    done(&["topic", "create", "free"]);
    done(&["topic", "create", "bad2"]);

    for topic in ["__headwater_sql", "__consumer_offsets"] {
        assert_says(&refused(&["topic", "delete", "free", topic]), &[topic, "Headwater itself"]);
    }
    assert_says(&refused(&["topic", "delete", "connect-offsets"]), &["connect-offsets", "the connect worker"]);
    assert_says(&refused(&["topic", "delete", "in"]), &["in", "stream s", "drop"]);
    assert_says(&refused(&["topic", "delete", "out"]), &["out", "table t"]);
    let all = done(&["topic", "list", "--internal"]);
    let changelog = all.lines().filter_map(|line| line.split_whitespace().next()).find(|name| name.ends_with("-changelog"));
    let changelog: &'static str = changelog.expect("the table keeps state").to_string().leak();
    assert_says(&refused(&["topic", "delete", changelog]), &["the query of table t"]);
    assert_says(&refused(&["produce", changelog]), &[changelog, "the query of table t", "produce to a topic that it reads"]);
    // All or nothing: the free one is still there.
    assert_says(&done(&["topic", "list"]), &["free", "in", "out"]);
    assert!(!done(&["topic", "list"]).contains("connect-"));

    for arguments in [&["topic", "create", "__headwater_x"][..], &["topic", "create", "connect-status"], &["produce", "__headwater_sql"]] {
        assert_says(&refused(arguments), &["belongs to"]);
    }
    assert_eq!(done(&["topic", "delete", "free", "bad2"]), "deleted topic free\ndeleted topic bad2\n");
    done(&["sql", "-c", "DROP TABLE t; DROP STREAM s"]);
    done(&["topic", "delete", "in"]);
    assert_says(&refused(&["topic", "delete", "in"]), &["in"]);
}

#[test]
fn a_servers_own_number_of_partitions_is_given_and_other_names_with_underscores_are_anybodys() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start_with(&folder.path().join("data"), &["--set", "num.partitions=3"]);
    assert_eq!(server.on(&["topic", "create", "made"]), "created topic made with 3 partitions\n");
    assert_eq!(server.on(&["topic", "create", "said", "-p", "2"]), "created topic said with 2 partitions\n");
    server.feed(&["produce", "__heartbeat.shop"], b"beat\n");
    assert_eq!(server.on(&["topic", "offsets", "__heartbeat.shop"]).lines().count(), 3);
    assert_says(&server.on(&["topic", "list", "--names"]), &["__heartbeat.shop"]);
    server.on(&["topic", "delete", "__heartbeat.shop"]);
    assert_says(&server.refused(&["produce", "new", "-p", "7"]), &["new", "--partition 7", "headwater topic create new -p 8"]);
    assert!(!server.on(&["topic", "list", "--names"]).contains("new"));
    assert!(server.stop().success());
}
