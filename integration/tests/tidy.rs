//! Rules of the source tree that no compiler checks: the layer table, file headers, file length, banned words.
//!
//! The table below is the one of `ARCHITECTURE.md`; the test compares it with `cargo metadata`, so an edge cannot appear unnoticed.

#![allow(clippy::disallowed_methods, reason = "this test is about files")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// `crate: what of ours it may use`. Packages without a row (server, examples, benches, integration) may use anything but server.
const LAYERS: &[(&str, &[&str])] = &[
    ("log-model", &[]),
    ("log-env", &[]),
    ("log-record", &["log-model"]),
    ("log-storage", &["log-model", "log-record", "log-env"]),
    ("log-client", &["log-model", "log-record"]),
    ("log-broker", &["log-model", "log-env", "log-record", "log-storage", "log-client"]),
    ("streams-state", &["log-model", "log-env"]),
    ("streams-runtime", &["streams-state", "log-client", "log-record", "log-model", "log-env"]),
    ("streams-dsl", &["streams-runtime", "streams-state", "log-client", "log-model"]),
    ("streams-testkit", &["streams-dsl", "streams-runtime", "streams-state", "log-client", "log-model"]),
    ("connect-api", &["log-model"]),
    ("connect-plugins", &["connect-api"]),
    ("connect-runtime", &["connect-api", "log-client", "log-record", "log-model", "log-env"]),
    ("sql-planner", &["log-model"]),
    ("sql-operators", &["streams-runtime", "streams-state", "log-model"]),
    (
        "sql-engine",
        &[
            "sql-planner",
            "sql-operators",
            "streams-runtime",
            "streams-state",
            "log-client",
            "connect-api",
            "log-record",
            "log-model",
            "log-env",
        ],
    ),
    (
        "headwater",
        &[
            "log-model",
            "log-env",
            "log-client",
            "log-record",
            "log-broker",
            "streams-state",
            "streams-runtime",
            "streams-dsl",
            "streams-testkit",
            "connect-api",
            "connect-plugins",
            "connect-runtime",
            "sql-engine",
        ],
    ),
];

/// The outside crates that only one layer may name: `crate: the layers`.
const RESERVED: &[(&str, &[&str])] = &[
    ("rocksdb", &["streams-state"]),
    ("datafusion", &["sql-planner", "sql-operators", "sql-engine"]),
    ("rustix", &["log-env"]),
    ("anyhow", &["server", "examples", "benches", "integration"]),
];

const LINES_MAX: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace").to_path_buf()
}

fn short(package: &str) -> &str {
    package.strip_prefix("headwater-").unwrap_or(package)
}

/// Package → (its dependencies of ours, its outside dependencies), both normal ones only.
fn dependencies() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_string();
    let packages = list(&metadata["packages"]);
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let split = |package: &Value| {
        let dependencies = list(&package["dependencies"]);
        // `kind` is null for a normal dependency, else "dev" or "build".
        let normal = dependencies.iter().filter(|dependency| dependency["kind"].is_null());
        normal.map(name).partition::<BTreeSet<_>, _>(|name| ours.contains(name))
    };
    packages.iter().map(|package| (name(package), split(package))).collect()
}

#[test]
fn crates_use_only_what_the_layer_table_allows() {
    let table: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (package, (ours, _)) in dependencies() {
        for used in &ours {
            let allowed = match table.get(short(&package)) {
                Some(row) => row.contains(&short(used)),
                None => short(used) != "server",
            };
            if !allowed {
                wrong.push(format!("{package} may not use {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_with_code_has_a_row() {
    let edges = ["server", "examples", "benches", "integration"];
    let rows: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).chain(edges).collect();
    let packages = dependencies();
    let found: BTreeSet<&str> = packages.keys().map(|package| short(package)).collect();
    assert_eq!(rows.difference(&found).collect::<Vec<_>>(), Vec::<&&str>::new(), "rows without a crate");
    assert_eq!(found.difference(&rows).collect::<Vec<_>>(), Vec::<&&str>::new(), "crates without a row");
}

#[test]
fn reserved_libraries_stay_in_their_layer() {
    let packages = dependencies();
    let mut wrong = Vec::new();
    for (library, layers) in RESERVED {
        for (package, (_, outside)) in &packages {
            if outside.contains(*library) && !layers.contains(&short(package)) {
                wrong.push(format!("{package} may not use {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files_with(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            match path.is_dir() {
                true if name != "target" && name != "corpus" && name != "artifacts" && !name.starts_with('.') => folders.push(path),
                false if path.extension().is_some_and(|found| found == extension) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn offenders(extension: &str, broken: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in files_with(extension) {
        let text = std::fs::read_to_string(&path).expect("source files are UTF-8");
        if let Some(reason) = broken(&path, &text) {
            wrong.push(format!("{}: {reason}", path.strip_prefix(root()).unwrap_or(&path).display()));
        }
    }
    wrong
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let wrong = offenders("rs", |_, text| (!text.starts_with("//!")).then(|| "does not open with `//!`".to_string()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let wrong = offenders("rs", |_, text| {
        let count = text.lines().count();
        (count > LINES_MAX).then(|| format!("{count} lines; the limit is {LINES_MAX}: look for the seam"))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn roots_of_crates_and_modules_hold_no_logic() {
    let kinds = ["fn", "async fn", "struct", "enum", "trait", "impl", "const", "static", "type"];
    let is_logic = |line: &&str| {
        let public = ["pub(crate) ", "pub(super) ", "pub "].iter().find_map(|prefix| line.strip_prefix(prefix));
        kinds.iter().any(|kind| public.unwrap_or(line).strip_prefix(kind).is_some_and(|rest| rest.starts_with([' ', '<'])))
    };
    let wrong = offenders("rs", |path, text| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let is_test = path.components().any(|part| part.as_os_str() == "tests");
        let is_table = name == "lib.rs" || (name == "mod.rs" && !is_test);
        text.lines().find(is_logic).filter(|_| is_table).map(|line| format!("holds logic: `{line}`"))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let banned = ["utils.rs", "util.rs", "helpers.rs", "misc.rs", "common.rs"];
    let wrong = offenders("rs", |path, _| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        (banned.contains(&name) || name.ends_with("_v2.rs")).then(|| "name it after what it holds".to_string())
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_unfinished_words_remain() {
    // Written in two parts so that this file does not find itself.
    let banned = [("TO", "DO"), ("FIX", "ME"), ("XX", "X:"), ("#[ign", "ore"), ("/wor", "k/"), ("unimpl", "emented!(")];
    let words: Vec<String> = banned.iter().map(|(head, tail)| format!("{head}{tail}")).collect();
    for extension in ["rs", "md", "toml", "sql", "sh"] {
        let wrong = offenders(extension, |_, text| words.iter().find(|word| text.contains(*word)).map(|word| format!("contains {word}")));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn the_files_that_architecture_names_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let files: Vec<String> = ["rs", "md", "sql", "toml"]
        .iter()
        .flat_map(|extension| files_with(extension))
        .map(|path| format!("/{}", path.strip_prefix(root()).unwrap_or(&path).display()))
        .collect();
    let quoted = text.split('`').skip(1).step_by(2);
    let named: Vec<&str> = quoted.filter(|word| [".rs", ".md", ".sql", ".toml"].iter().any(|end| word.ends_with(end))).collect();
    assert!(named.len() > 40, "the journey names its files: only {} found", named.len());
    // Within a paragraph a file is named by the end of its path.
    let missing: Vec<&&str> = named.iter().filter(|name| !files.iter().any(|file| file.ends_with(&format!("/{name}")))).collect();
    assert!(missing.is_empty(), "no such files: {missing:?}");
}
