//! What the documents say about the tree.

use crate::tree::{files, root};

#[test]
fn the_files_that_architecture_names_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let files: Vec<String> = files().iter().map(|path| format!("/{}", path.display())).collect();
    let quoted = text.split('`').skip(1).step_by(2);
    let named: Vec<&str> = quoted.filter(|word| [".rs", ".md", ".sql", ".toml"].iter().any(|end| word.ends_with(end))).collect();
    assert!(named.len() > 40, "the journey names its files: only {} found", named.len());
    // Within a paragraph a file is named by the end of its path.
    let missing: Vec<&&str> = named.iter().filter(|name| !files.iter().any(|file| file.ends_with(&format!("/{name}")))).collect();
    assert!(missing.is_empty(), "no such files: {missing:?}");
}

#[test]
fn a_file_that_architecture_names_is_the_only_one_of_its_name() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let files = files();
    let folders: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|word| word.contains('/') && word.ends_with(".rs")).collect();
    for named in folders {
        let found: Vec<String> =
            files.iter().map(|path| format!("/{}", path.display())).filter(|file| file.ends_with(&format!("/{named}"))).collect();
        assert!(found.len() <= 1 || files.iter().any(|path| path.display().to_string() == named), "{named} may be {}", found.join(" or "));
    }
}
