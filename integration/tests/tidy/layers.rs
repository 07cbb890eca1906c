//! The layer table of `ARCHITECTURE.md` against `cargo metadata`: no edge appears unnoticed.

use crate::tree::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The line above the table's rows.
const HEADER: &str = "| crate | may use (of ours) |";

/// The outside crates that only one layer may name: `crate: the layers`.
const RESERVED: &[(&str, &[&str])] = &[
    ("rocksdb", &["streams-state"]),
    ("datafusion", &["sql-planner", "sql-operators", "sql-engine"]),
    ("rustix", &["log-env"]),
    ("anyhow", &["server", "examples", "benches", "integration"]),
];

/// What a crate may use of ours.
#[derive(Debug, PartialEq)]
enum Row {
    /// Anything but server.
    Anything,
    These {
        always: BTreeSet<String>,
        /// In its tests besides.
        in_tests: BTreeSet<String>,
    },
}

/// What a crate depends on, by short name.
struct Dependencies {
    ours: BTreeSet<String>,
    ours_in_tests: BTreeSet<String>,
    outside: BTreeSet<String>,
}

fn short(package: &str) -> &str {
    package.strip_prefix("headwater-").unwrap_or(package)
}

fn dependencies() -> BTreeMap<String, Dependencies> {
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
    let of = |package: &Value| {
        let mut found = Dependencies { ours: BTreeSet::new(), ours_in_tests: BTreeSet::new(), outside: BTreeSet::new() };
        for dependency in list(&package["dependencies"]) {
            let used = name(&dependency);
            // `kind` is null for a normal dependency, else "dev" or "build".
            match (ours.contains(&used), dependency["kind"].as_str()) {
                (true, Some("dev")) => found.ours_in_tests.insert(short(&used).to_string()),
                (true, _) => found.ours.insert(short(&used).to_string()),
                (false, _) => found.outside.insert(used),
            };
        }
        found
    };
    packages.iter().map(|package| (short(&name(package)).to_string(), of(package))).collect()
}

/// The rows of the table in a document: `log-model, log-env | nothing`, `a | b log-*; in tests c`, `server | anything; …`.
fn table(document: &str, packages: &BTreeSet<String>) -> BTreeMap<String, Row> {
    let rows = document.split_once(HEADER).unwrap_or_else(|| panic!("no line {HEADER:?}")).1;
    let mut table = BTreeMap::new();
    // The first line is the rest of the header's, the second the rule below it.
    for line in rows.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [names, allowed] = cells[..] else { panic!("two cells a row: {line}") };
        for name in names.split(',').map(str::trim) {
            let row = match allowed.split_once("; in tests ").unwrap_or((allowed, "")) {
                (always, _) if always.starts_with("anything") => Row::Anything,
                (always, in_tests) => Row::These { always: crates(always, name, packages), in_tests: crates(in_tests, name, packages) },
            };
            assert!(table.insert(name.to_string(), row).is_none(), "{name} has two rows");
        }
    }
    table
}

/// The crates a cell names; `log-*` is every other one whose name begins so.
fn crates(cell: &str, of: &str, packages: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for word in cell.split_whitespace().filter(|word| !["nothing", "every"].contains(word)) {
        match word.strip_suffix('*') {
            Some(prefix) => found.extend(packages.iter().filter(|name| name.starts_with(prefix) && *name != of).cloned()),
            None => {
                assert!(packages.contains(word), "{of} may use {word}, which is no crate");
                found.insert(word.to_string());
            }
        }
    }
    found
}

fn architecture(packages: &BTreeMap<String, Dependencies>) -> BTreeMap<String, Row> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    table(&text, &packages.keys().cloned().collect())
}

#[test]
fn crates_use_only_what_the_layer_table_allows() {
    let packages = dependencies();
    let table = architecture(&packages);
    let mut wrong = Vec::new();
    for (package, used) in &packages {
        for (name, test_only) in used.ours.iter().map(|name| (name, false)).chain(used.ours_in_tests.iter().map(|name| (name, true))) {
            let allowed = match table.get(package) {
                Some(Row::These { always, in_tests }) => always.contains(name) || (test_only && in_tests.contains(name)),
                Some(Row::Anything) => name != "server",
                // Its own test names it.
                None => true,
            };
            if !allowed {
                wrong.push(format!("{package} may not use {name}{}", if test_only { " in its tests" } else { "" }));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_has_a_row_and_every_row_a_crate() {
    let packages = dependencies();
    let rows: BTreeSet<String> = architecture(&packages).into_keys().collect();
    assert_eq!(rows, packages.into_keys().collect());
}

#[test]
fn reserved_libraries_stay_in_their_layer() {
    let packages = dependencies();
    let mut wrong = Vec::new();
    for (library, layers) in RESERVED {
        for (package, used) in &packages {
            if used.outside.contains(*library) && !layers.contains(&package.as_str()) {
                wrong.push(format!("{package} may not use {library}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_table_is_read_as_it_is_meant() {
    let set = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<BTreeSet<String>>();
    let document =
        format!("text\n{HEADER}\n|---|---|\n| a-x, a-y | nothing |\n| b | every a-*; in tests c |\n| c | anything; but |\n\n| d | a-x |\n");
    let found = table(&document, &set(&["a-x", "a-y", "b", "c"]));
    let nothing = || Row::These { always: set(&[]), in_tests: set(&[]) };
    let expected = [
        ("a-x", nothing()),
        ("a-y", nothing()),
        ("b", Row::These { always: set(&["a-x", "a-y"]), in_tests: set(&["c"]) }),
        ("c", Row::Anything),
    ];
    assert_eq!(found, expected.map(|(name, row)| (name.to_string(), row)).into());
}
