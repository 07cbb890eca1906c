//! What is administered apart from topics: nodes, members of groups, ACLs, transactions; over a server and on its directory alike.

use crate::process::{assert_says, fail, headwater, succeed, text};
use crate::server::Server;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:?} is no JSON: {error}"))
}

/// The cells of a table's rows, without the header.
fn rows(table: &str) -> Vec<Vec<&str>> {
    table.lines().skip(1).map(|line| line.split_whitespace().collect()).collect()
}

/// A member of a group that has printed a record, so it has been given partitions.
struct Member(Child);

impl Member {
    fn start(address: &str, group: &str) -> Member {
        let mut command = headwater(&["consume", "t", "-G", group, "--bootstrap", address]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let line = BufReader::new(child.stdout.as_mut().expect("piped")).lines().next().and_then(Result::ok);
        assert!(line.is_some(), "the member reads nothing");
        Member(child)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server with a topic `t` of two partitions, three records in the second.
fn server_with_records(data: &Path) -> Server {
    let server = Server::start(data);
    server.on(&["topic", "create", "t", "-p", "2"]);
    server.feed(&["produce", "t", "-p", "1"], b"0\n1\n2\n");
    server
}

#[test]
fn a_cluster_shows_its_nodes_and_what_they_hold() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = server_with_records(&folder.path().join("data"));
    let shown = server.on(&["cluster"]);
    assert_says(&shown, &["cluster ", &server.address, "quorum ", "topics ", "records ", "NODE", "up, controller"]);
    let object = json(server.on(&["cluster", "--json"]).trim());
    assert_eq!(object["cluster_id"].as_str().map(str::len), Some(22), "{object}");
    assert_eq!((object["nodes"].as_array().map(Vec::len), object["bootstrap"].as_str()), (Some(1), Some(server.address.as_str())));
    let size_bytes = object["size_bytes"].as_u64().expect("a size");
    assert!(size_bytes > 0 && object["nodes"][0]["size_bytes"].as_u64() == Some(size_bytes), "{object}");
    let topic = json(server.on(&["topic", "list", "--json"]).trim());
    assert!(topic["size_bytes"].as_u64() > Some(0), "{topic}");
    let topic = json(server.on(&["topic", "describe", "t", "--json"]).trim());
    assert_eq!(topic["partitions"][0]["size_bytes"], 0);
    assert!(topic["partitions"][1]["size_bytes"].as_u64() > Some(0), "{topic}");
    assert_eq!(rows(&server.on(&["cluster", "log-dirs", "-t", "t"])).len(), 2);
    assert_says(&server.refused(&["cluster", "log-dirs", "-t", "missing"]), &["missing"]);
    let dirs = server.on(&["cluster", "log-dirs", "--kafka"]);
    assert_eq!(json(dirs.lines().last().expect("a line"))["brokers"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_group_is_shown_with_its_members_and_cannot_be_deleted_while_it_has_any() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let server = server_with_records(&data);
    let _member = Member::start(&server.address, "g");
    let listed = server.on(&["group", "list"]);
    assert_eq!(rows(&listed), [["g", "classic", "consumer", "Stable"]], "{listed}");
    assert_eq!(server.on(&["group", "list", "--state", "empty", "--names"]), "");
    let lines: Vec<Value> = server.on(&["group", "describe", "g", "--json"]).lines().map(json).collect();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        assert_eq!(line["client"], "headwater-consume", "{line}");
        assert!(line["host"].as_str().is_some_and(|host| host.contains("127.0.0.1")), "{line}");
    }
    let members: Vec<Value> = server.on(&["group", "describe", "g", "--members", "--json"]).lines().map(json).collect();
    assert_eq!((members.len(), members[0]["partitions"].as_array().map(Vec::len)), (1, Some(2)));
    let state = json(server.on(&["group", "describe", "g", "--state", "--json"]).trim());
    assert_eq!((state["state"].as_str(), state["members"].as_u64()), (Some("Stable"), Some(1)));
    assert_says(&server.refused(&["group", "delete", "g"]), &["group g has members", "stop"]);
}

#[test]
fn groups_are_deleted_over_a_server_and_on_a_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let server = server_with_records(&data);
    server.feed(&["produce", "t", "-p", "0"], b"3\n");
    for group in ["one", "two"] {
        assert_eq!(server.on(&["consume", "t", "-G", group, "-e"]).lines().count(), 4);
    }
    assert_eq!(server.on(&["group", "delete-offsets", "one", "-t", "t:1"]), "deleted the offset of group one for t-1\n");
    assert_says(&server.refused(&["group", "delete-offsets", "one", "-t", "t:1"]), &["committed nothing", "t:1"]);
    assert_eq!(server.on(&["group", "delete", "one"]), "deleted group one\n");
    assert_says(&server.refused(&["group", "describe", "one"]), &["group one does not exist"]);
    assert_says(&server.refused(&["group", "delete", "twoo"]), &["did you mean two"]);
    assert_eq!(server.on(&["group", "delete", "one", "--if-exists"]), "");
    assert!(server.stop().success());
    let on = |arguments: &[&str]| succeed(&[arguments, &["--data-dir", text(&data)]].concat());
    assert_eq!(on(&["consume", "t", "-G", "three", "-e"]).lines().count(), 4);
    assert_eq!(on(&["group", "list", "--names"]), "three\ntwo\n");
    assert_eq!(on(&["group", "delete", "two", "three"]), "deleted group two\ndeleted group three\n");
    assert_eq!(on(&["group", "list", "--names"]), "");
    assert_says(&fail(&["group", "describe", "two", "--data-dir", text(&data)]), &["group two does not exist"]);
}

#[test]
fn acls_are_the_same_over_a_server_and_on_its_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "create", "t", "--data-dir", text(&data)]);
    let on = |arguments: &[&str]| succeed(&[arguments, &["--data-dir", text(&data)]].concat());
    let created = on(&[
        "acl",
        "create",
        "--allow-principal",
        "User:bob",
        "--consumer",
        "-t",
        "pre",
        "-g",
        "gg",
        "--resource-pattern-type",
        "prefixed",
    ]);
    assert_eq!(rows(&created).len(), 3, "{created}");
    let server = Server::start(&data);
    server.on(&["acl", "create", "--deny-principal", "User:eve", "--deny-host", "10.0.0.1", "-o", "write", "-t", "orders"]);
    let listed = server.on(&["acl", "list"]);
    assert_eq!(rows(&listed).len(), 4, "{listed}");
    assert!(rows(&listed).contains(&vec!["User:eve", "10.0.0.1", "DENY", "WRITE", "TOPIC", "orders", "LITERAL"]), "{listed}");
    assert_eq!(rows(&server.on(&["acl", "list", "-t", "prefix", "--resource-pattern-type", "match"])).len(), 2);
    assert_eq!(rows(&server.on(&["acl", "delete", "--principal", "User:bob", "-g", "gg", "--dry-run"])).len(), 1);
    assert_eq!(rows(&server.on(&["acl", "delete", "--principal", "User:bob", "-g", "gg"])).len(), 1);
    assert_says(&server.refused(&["acl", "delete"]), &["say which ACLs", "--all"]);
    assert_says(&server.refused(&["acl", "create", "--allow-principal", "bob", "-t", "t"]), &["User:alice"]);
    assert!(server.stop().success());
    assert_eq!(rows(&on(&["acl", "list"])).len(), 3);
    assert_eq!(rows(&on(&["acl", "delete", "--all"])).len(), 3);
    assert_eq!(rows(&on(&["acl", "list"])).len(), 0);
}

#[test]
fn what_an_acl_denies_is_named_and_never_taken_for_missing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&folder.path().join("data"));
    server.feed(&["produce", "t"], b"a\n");
    server.on(&["acl", "create", "--allow-principal", "User:bob", "-o", "all", "-t", "t"]);
    let cases: [&[&str]; 6] = [
        &["produce", "t", "/dev/null"],
        &["produce", "t", "/dev/null", "--no-create"],
        &["consume", "t"],
        &["topic", "describe", "t"],
        &["topic", "offsets", "t"],
        &["topic", "delete", "t"],
    ];
    for arguments in cases {
        assert_says(&server.refused(arguments), &["access to topic t is denied", "headwater acl create"]);
    }
    // It may be seen, and not read; then read, and not as a member of a group.
    server.on(&["acl", "create", "--allow-principal", "User:ANONYMOUS", "-o", "describe", "-o", "describe_configs", "-t", "t"]);
    assert_says(&server.refused(&["consume", "t"]), &["access to topic t is denied"]);
    server.on(&["acl", "create", "--allow-principal", "User:ANONYMOUS", "-o", "read", "-t", "t"]);
    assert_eq!(server.on(&["consume", "t"]), "a\n");
    server.on(&["acl", "create", "--allow-principal", "User:bob", "-o", "all", "-g", "g"]);
    assert_says(&server.refused(&["consume", "t", "-G", "g", "-e"]), &["access to group g is denied"]);
    // What a producer needs is enough to produce.
    server.on(&["acl", "create", "--allow-principal", "User:ANONYMOUS", "--producer", "-t", "p"]);
    server.feed(&["produce", "p"], b"b\n");
    server.feed(&["produce", "p", "--no-create"], b"c\n");
}

#[test]
fn groups_are_counted_as_they_are_listed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&folder.path().join("data"));
    server.feed(&["produce", "t"], b"a\n");
    server.on(&["consume", "t", "-G", "read", "-e"]);
    server.on(&["consume", "t", "-G", "looked", "-e", "--no-commit"]);
    let listed = server.on(&["group", "list", "--names"]);
    assert_eq!(json(&server.on(&["cluster", "--json"]))["groups"].as_u64(), Some(listed.lines().count() as u64), "{listed}");
    assert_says(&server.refused(&["group", "list", "--state", "Bogus"]), &["--state", "Stable", "Bogus"]);
    assert_says(&server.refused(&["group", "list", "--type", "foo"]), &["--type", "classic", "foo"]);
    assert_eq!(server.on(&["group", "list", "--names", "--state", "empty,stable"]), listed);
    assert_says(&server.refused(&["cluster", "log-dirs", "-n", "9"]), &["no node 9"]);
}

#[test]
fn looking_after_a_directory_leaves_what_its_server_said_of_topics() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let server = Server::start_with(&data, &["--set", "log.retention.ms=123456789"]);
    server.on(&["topic", "create", "t"]);
    assert_says(&server.on(&["config", "describe", "t", "--all"]), &["123456789"]);
    assert!(server.stop().success());
    let on = |arguments: &[&str]| succeed(&[arguments, &["--data-dir", text(&data)]].concat());
    on(&["acl", "list"]);
    on(&["group", "list"]);
    assert_says(&on(&["config", "describe", "t", "--all"]), &["123456789"]);
}

#[test]
fn transactions_and_producers_are_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = server_with_records(&folder.path().join("data"));
    assert_eq!(rows(&server.on(&["transaction", "list"])).len(), 0);
    assert_says(&server.refused(&["transaction", "describe", "billing"]), &["billing", "does not exist", "transaction list"]);
    // The records were sent by an idempotent producer.
    let producers: Vec<Value> = server.on(&["transaction", "producers", "t", "--json"]).lines().map(json).collect();
    assert_eq!((producers.len(), producers[0]["partition"].as_i64(), producers[0]["last_sequence"].as_i64()), (1, Some(1), Some(2)));
}

#[test]
fn nodes_are_configured_over_a_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = server_with_records(&folder.path().join("data"));
    let id = json(server.on(&["cluster", "--json"]).trim())["nodes"][0]["id"].to_string();
    assert_eq!(
        server.on(&["config", "alter", "--node", &id, "--set", "log.retention.ms=7654321"]),
        format!("node {id}: log.retention.ms=7654321\n")
    );
    assert_says(&server.on(&["config", "describe", "--node", &id]), &["log.retention.ms", "7654321"]);
    assert_says(&server.refused(&["config", "alter", "--node", &id, "--set", "log.retention.ms=many"]), &["log.retention.ms", "many"]);
    for whose in [&["--node", id.as_str()][..], &["--nodes"]] {
        let alter = |rest: &[&'static str]| [&["config", "alter"], whose, rest].concat();
        let refused = server.refused(&alter(&["--set", "log.retention.msec=1"]));
        assert_says(
            &refused,
            &["unknown broker configuration", "\"log.retention.msec\"", "did you mean \"log.retention.ms\"?", "--unlisted"],
        );
        assert_says(&server.refused(&alter(&["--unset", "log.retention.msec"])), &["log.retention.msec"]);
        assert_says(&server.on(&alter(&["--set", "plug.in=1", "--unlisted"])), &["plug.in=1"]);
        assert_says(&server.on(&alter(&["--unset", "plug.in", "--unlisted"])), &["plug.in as by default"]);
    }
    assert_says(&server.refused(&["config", "describe"]), &["--node"]);
}
