//! A disk that runs full under the main job: it waits and says why, goes on once there is room, and nothing is lost or doubled.
//!
//! The data directory lies on a small file system of its own, mounted in a mount namespace of the program's.

use crate::expected::{assert_same, by_job, by_script, generated_log};
use crate::process::{headwater, root, text};
use log_testkit::mount_namespace;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

/// The whole file system. The journal's first file takes 64 MiB of it.
const SIZE: &str = "320m";
/// What is left free when the job starts: the journal and about half of what the job writes into its topics.
const ROOM_BYTES: u64 = 90 << 20;
const LINES: u64 = 120_000;

#[test]
fn the_job_waits_on_a_full_disk_and_ends_right_once_there_is_room() {
    let script = "mount -t tmpfs -o size=$1 none \"$2\" && fallocate -l \"$(($(stat -f -c '%a * %S' \"$2\") - $3))\" \"$2/ballast\" \
                  && shift 3 && exec \"$@\"";
    let Some(mut command) = mount_namespace() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = generated_log(folder.path(), LINES, 21);
    let (disk, output) = (folder.path().join("disk"), folder.path().join("out"));
    std::fs::create_dir(&disk).expect("a writable folder");
    let program = headwater(&[]);
    command.args(["sh", "-c", script, "sh", SIZE, text(&disk), &ROOM_BYTES.to_string()]).arg(program.get_program()).arg("run");
    command.arg(root().join("examples/access-log/pipeline.sql")).args(["--data-dir", text(&disk.join("data"))]);
    command.args(["--set", &format!("input={}", text(&log)), "--set", &format!("output={}", text(&output)), "--until-idle"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");

    // The namespace is only visible through the process; the program took the place of the shell.
    let ballast =
        Path::new("/proc").join(child.id().to_string()).join("root").join(disk.strip_prefix("/").expect("absolute")).join("ballast");
    let mut said = Vec::new();
    let mut was_full = false;
    for line in BufReader::new(child.stderr.take().expect("piped")).lines() {
        let line = line.expect("the program says UTF-8");
        if line.contains("free some space") && !was_full {
            was_full = true;
            File::options().write(true).open(&ballast).and_then(|file| file.set_len(0)).expect("the ballast can be cut");
        }
        said.push(line);
    }
    let status = child.wait().expect("the program can be waited for");
    assert!(status.success(), "the job failed:\n{}", said.join("\n"));
    assert!(was_full, "the disk never ran full:\n{}", said.join("\n"));
    assert_same(&by_job(&output), &by_script(&log).0);
}
