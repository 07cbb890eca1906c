//! Which files are followed: one path, or the names in a directory that match a pattern of `*` (any text) and `?` (one character).

use connect_api::{Error, Result};
use std::path::{Path, PathBuf};

/// More files than this are refused: each is kept open.
const FILES_MAX: usize = 512;

/// The files to follow.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    directory: PathBuf,
    name: String,
}

impl Pattern {
    /// From the option `file`.
    pub(super) fn new(file: &str) -> Result<Pattern> {
        let path = Path::new(file);
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| Error::failed(format!("option file {file:?} does not end in the name of a file")))?;
        let directory = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Ok(Pattern { directory, name: name.to_string() })
    }

    /// Whether it may match several files.
    pub(super) fn is_wild(&self) -> bool {
        self.name.contains(['*', '?'])
    }

    /// Whether it matches the name of a file in its directory.
    pub(super) fn matches(&self, name: &str) -> bool {
        matches(self.name.as_bytes(), name.as_bytes())
    }

    /// The paths that match now, in order; the one path itself if it is no pattern, whether it exists or not.
    pub(super) fn paths(&self) -> Result<Vec<PathBuf>> {
        if !self.is_wild() {
            return Ok(vec![self.directory.join(&self.name)]);
        }
        let mut paths = Vec::new();
        for name in names(&self.directory)? {
            let path = self.directory.join(&name);
            if self.matches(&name) && path.is_file() {
                paths.push(path);
            }
        }
        if paths.len() > FILES_MAX {
            let reason = format!("{} files match {}, more than {FILES_MAX}; use a narrower pattern", paths.len(), self.name);
            return Err(Error::failed(reason));
        }
        Ok(paths)
    }
}

/// The names in a directory, in order; none if it does not exist.
pub(super) fn names(directory: &Path) -> Result<Vec<String>> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", directory.display(), &error)),
    };
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    Ok(names)
}

/// Matches without recursion: at a mismatch the last `*` takes one byte more.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        let cases = [
            ("*.log", "a.log", true),
            ("*.log", "a.log.1", false),
            ("a*b*c", "a-b-b-c", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("a*", "ba", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
