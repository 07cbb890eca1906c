//! Where the sources lie.

use std::path::{Path, PathBuf};

/// The workspace's root, as cargo tells a running test. Not as it was when the test was compiled: checkouts may share what is compiled.
pub fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells a test where its package lies");
    let root = Path::new(&package).ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    root.expect("the package lies in a workspace").to_path_buf()
}
