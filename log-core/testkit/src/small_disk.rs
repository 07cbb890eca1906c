//! A small file system of one's own, for tests of what happens when it is full.
#![allow(clippy::disallowed_methods, reason = "a test runs itself again")]

use crate::say_skipped;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const INSIDE: &str = "HEADWATER_SMALL_DISK";

/// What `unshare` is told where the system gives mounts to root, and where to everybody.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// Runs the test named `test` (its whole path in the crate) again in a process with a file system of `size` (as `mount` reads it: `64m`), mounted in
/// a mount namespace of that process alone. There it gives the place. `None` in the outer process, after the inner one has passed; or, said on standard
/// error, where the system does not let a test mount anything.
///
/// Panics, with what it said, if the inner process fails.
pub fn small_disk(test: &str, size: &str) -> Option<PathBuf> {
    if std::env::var_os(INSIDE).is_some() {
        return Some(PathBuf::from("/mnt"));
    }
    let mut command = mount_namespace()?;
    let itself = std::env::current_exe().expect("a test knows its program");
    command.args(["sh", "-c", "mount -t tmpfs -o size=$0 none /mnt && exec \"$@\"", size]);
    command.arg(itself).args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    let output = command.output().expect("unshare ran a moment ago");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    None
}

/// A command that runs what is added to it in a mount namespace of its own, where it may mount; `None`, said on standard error, where the system does not
/// allow that.
pub fn mount_namespace() -> Option<Command> {
    let Some(way) = WAYS.into_iter().find(|way| can_mount(way)) else {
        say_skipped("this system does not let a test mount a small file system");
        return None;
    };
    let mut command = Command::new("unshare");
    command.args(way);
    Some(command)
}

fn can_mount(way: &[&str]) -> bool {
    let mut probe = Command::new("unshare");
    probe.args(way).args(["mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}
