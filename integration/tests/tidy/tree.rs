//! The files of the tree: those that git knows or would take.

pub(crate) use log_testkit::workspace as root;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Their paths from the root, sorted. What `.gitignore` names is left out, and so is what has been deleted and not yet committed.
pub(crate) fn files() -> Vec<PathBuf> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let output = Command::new("git").arg("-C").arg(root()).args(list).output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).expect("names are UTF-8");
    let mut files: Vec<PathBuf> = names.split_terminator('\0').map(PathBuf::from).filter(|path| root().join(path).is_file()).collect();
    files.sort();
    files.dedup();
    assert!(files.len() > 500, "only {} files found", files.len());
    files
}

pub(crate) fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}
