//! Kafka's command-line tools on ours: the same options, the same lines.

use crate::process::{root, text};
use crate::server::Server;
use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a shim; its standard output and whether it succeeded.
fn shim(server: &Server, tool: &str, arguments: &[&str], input: &str) -> (String, bool) {
    let mut command = Command::new(root().join("scripts/kafka-bin").join(tool));
    command.args(["--bootstrap-server", &server.address]).args(arguments).env("HEADWATER", env!("CARGO_BIN_EXE_headwater"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bash runs");
    // A tool that refuses its arguments does not read.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    (shown, output.status.success())
}

fn done(server: &Server, tool: &str, arguments: &[&str]) -> String {
    let (shown, succeeded) = shim(server, tool, arguments, "");
    assert!(succeeded, "{tool} {arguments:?}: {shown}");
    shown
}

#[test]
fn topics_records_and_offsets_look_as_kafkas_tools_show_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&folder.path().join("data"));
    let topics = |arguments: &[&str]| done(&server, "kafka-topics.sh", arguments);
    let create = ["--create", "--topic", "orders", "--partitions", "2", "--config", "retention.ms=100000"];
    assert_eq!(topics(&create), "Created topic orders.\n");
    assert_eq!(topics(&["--list", "--exclude-internal"]), "orders\n");
    let described = topics(&["--describe", "--topic", "orders"]);
    let lines: Vec<&str> = described.lines().collect();
    assert!(lines[0].starts_with("Topic: orders\tTopicId: ") && lines[0].contains("\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: "));
    assert!(lines[0].contains("retention.ms=100000"), "{described}");
    assert!(lines[2].starts_with("\tTopic: orders\tPartition: 1\tLeader: "), "{described}");
    let (shown, succeeded) = shim(
        &server,
        "kafka-console-producer.sh",
        &["--topic", "orders", "--property", "parse.key=true", "--property", "key.separator=:"],
        "a:1\nb:2\na:3\n",
    );
    assert!(succeeded && shown.is_empty(), "{shown}");
    let consume = [
        "--topic",
        "orders",
        "--from-beginning",
        "--max-messages",
        "3",
        "--property",
        "print.key=true",
        "--property",
        "print.headers=true",
    ];
    let consumed = done(&server, "kafka-console-consumer.sh", &consume);
    let mut lines: Vec<&str> = consumed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["NO_HEADERS\ta\t1", "NO_HEADERS\ta\t3", "NO_HEADERS\tb\t2"]);
    assert_eq!(done(&server, "kafka-console-consumer.sh", &["--topic", "orders", "--timeout-ms", "300"]), "");
    let offsets = done(&server, "kafka-get-offsets.sh", &["--topic", "orders"]);
    let count = |line: &str| line.rsplit(':').next().and_then(|number| number.parse::<i64>().ok()).expect("a number");
    assert_eq!((offsets.lines().count(), offsets.lines().map(count).sum::<i64>()), (2, 3), "{offsets}");
    let file = folder.path().join("delete.json");
    let partitions = r#"{"partitions": [{"topic": "orders", "partition": 0, "offset": -1}, {"topic": "orders", "partition": 1, "offset": -1}], "version": 1}"#;
    std::fs::write(&file, partitions).expect("a writable folder");
    let deleted = done(&server, "kafka-delete-records.sh", &["--offset-json-file", text(&file)]);
    let first = offsets.lines().next().map(count).expect("a line");
    assert!(deleted.starts_with("Executing records delete operation\nRecords delete operation completed:\n"), "{deleted}");
    assert!(deleted.contains(&format!("partition: orders-0\tlow_watermark: {first}\n")), "{deleted}");
    let dirs = done(&server, "kafka-log-dirs.sh", &["--describe", "--topic-list", "orders"]);
    assert!(
        dirs.starts_with("Querying brokers for log directories information\n") && dirs.contains("\"partition\":\"orders-1\""),
        "{dirs}"
    );
}

#[test]
fn groups_configs_and_acls_look_as_kafkas_tools_show_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&folder.path().join("data"));
    server.on(&["topic", "create", "orders", "-p", "2", "-c", "retention.ms=100000"]);
    server.feed(&["produce", "orders", "-p", "0"], b"0\n1\n2\n");
    server.on(&["consume", "orders", "-G", "g1", "-e"]);
    let groups = |arguments: &[&str]| done(&server, "kafka-consumer-groups.sh", arguments);
    assert_eq!(groups(&["--list"]), "g1\n");
    assert_eq!(
        groups(&["--list", "--state"]),
        "GROUP                     STATE               \ng1                        Empty               \n"
    );
    let described = "
GROUP           TOPIC           PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG             CONSUMER-ID     HOST            CLIENT-ID
g1              orders          0          3               3               0               -               -               -\n";
    assert_eq!(groups(&["--describe", "--group", "g1"]), described);
    let state = groups(&["--describe", "--group", "g1", "--state"]);
    assert!(state.contains("\ng1              127.0.0.1:") && state.contains(" -                    Empty                0\n"), "{state}");
    let reset = "\nGROUP           TOPIC           PARTITION  NEW-OFFSET\ng1              orders          0          1\n";
    assert_eq!(groups(&["--reset-offsets", "--group", "g1", "--topic", "orders:0", "--to-offset", "1", "--dry-run"]), reset);
    assert_eq!(groups(&["--delete", "--group", "g1"]), "Deletion of requested consumer groups ('g1') was successful.\n");
    let configs = |arguments: &[&str]| {
        done(&server, "kafka-configs.sh", &[&["--entity-type", "topics", "--entity-name", "orders"], arguments].concat())
    };
    let described = configs(&["--describe"]);
    assert!(described.starts_with("Dynamic configs for topic orders are:\n  retention.ms=100000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=100000"), "{described}");
    assert_eq!(
        configs(&["--alter", "--add-config", "retention.ms=5,segment.bytes=1048576"]),
        "Completed updating config for topic orders.\n"
    );
    assert_eq!(configs(&["--describe"]).lines().count(), 3);
    let acls = |arguments: &[&str]| done(&server, "kafka-acls.sh", arguments);
    let added = acls(&["--add", "--allow-principal", "User:alice", "--operation", "Read", "--topic", "orders", "--allow-host", "10.0.0.1"]);
    let resource = "resource `ResourcePattern(resourceType=TOPIC, name=orders, patternType=LITERAL)`:";
    let entry = "\t(principal=User:alice, host=10.0.0.1, operation=READ, permissionType=ALLOW)\n\n";
    assert_eq!(added, format!("Adding ACLs for {resource} \n {entry}"));
    assert_eq!(acls(&["--list", "--topic", "orders"]), format!("Current ACLs for {resource}\n{entry}"));
    assert_eq!(acls(&["--remove", "--topic", "orders", "--force"]), "");
    assert_eq!(acls(&["--list"]), "");
    assert!(!shim(&server, "kafka-acls.sh", &["--list", "--frobnicate"], "").1);
}

#[test]
fn clusters_and_transactions_look_as_kafkas_tools_show_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&folder.path().join("data"));
    server.on(&["topic", "create", "orders"]);
    server.feed(&["produce", "orders"], b"0\n");
    let cluster = |arguments: &[&str]| done(&server, "kafka-cluster.sh", arguments);
    let id = cluster(&["cluster-id"]);
    let id = id.trim().strip_prefix("Cluster ID: ").expect("an id");
    assert_eq!(id.len(), 22, "{id}");
    let endpoints = cluster(&["list-endpoints", "--include-fenced-brokers"]);
    assert!(endpoints.starts_with("ID         HOST      PORT       RACK       STATE      ENDPOINT_TYPE  \n"), "{endpoints}");
    assert!(endpoints.contains(" null       unfenced   broker         \n"), "{endpoints}");
    assert!(!shim(&server, "kafka-cluster.sh", &["unregister", "--id", "1"], "").1);
    let quorum = |arguments: &[&str]| done(&server, "kafka-metadata-quorum.sh", &[&["describe"], arguments].concat());
    let status = quorum(&["--status"]);
    assert!(status.starts_with(&format!("ClusterId:              {id}\nLeaderId:               ")), "{status}");
    assert!(status.contains("\nMaxFollowerLag:         0\n") && status.contains("\nCurrentVoters:          [{\"id\": "), "{status}");
    let replication = quorum(&["--replication"]);
    assert!(replication.starts_with("NodeId\tDirectoryId           \tLogEndOffset\tLag\t"), "{replication}");
    assert!(quorum(&["--replication", "--human-readable"]).contains(" ms ago"));
    let transactions = |arguments: &[&str]| done(&server, "kafka-transactions.sh", arguments);
    assert_eq!(transactions(&["list"]), "TransactionalId\tCoordinator\tProducerId\tTransactionState\t\n");
    assert_eq!(transactions(&["list", "--duration-filter", "1000", "--transactional-id-pattern=bill.*"]).lines().count(), 1);
    let producers = transactions(&["describe-producers", "--topic", "orders", "--partition", "0"]);
    let cells: Vec<&str> = producers.lines().nth(1).expect("a row").split('\t').map(str::trim_end).collect();
    assert_eq!((&cells[1..4], cells[5]), (&["0", "-1", "0"][..], "None"), "{producers}");
    assert!(!shim(&server, "kafka-transactions.sh", &["describe", "--transactional-id", "missing"], "").1);
    assert!(!shim(&server, "kafka-transactions.sh", &["list", "describe"], "").1);
}

#[test]
fn topics_are_meant_by_regular_expressions_and_what_kafkas_tools_refuse_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::start(&folder.path().join("data"));
    for topic in ["a.1", "a.2", "b"] {
        done(&server, "kafka-topics.sh", &["--create", "--topic", topic, "--partitions", "2"]);
    }
    let topics = |arguments: &[&str]| shim(&server, "kafka-topics.sh", arguments, "");
    assert_eq!(topics(&["--list", "--topic", "a.*"]), ("a.1\na.2\n".to_owned(), true));
    assert_eq!(topics(&["--list", "--topic", "nosuch"]), (String::new(), true));
    let (described, is_done) = topics(&["--describe", "--topic", "a.[12]"]);
    assert!(is_done && described.contains("Topic: a.1\t") && described.contains("Topic: a.2\t") && !described.contains("Topic: b\t"));
    assert!(!topics(&["--describe", "--topic", "c.*"]).1);
    assert_eq!(topics(&["--describe", "--topic", "c.*", "--if-exists"]), (String::new(), true));
    assert_eq!(topics(&["--list", "--topic", r"a\.\d"]).0, "a.1\na.2\n");
    assert!(!topics(&["--list", "--topic", "a["]).1);
    assert!(!topics(&["--alter", "--topic", "b", "--partitions", "2"]).1);
    assert!(topics(&["--alter", "--topic", "[b]", "--partitions", "3"]).1);
    assert!(topics(&["--delete", "--topic", "a.*"]).1);
    assert!(topics(&["--delete", "--topic", "a.*", "--if-exists"]).1);
    assert_eq!(topics(&["--list", "--exclude-internal"]).0, "b\n");
    let produce = ["--topic", "b", "--property", "parse.key=true", "--property", "key.separator=,"];
    assert!(!shim(&server, "kafka-console-producer.sh", &produce, "k,v\nnoseparator\n").1);
    assert!(!shim(&server, "kafka-consumer-groups.sh", &["--list", "--state", "foo"], "").1);
    // A pattern that nobody could answer is not one without topics.
    let address = server.address.clone();
    assert!(server.stop().success());
    let mut command = Command::new(root().join("scripts/kafka-bin/kafka-topics.sh"));
    command
        .args(["--bootstrap-server", &address, "--delete", "--topic", "b.*", "--if-exists"])
        .env("HEADWATER", env!("CARGO_BIN_EXE_headwater"));
    assert!(!command.output().expect("bash runs").status.success());
}
