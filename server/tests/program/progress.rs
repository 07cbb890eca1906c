//! What `headwater run` shows while it works.

use crate::expected::generated_log;
use crate::process::{assert_says, in_terminal, root, succeed, text};
use std::path::Path;

const LINES: u64 = 3_000;

fn job(folder: &Path) -> Vec<String> {
    let log = generated_log(folder, LINES, 9);
    let script = root().join("examples/access-log/pipeline.sql");
    let words = ["run", text(&script), "--until-idle", "--data-dir", text(&folder.join("data")), "--set"].map(str::to_string);
    let set = [format!("input={}", log.display()), "--set".to_string(), format!("output={}", folder.join("out").display())];
    words.into_iter().chain(set).collect()
}

#[test]
fn piped_progress_ends_with_the_totals_of_every_step() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let job = job(folder.path());
    let output = crate::process::run(&job.iter().map(String::as_str).collect::<Vec<_>>());
    let shown = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success() && !shown.contains('\x1b'), "{shown}");
    let line = |name: &str| shown.lines().rev().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} is not in {shown}"));
    let words = |line: &str| line.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(words(line("access_log_file "))[..5], ["access_log_file", "in", "3,000", "out", "3,000"]);
    let requests = words(line("requests "));
    assert_eq!(requests[..3], ["requests", "in", "3,000"]);
    let dead = succeed(&["consume", "access_log_dead", "--data-dir", text(&folder.path().join("data"))]).lines().count() as u64;
    assert_says(line("requests "), &[&format!("{dead} dead-lettered")]);
    assert_eq!(requests[4].replace(',', "").parse(), Ok(LINES - dead));
    assert_eq!(words(line("traffic "))[2], requests[4]);
    assert_eq!(words(line("traffic_files "))[2], words(line("traffic "))[4]);
}

#[test]
fn no_line_on_a_terminal_is_wider_than_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let job = job(folder.path());
    let shown = in_terminal(60, folder.path(), &[], &job.iter().map(String::as_str).collect::<Vec<_>>());
    assert_says(&shown, &["access_log_file          in        3,000", "…"]);
    assert!(shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
}

#[test]
fn a_quiet_run_shows_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut job = job(folder.path());
    job.push("--quiet".to_string());
    let output = crate::process::run(&job.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), Vec::new(), Vec::new()));
}
