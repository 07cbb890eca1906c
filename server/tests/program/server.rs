//! `headwater server`: its configuration, its life, and every command over `--bootstrap`.

use crate::expected::{assert_same, by_job_with_gaps, by_script, generated_log};
use crate::process::{Job, assert_says, fail, headwater, succeed, text};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A server on a free port.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(data: &Path) -> Server {
        Server::start_with(data, &[])
    }

    pub(crate) fn start_with(data: &Path, settings: &[&str]) -> Server {
        let mut command = headwater(&["server", "--listen", "127.0.0.1:0", "--set", "group.initial.rebalance.delay.ms=0"]);
        command.args(settings);
        let mut child =
            command.arg("--data-dir").arg(data).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.as_mut().expect("piped")).lines();
        let mut line = || lines.next().and_then(Result::ok).unwrap_or_default();
        let (first, second, third) = (line(), line(), line());
        let Some(address) = first.strip_prefix("listening on ").map(str::to_string) else {
            let mut error = String::new();
            let _ = child.stderr.as_mut().expect("piped").read_to_string(&mut error);
            panic!("it does not listen: {first}{error}");
        };
        assert_eq!(second, format!("data directory {}", text(data)));
        assert_eq!(third, format!("try: headwater topic create hello --bootstrap {address}"));
        Server { child, address }
    }

    /// Ends it as the system does.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let signalled = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(signalled.is_ok_and(|status| status.success()));
        self.child.wait().expect("it can be waited for")
    }

    pub(crate) fn on(&self, arguments: &[&str]) -> String {
        succeed(&[arguments, &["--bootstrap", &self.address]].concat())
    }

    pub(crate) fn feed(&self, arguments: &[&str], input: &[u8]) -> String {
        let output = crate::process::feed(&[arguments, &["--bootstrap", &self.address]].concat(), input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        fail(&[arguments, &["--bootstrap", &self.address]].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended in order before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_mistake_in_the_configuration_is_named_before_a_directory_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("headwater.toml"));
    let cases = [
        ("num.partition = 4", &["num.partition", "\"num.partitions\"", "headwater.toml"][..]),
        ("num.partitions = \"many\"", &["num.partitions", "many"]),
        ("num.partitions 4", &["line 1", "headwater.toml"]),
    ];
    for (toml, words) in cases {
        std::fs::write(&file, toml).expect("written");
        assert_says(&fail(&["server", "--config", text(&file), "--data-dir", text(&data)]), words);
        assert!(!data.exists(), "{toml}");
    }
    std::fs::write(&file, "listeners = \"PLAINTEXT://0.0.0.0:0\"").expect("written");
    assert_says(&fail(&["server", "--config", text(&file), "--data-dir", text(&data)]), &["0.0.0.0", "127.0.0.1"]);
    assert_says(&fail(&["server", "--config", "no-such.toml", "--data-dir", text(&data)]), &["no-such.toml"]);
    assert_says(&fail(&["server", "--set", "num.partition=4", "--data-dir", text(&data)]), &["--set", "num.partitions"]);
    assert_says(&fail(&["server", "--listen", "nowhere", "--data-dir", text(&data)]), &["nowhere", "port"]);
}

#[test]
fn every_command_works_over_the_network_as_on_the_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    assert_eq!(server.on(&["topic", "create", "t", "-p", "2", "-c", "retention.ms=100000"]), "created topic t with 2 partitions\n");
    assert_eq!(server.on(&["topic", "list", "--names"]), "t\n");
    assert_eq!(server.feed(&["produce", "t", "-K", ":", "-p", "1"], b"a:0\nb:1\nc:2\n"), "appended 3 records to t\n");
    assert_eq!(server.on(&["consume", "t", "-f", "%p@%o %k=%v\\n", "-o", "+1"]), "1@1 b=1\n1@2 c=2\n");
    assert_eq!(server.on(&["consume", "t", "-G", "g", "-c", "2"]).lines().count(), 2);
    assert_eq!(server.on(&["group", "list", "--names"]), "g\n");
    assert_says(&server.on(&["group", "describe", "g"]), &["CURRENT", "LAG"]);
    server.on(&["group", "reset", "g", "--all-topics", "--to-earliest", "--execute"]);
    assert_eq!(server.on(&["consume", "t", "-G", "g", "-e"]).lines().count(), 3);
    assert_says(&server.on(&["config", "describe", "t"]), &["retention.ms", "100000"]);
    assert_says(&server.on(&["config", "alter", "t", "--set", "retention.ms=5000"]), &["retention.ms=5000"]);
    assert_eq!(server.on(&["topic", "offsets", "t"]), "t:0:0\nt:1:3\n");
    assert_says(&server.on(&["bench", "produce", "-n", "1000"]), &["1,000 records"]);
    assert_says(&server.refused(&["topic", "describe", "missing"]), &["missing"]);
    // The directory has an owner now, who is named.
    assert_says(&fail(&["topic", "list", "--data-dir", text(&data)]), &[text(&data), "process"]);
    assert!(server.stop().success());
    // What was acknowledged lies in the directory.
    assert_eq!(succeed(&["consume", "t", "--data-dir", text(&data)]), "0\n1\n2\n");
}

#[test]
fn the_main_job_gives_the_same_over_a_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = generated_log(folder.path(), 5_000, 11);
    let server = Server::start(&folder.path().join("data"));
    let job = Job::new(log.clone());
    Job::succeed(job.command_over(&server.address));
    let (expected, malformed) = by_script(&log);
    assert_same(&by_job_with_gaps(&job.output_dir()).0, &expected);
    assert_eq!(server.on(&["consume", "access_log_dead"]).lines().count() as u64, malformed);
    assert!(server.stop().success());
}
