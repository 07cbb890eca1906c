//! Running the `headwater` program and the pipeline file of the access-log example.

pub(crate) use log_testkit::workspace as root;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program, not yet started.
pub(crate) fn headwater(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headwater"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    headwater(arguments).output().expect("the program starts")
}

/// Runs the program and returns its standard output; panics with both streams if it fails.
pub(crate) fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "headwater {arguments:?} failed: {error}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("the program prints UTF-8")
}

/// Runs the program, expects it to fail, and returns its standard error.
pub(crate) fn fail(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "headwater {arguments:?} succeeded: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("the program prints UTF-8")
}

/// Runs the program with this standard input.
pub(crate) fn feed(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = headwater(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("the program can be waited for")
}

/// Runs the program in a terminal of this width, pressing keys once texts appear; what the terminal showed, without its control codes.
pub(crate) fn in_terminal(columns: usize, home: &Path, steps: &[(&str, &str)], arguments: &[&str]) -> String {
    let steps = serde_json::to_string(steps).expect("texts are JSON");
    let mut command = Command::new("python3");
    command.arg(root().join("server/tests/program/terminal.py")).args([&columns.to_string(), &steps]).arg(env!("CARGO_BIN_EXE_headwater"));
    let output = command.args(arguments).env("HOME", home).stdin(Stdio::null()).output().expect("python3 runs (scripts/setup installs it)");
    let shown = without_codes(&String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{:?}\n{shown}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    shown
}

/// Removes escape sequences (`ESC [ … letter`) and carriage returns.
fn without_codes(text: &str) -> String {
    let mut clean = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => drop(characters.by_ref().skip(1).find(char::is_ascii_alphabetic)),
            '\r' => {}
            other => clean.push(other),
        }
    }
    clean
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

/// Panics unless every one of the words is in the message.
pub(crate) fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

/// One run of the access-log pipeline: where its data, input and output lie.
pub(crate) struct Job {
    folder: tempfile::TempDir,
    input: PathBuf,
}

impl Job {
    /// A job over `input` in a fresh folder.
    pub(crate) fn new(input: PathBuf) -> Job {
        Job { folder: tempfile::tempdir().expect("a temporary folder"), input }
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn output_dir(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// `headwater run … --until-idle`, not yet started.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.command_anywhere();
        command.arg("--data-dir").arg(self.data_dir());
        command
    }

    /// The same over a server.
    pub(crate) fn command_over(&self, address: &str) -> Command {
        let mut command = self.command_anywhere();
        command.args(["--bootstrap", address]).arg("--state-dir").arg(self.data_dir());
        command
    }

    fn command_anywhere(&self) -> Command {
        let mut command = headwater(&["run"]);
        command.arg(root().join("examples/access-log/pipeline.sql"));
        command.arg("--set").arg(format!("input={}", self.input.display()));
        command.arg("--set").arg(format!("output={}", self.output_dir().display()));
        command.arg("--until-idle");
        command
    }

    /// Runs the job to its end.
    pub(crate) fn finish(&self) {
        Job::succeed(self.command());
    }

    /// Runs one of the job's commands to its end.
    pub(crate) fn succeed(mut command: Command) {
        let output = command.output().expect("the program starts");
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "the job failed: {error}{out}");
    }

    /// Runs the program's other commands on the job's data directory.
    pub(crate) fn ask(&self, arguments: &[&str]) -> String {
        let data_dir = self.data_dir();
        let mut all = arguments.to_vec();
        all.extend(["--data-dir", data_dir.to_str().expect("a UTF-8 path")]);
        succeed(&all)
    }
}
