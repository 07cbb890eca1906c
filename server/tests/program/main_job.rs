//! The main job gives exactly what independent computations give, and accounts for every line.

use crate::expected::{Rows, assert_same, by_job, by_script, generated_log, real_log};
use crate::process::Job;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The answer of DataFusion's batch engine over the raw lines, through `headwater sql` on the job's topic of raw lines.
const BATCH: &str = r#"
    SELECT to_char(minute, '%Y-%m-%dT%H:%M:%SZ') AS window_start, status_class,
           count(*) AS requests, sum(bytes) AS bytes, count(DISTINCT client) AS clients
    FROM (
        SELECT p[1] AS client,
               date_trunc('minute', to_timestamp(p[2], '%d/%b/%Y:%H:%M:%S %z')) AS minute,
               substr(p[3], 1, 1) || 'xx' AS status_class,
               CASE WHEN p[4] = '-' THEN 0 ELSE CAST(p[4] AS BIGINT) END AS bytes
        FROM (
            SELECT regexp_match(line,
                '^(\S+) \S+ \S+ \[([^\]]+)\] "(?:[^"\\]|\\.)*" (\d{3}) (\d+|-) "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"$') AS p
            FROM raw_lines
        )
        WHERE p IS NOT NULL
    )
    GROUP BY 1, 2"#;

fn by_batch_sql(job: &Job) -> Rows {
    job.ask(&["sql", "-c", "CREATE STREAM raw_lines (line VARCHAR) WITH (topic = 'access_log', format = 'text')"]);
    let text = job.ask(&["sql", "-o", "json", "-c", BATCH]);
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("a JSON object a line");
        let text = |field: &str| row[field].as_str().expect("text").to_string();
        ((text("window_start"), text("status_class")), row)
    };
    text.lines().map(row).collect()
}

fn check(log: PathBuf, line_count: u64) {
    let job = Job::new(log.clone());
    job.finish();
    let (expected, malformed) = by_script(&log);
    let found = by_job(&job.output_dir());
    assert_same(&found, &expected);
    assert_same(&found, &by_batch_sql(&job));

    let requests: u64 = found.values().map(|row| row["requests"].as_u64().expect("a count")).sum();
    let dead = job.ask(&["consume", "access_log_dead", "-o", "json"]);
    assert_eq!(dead.lines().count() as u64, malformed);
    assert_eq!(requests + malformed, line_count, "every line is parsed or dead-lettered");
    check_places(&dead, &log);

    let traffic: Value = serde_json::from_str(&job.ask(&["topic", "describe", "traffic", "--json"])).expect("a JSON object");
    let ends = traffic["partitions"]
        .as_array()
        .expect("partitions")
        .iter()
        .map(|partition| partition["high_watermark"].as_u64().expect("an offset"));
    assert_eq!(ends.sum::<u64>(), found.len() as u64, "the files hold every record of the topic");
}

/// Every dead letter says why it is one and which line of which file it was, none of them twice.
fn check_places(dead: &str, log: &Path) {
    let bytes = std::fs::read(log).expect("a readable log");
    let mut positions = BTreeSet::new();
    for line in dead.lines() {
        let letter: Value = serde_json::from_str(line).expect("a JSON object a line");
        let headers = letter["headers"].as_array().expect("headers");
        let header = |name: &str| {
            let found = headers.iter().find(|header| header["key"].as_str().is_some_and(|key| key.ends_with(name)));
            found.and_then(|header| header["value"].as_str()).unwrap_or_else(|| panic!("{letter} lacks {name}"))
        };
        for name in ["errors.message", "errors.topic", "errors.partition", "errors.offset"] {
            header(name);
        }
        assert_eq!(Path::new(header("source.file")), log);
        let position: usize = header("source.position").parse().expect("a number of bytes");
        assert!(position == 0 || bytes[position - 1] == b'\n', "a line begins at byte {position}");
        let end = bytes[position..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| position + length);
        assert_eq!(letter["value"].as_str().expect("text").as_bytes(), &bytes[position..end], "the line at byte {position}");
        assert!(positions.insert(position), "the line at byte {position} is there twice");
    }
}

#[test]
fn the_real_log_gives_what_a_script_and_a_batch_query_give() {
    if let Some(log) = real_log() {
        check(log, 10_000);
    }
}

#[test]
fn a_generated_log_gives_what_a_script_and_a_batch_query_give() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    check(generated_log(folder.path(), 20_000, 7), 20_000);
}

#[test]
fn a_finished_job_run_again_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let job = Job::new(generated_log(folder.path(), 3_000, 3));
    job.finish();
    let first = by_job(&job.output_dir());
    job.finish();
    assert_same(&by_job(&job.output_dir()), &first);
}
