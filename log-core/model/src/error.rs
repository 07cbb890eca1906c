//! What an error asks of the caller.

use std::fmt;

/// What the caller should do about an error. Every error of every crate answers one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Try again after a pause: nothing happened, and the cause may pass.
    Retry,
    /// Somebody with a higher epoch took over: stop and build a new session.
    Fenced,
    /// The request is wrong and will stay wrong: change it.
    Invalid,
    /// The named thing does not exist: create it or correct the name.
    Missing,
    /// A limit is reached (disk, quota, queue): free space or raise the limit, then try again.
    Full,
    /// Stored bytes are damaged: the thing refuses to serve; restore it from a copy.
    Corrupt,
    /// The component has been closed or has failed for good: open a new one.
    Closed,
    /// A broken invariant of ours: report it.
    Bug,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::Retry => "retry",
            ErrorKind::Fenced => "fenced",
            ErrorKind::Invalid => "invalid",
            ErrorKind::Missing => "missing",
            ErrorKind::Full => "full",
            ErrorKind::Corrupt => "corrupt",
            ErrorKind::Closed => "closed",
            ErrorKind::Bug => "bug",
        })
    }
}
