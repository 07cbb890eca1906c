//! Rules for the source files: headers, lengths, names, unfinished words, and that nothing else lies among them.

use crate::tree::{files, is_rust, root};
use std::path::Path;

const LINES_MAX: usize = 800;

/// What a file may be called: an extension, or the whole path of one that has none.
const EXTENSIONS: [&str; 14] = ["rs", "toml", "md", "sql", "py", "lock", "txt", "api", "rec", "sh", "java", "mjs", "xml", "skips"];
const NAMES: [&str; 4] = [".ci/run", ".gitignore", "LICENSE", "Makefile"];
/// The folder of the programs that `make` calls: they need no extension.
const SCRIPTS: &str = "scripts";

/// The files of a kind about which `broken` has something to say.
fn offenders(kind: impl Fn(&Path) -> bool, broken: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in files().into_iter().filter(|path| kind(path)) {
        let text = std::fs::read_to_string(root().join(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Some(reason) = broken(&path, &text) {
            wrong.push(format!("{}: {reason}", path.display()));
        }
    }
    wrong
}

#[test]
fn only_files_of_known_kinds_lie_in_the_tree() {
    let known = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some(extension) => EXTENSIONS.contains(&extension) || NAMES.iter().any(|name| path == Path::new(name)),
            None => path.parent() == Some(Path::new(SCRIPTS)) || NAMES.iter().any(|name| path == Path::new(name)),
        }
    };
    let foreign: Vec<String> = files().into_iter().filter(|path| !known(path)).map(|path| path.display().to_string()).collect();
    assert!(foreign.is_empty(), "remove these, or add their kind to the list: {foreign:?}");
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let wrong = offenders(is_rust, |_, text| (!text.starts_with("//!")).then(|| "does not open with `//!`".to_string()));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let wrong = offenders(is_rust, |_, text| {
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
    let wrong = offenders(is_rust, |path, text| {
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
    let wrong = offenders(is_rust, |path, _| {
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
    let written = |path: &Path| !["LICENSE", "Cargo.lock"].iter().any(|name| path.ends_with(name));
    let wrong = offenders(written, |_, text| words.iter().find(|word| text.contains(*word)).map(|word| format!("contains {word}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
