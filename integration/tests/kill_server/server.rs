//! One life of the server: from the start until it listens, to its end by `kill -9`.
//!
//! Only this child is ever killed. All lives write into one log file.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a start may take before it counts as a failure: recovery of a small directory on a busy machine.
const START_MAX: Duration = Duration::from_secs(30);

/// Segments roll, groups form soon, and members that died with their leave unheard are forgotten soon, so that much happens between two kills.
const SETTINGS: &[&str] = &[
    "log.segment.bytes=1048576",
    "offsets.topic.num.partitions=4",
    "transaction.state.log.num.partitions=4",
    "group.initial.rebalance.delay.ms=0",
    "group.consumer.min.session.timeout.ms=6000",
    "group.consumer.session.timeout.ms=6000",
    "group.consumer.min.heartbeat.interval.ms=300",
    "group.consumer.heartbeat.interval.ms=300",
];

/// What every life is started with.
pub(crate) struct Place {
    pub(crate) program: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) port: u16,
}

impl Place {
    /// Below `folder`, on a free port. Not from the range that the system gives to clients: one of them would take it while the server is dead.
    pub(crate) fn new(program: PathBuf, folder: &Path) -> Place {
        let first = 10_000 + (std::process::id() % 10_000) as u16;
        let port = (first..first + 10_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("some port is free");
        Place { program, data: folder.join("data"), log: folder.join("server.log"), port }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The end of the server's log.
    pub(crate) fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// From the start of the program until it listened.
    pub(crate) started_in: Duration,
}

impl Server {
    /// Returns once it listens; the reason if it does not.
    pub(crate) fn start(place: &Place) -> Result<Server, String> {
        let start = Instant::now();
        let log = OpenOptions::new().create(true).append(true).open(&place.log).map_err(|error| error.to_string())?;
        let mut command = Command::new(&place.program);
        command.arg("server").arg("--data-dir").arg(&place.data).args(["--listen", &place.address()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["--set", setting]));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(|error| error.to_string())?;
        let said = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, receiver) = mpsc::channel();
        // Reads until the server's end, so that it never writes into a closed pipe.
        std::thread::spawn(move || said.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let mut server = Server { child, started_in: Duration::ZERO };
        let listening = |line: &String| *line == format!("listening on {}", place.address());
        match receiver.recv_timeout(START_MAX) {
            Ok(line) if listening(&line) => server.started_in = start.elapsed(),
            other => return Err(format!("the server does not listen: {other:?}, {:?}", server.child.try_wait())),
        }
        Ok(server)
    }

    /// `kill -9`; the reason if it had ended by itself.
    pub(crate) fn kill(mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            ended => Err(format!("the server ended by itself: {ended:?}")),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
