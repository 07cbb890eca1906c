//! What the system lets a process have.

use rustix::process::{Resource, getrlimit, setrlimit};
use std::io;

/// Lets this process open as many files as the system allows it, and gives their number; `None` for any number.
///
/// Shells start programs with a soft limit of 1,024 files, fewer than a log with a thousand partitions has segments. A program calls this
/// once when it starts; a library leaves the limit to its program.
pub fn raise_open_file_limit() -> io::Result<Option<u64>> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(limit.maximum)
}

/// How many files this process may have open; `None` for any number.
pub(super) fn open_file_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_what_the_system_allows() {
        let allowed = raise_open_file_limit().unwrap();
        assert_eq!(open_file_limit(), allowed);
    }
}
