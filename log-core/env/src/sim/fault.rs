//! Failures on order.

use std::io;

/// The operation that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultOn {
    /// Reading a file.
    Read,
    /// Writing, growing or cutting a file.
    Write,
    /// Syncing a file; its unsynced pages are dropped, as Linux does, and the next sync succeeds.
    Sync,
    /// Creating, renaming or removing a name, or syncing a directory.
    Name,
}

/// How an operation fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaultKind {
    /// An input/output error (EIO).
    #[default]
    Broken,
    /// No space is left (ENOSPC): of a sync, because the room was promised when the pages were written.
    NoSpace,
    /// The call panics, as code with a bug does.
    Panic,
}

/// A failure that strikes when told.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The operation that fails.
    pub on: FaultOn,
    /// How it fails.
    pub kind: FaultKind,
    /// Only paths that contain this text; empty for all.
    pub path_part: String,
    /// So many operations succeed first.
    pub skip: u64,
    /// So many fail then; `u64::MAX` for all.
    pub count: u64,
}

/// Linux: EIO.
const EIO: i32 = 5;
/// Linux: ENOSPC.
const ENOSPC: i32 = 28;

pub(super) fn no_space() -> io::Error {
    io::Error::from_raw_os_error(ENOSPC)
}

/// Strikes if one of `faults` says so.
pub(super) fn strike(faults: &mut [Fault], on: FaultOn, path: &str) -> io::Result<()> {
    for fault in faults.iter_mut().filter(|fault| fault.on == on && path.contains(&fault.path_part)) {
        if fault.skip > 0 {
            fault.skip -= 1;
        } else if fault.count > 0 {
            fault.count -= 1;
            return match fault.kind {
                FaultKind::Broken => Err(io::Error::from_raw_os_error(EIO)),
                FaultKind::NoSpace => Err(no_space()),
                FaultKind::Panic => panic!("an ordered panic on {path}"),
            };
        }
    }
    Ok(())
}
