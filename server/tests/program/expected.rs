//! What the main job must produce, computed without it, and what it has produced.

use crate::process::root;
use log_testkit::say_skipped;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
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

/// The lines of all finished output files. Panics on a row that appears twice, on a gap between files and on unfinished files.
pub(crate) fn by_job(output: &Path) -> Rows {
    let mut rows = Rows::new();
    let mut ranges: BTreeMap<String, BTreeSet<(i64, i64)>> = BTreeMap::new();
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
        ranges.entry(parts.next().unwrap_or_default().to_string()).or_default().insert((first, last));
        for line in std::fs::read_to_string(&path).expect("a readable file").lines() {
            let (key, row) = keyed(serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}")));
            assert!(rows.insert(key.clone(), row).is_none(), "{key:?} appears twice");
        }
    }
    for (partition, ranges) in ranges {
        let mut next = None;
        for (first, last) in ranges {
            assert!(next.is_none_or(|next| first >= next), "{partition}: files overlap at offset {first}");
            next = Some(last + 1);
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
