//! What the main job must produce, computed without it, and what it has produced.

use crate::process::root;
use log_testkit::say_skipped;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Minute and status class → the output object.
pub(crate) type Rows = BTreeMap<(String, String), Value>;

/// The real access log, or `None` (said on standard error) where the data is not at hand.
pub(crate) fn real_log() -> Option<PathBuf> {
    let path = root().parent()?.join("shared/data/apache_logs");
    if path.exists() {
        return Some(path);
    }
    say_skipped(&format!("{} is not at hand; the generated logs are checked alike", path.display()));
    None
}

/// Generated access-log lines, the same for the same seed.
pub(crate) fn generated_log(folder: &Path, rows: u64, seed: u64) -> PathBuf {
    let path = folder.join(format!("access-{seed}.log"));
    let (rows, seed) = (rows.to_string(), seed.to_string());
    let file = path.to_str().expect("a UTF-8 path");
    crate::process::succeed(&["datagen", "access-log", "--rows", &rows, "--seed", &seed, "--malformed-every", "500", "--output", file]);
    path
}

fn keyed(row: Value) -> ((String, String), Value) {
    let text = |field: &str| row[field].as_str().unwrap_or_else(|| panic!("{row} has no text in {field}")).to_string();
    ((text("window_start"), text("status_class")), row)
}

/// The rows as a plain script computes them, and how many lines it found malformed.
pub(crate) fn by_script(log: &Path) -> (Rows, u64) {
    let script = root().join("server/tests/program/access_log.py");
    let output = Command::new("python3").arg(script).arg(log).output().expect("python3 runs (scripts/setup installs it)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("the script prints UTF-8");
    let rows = text.lines().map(|line| keyed(serde_json::from_str(line).expect("the script prints JSON"))).collect();
    let malformed = String::from_utf8_lossy(&output.stderr).split_whitespace().next().and_then(|word| word.parse().ok());
    (rows, malformed.expect("the script says how many lines are malformed"))
}

/// By partition: the offsets that files hold, first and last, and how many lines each has.
type Ranges = BTreeMap<String, BTreeMap<(i64, i64), i64>>;

/// The lines of all finished output files, and which offsets they hold. Panics on a row that appears twice, on offsets that more than one file holds, and on
/// unfinished files.
pub(crate) fn by_job_with_gaps(output: &Path) -> (Rows, Ranges) {
    let mut rows = Rows::new();
    let mut ranges = Ranges::new();
    for entry in std::fs::read_dir(output).expect("the output directory exists") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name").to_string();
        let Some(stem) = name.strip_suffix(".jsonl").filter(|stem| !stem.starts_with('_')) else {
            assert!(name.starts_with(['_', '.']), "an unfinished or foreign file: {name}");
            continue;
        };
        let mut parts = stem.rsplitn(3, '-');
        let mut offset = || parts.next().and_then(|part| part.parse::<i64>().ok()).unwrap_or_else(|| panic!("no offsets in {name}"));
        let (last, first) = (offset(), offset());
        let content = std::fs::read_to_string(&path).expect("a readable file");
        let of_partition = ranges.entry(parts.next().unwrap_or_default().to_string()).or_default();
        of_partition.insert((first, last), content.lines().count() as i64);
        for line in content.lines() {
            let (key, row) = keyed(serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}")));
            assert!(rows.insert(key.clone(), row).is_none(), "{key:?} appears twice");
        }
    }
    for (partition, ranges) in &ranges {
        let mut next = 0;
        for (first, last) in ranges.keys() {
            assert!(*first >= next, "{partition}: files overlap at offset {first}");
            next = last + 1;
        }
    }
    (rows, ranges)
}

/// The same of a log in this process, where no offset belongs to anything but a record: transactions leave no records of their own. Panics on an offset from 0
/// on that no file holds too. Whether the last file holds the last record is for the caller to ask: every record is one row.
pub(crate) fn by_job(output: &Path) -> Rows {
    let (rows, ranges) = by_job_with_gaps(output);
    for (partition, ranges) in ranges {
        let mut next = 0;
        for ((first, last), count) in ranges {
            assert!(first <= next, "{partition}: no file holds the offsets {next} to {}", first - 1);
            assert_eq!(count, last - first + 1, "{partition}: the file from offset {first} on holds a line for each of its offsets");
            next = last + 1;
        }
    }
    rows
}

/// Compares the rows field by field and names the first differences.
pub(crate) fn assert_same(found: &Rows, expected: &Rows) {
    let mut wrong = Vec::new();
    for (key, row) in expected {
        match found.get(key) {
            None => wrong.push(format!("missing: {row}")),
            Some(other) if other != row => wrong.push(format!("expected {row}, found {other}")),
            Some(_) => {}
        }
    }
    wrong.extend(found.iter().filter(|(key, _)| !expected.contains_key(*key)).map(|(_, row)| format!("surplus: {row}")));
    assert!(wrong.is_empty(), "{} differences, the first: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
}

#[test]
fn files_that_do_not_hold_every_offset_once_are_found() {
    type Files<'a> = &'a [(i64, i64, usize)];
    let cases: [(Files<'_>, &str); 5] = [
        (&[(0, 1, 2), (2, 2, 1)], ""),
        (&[(0, 1, 2), (3, 3, 1)], "no file holds the offsets 2 to 2"),
        (&[(1, 2, 2)], "no file holds the offsets 0 to 0"),
        (&[(0, 1, 2), (1, 2, 2)], "files overlap at offset 1"),
        (&[(0, 2, 2)], "holds a line for each of its offsets"),
    ];
    for (files, reason) in cases {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (index, (first, last, lines)) in files.iter().enumerate() {
            let row = |line: usize| format!("{{\"window_start\":\"{index}\",\"status_class\":\"{line}\"}}\n");
            let name = format!("traffic-0-{first:010}-{last:010}.jsonl");
            std::fs::write(folder.path().join(name), (0..*lines).map(row).collect::<String>()).expect("a writable folder");
        }
        let found = std::panic::catch_unwind(|| by_job(folder.path()));
        let said = found.map_or_else(|panic| panic.downcast_ref::<String>().cloned().expect("words"), |_| String::new());
        assert!(said.contains(reason) && said.is_empty() == reason.is_empty(), "{files:?}: {said}");
    }
}
