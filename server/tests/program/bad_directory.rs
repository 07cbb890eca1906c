//! What the program says to a data directory that it cannot or must not use.

use crate::process::{assert_says, fail, feed, headwater, succeed, text};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "--data-dir", text(&data), "create", "t"]);
    let version = data.join("headwater.version");
    let bytes = std::fs::read(&version).expect("the version file exists");
    std::fs::write(&version, [bytes.as_slice(), b"9"].concat()).expect("a writable file");
    let message = fail(&["topic", "--data-dir", text(&data), "list"]);
    assert_says(&message, &["headwater.version", "damaged", "checksum"]);
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[test]
fn a_directory_of_a_newer_version_is_refused_with_both_versions() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    succeed(&["topic", "--data-dir", text(&data), "create", "t"]);
    let file = data.join("headwater.version");
    let line = std::fs::read_to_string(&file).expect("the version file exists");
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, version, crc] = words[..] else { panic!("not a name, a version and a checksum: {line}") };
    let kind = name.strip_prefix("headwater-").expect("the name begins so");
    let seal = |version: u32| format!("{:08x}", crc32c(format!("{kind} {version}\n").as_bytes()));
    let version: u32 = version.parse().expect("a number");
    assert_eq!(crc, seal(version), "the file is sealed as this test seals it");
    std::fs::write(&file, format!("{name} {} {}\n", version + 1, seal(version + 1))).expect("a writable file");
    for arguments in [&["topic", "list"][..], &["consume", "t"], &["sql", "-c", "SHOW TOPICS"]] {
        let message = fail(&[arguments, &["--data-dir", text(&data)]].concat());
        let words = [&format!("format version {}", version + 1), &format!("up to {version}"), "use a newer program"];
        assert_says(&message, &words.map(|word| word as &str));
    }
}

#[test]
fn a_second_process_is_refused_and_told_who_has_the_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (script, data) = (folder.path().join("script.sql"), folder.path().join("data"));
    std::fs::write(&script, "CREATE STREAM s (a INT) WITH (topic = 's');").expect("a writable folder");
    let mut command = headwater(&["run", text(&script), "--data-dir", text(&data)]);
    let mut owner = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    let mut said = String::new();
    BufReader::new(owner.stdout.as_mut().expect("piped")).read_line(&mut said).expect("text");
    assert_eq!(said, "stream s created\n");

    let process = format!("process {}", owner.id());
    for arguments in [&["topic", "list"][..], &["sql", "-c", "SELECT 1"], &["produce", "s"]] {
        let message = fail(&[arguments, &["--data-dir", text(&data)]].concat());
        assert_says(&message, &[text(&data), "in use", &process]);
    }
    let killed = Command::new("kill").args(["-INT", &owner.id().to_string()]).status().expect("kill runs");
    assert!(killed.success() && owner.wait().expect("it can be waited for").success(), "an interrupted run ends in order");
    succeed(&["topic", "list", "--data-dir", text(&data)]);
}

#[test]
fn a_damaged_segment_is_named_and_other_topics_are_served() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    for topic in ["good", "bad"] {
        let output = feed(&["produce", topic, "--data-dir", text(&data)], b"{\"a\":1}\n{\"a\":2}\n");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let create = |topic: &str| format!("CREATE STREAM s_{topic} (a INT) WITH (topic = '{topic}', format = 'json')");
    succeed(&["sql", "--data-dir", text(&data), "-c", &format!("{}; {}", create("good"), create("bad"))]);
    let segment = segment(&data.join("topics"), "bad");
    let mut bytes = std::fs::read(&segment).expect("a readable segment");
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&segment, bytes).expect("a writable segment");

    let name = segment.file_name().and_then(|name| name.to_str()).expect("a UTF-8 name");
    for arguments in [&["consume", "bad"][..], &["sql", "-c", "SELECT * FROM s_bad"]] {
        let message = fail(&[arguments, &["--data-dir", text(&data)]].concat());
        assert_says(&message, &[name, "damaged", "byte"]);
    }
    assert_eq!(succeed(&["consume", "good", "--data-dir", text(&data)]).lines().count(), 2);
    assert_eq!(succeed(&["sql", "-o", "csv", "-c", "SELECT sum(a) AS n FROM s_good", "--data-dir", text(&data)]), "n\n3\n");
}

/// The first segment of a topic's only partition.
fn segment(topics: &Path, topic: &str) -> std::path::PathBuf {
    let folders = std::fs::read_dir(topics).expect("the directory of topics");
    let named = |path: &std::path::PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(topic));
    let folder = folders.map(|entry| entry.expect("a readable entry").path()).find(named).expect("the topic has a directory");
    let files = std::fs::read_dir(folder).expect("a readable directory").map(|entry| entry.expect("a readable entry").path());
    files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "log")).expect("the topic has a segment")
}

#[test]
fn commands_that_only_look_make_no_directory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (missing, empty, file) = (folder.path().join("missing"), folder.path().join("empty"), folder.path().join("file"));
    std::fs::create_dir(&empty).expect("a writable folder");
    std::fs::write(&file, "x").expect("a writable folder");
    for arguments in [
        &["topic", "list"][..],
        &["topic", "describe", "t"],
        &["topic", "delete", "t"],
        &["consume", "t"],
        &["sql", "-c", "SELECT 1; SHOW STREAMS"],
    ] {
        for directory in [&missing, &empty] {
            let message = fail(&[arguments, &["--data-dir", text(directory)]].concat());
            assert_says(&message, &[text(directory), "is no data directory", "--data-dir"]);
        }
        assert_says(&fail(&[arguments, &["--data-dir", text(&file)]].concat()), &[text(&file), "is a file"]);
    }
    for arguments in [&["produce", "t"][..], &["run", text(&file)], &["topic", "create", "t"]] {
        fail(&[arguments, &["--data-dir", text(&file)]].concat());
    }
    assert!(!missing.exists());
    assert_eq!(std::fs::read_dir(&empty).expect("a readable directory").count(), 0);
}

#[test]
fn a_directory_with_somebody_elses_files_is_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (other, script) = (folder.path().join("notours"), folder.path().join("script.sql"));
    std::fs::create_dir_all(other.join("journal")).expect("a writable folder");
    std::fs::write(&script, "CREATE STREAM s (a INT) WITH (topic = 's');").expect("a writable folder");
    let names = |path: &Path| std::fs::read_dir(path).expect("a readable directory").count();
    let create = ["sql", "-c", "CREATE STREAM s (a INT) WITH (topic = 's')"];
    for arguments in [&create[..], &["sql", "-f", text(&script)], &["run", text(&script)], &["produce", "t"], &["topic", "create", "t"]] {
        let message = fail(&[arguments, &["--data-dir", text(&other)]].concat());
        assert_says(&message, &[text(&other), "is no data directory", "not empty", "\"journal\"", "name an empty or a new directory"]);
    }
    for arguments in [&["sql", "-c", "SHOW TOPICS"][..], &["topic", "list"], &["consume", "t"]] {
        assert_says(&fail(&[arguments, &["--data-dir", text(&other)]].concat()), &["is no data directory"]);
    }
    assert_eq!((names(&other), names(&other.join("journal"))), (1, 0));
}

#[test]
fn a_fresh_file_system_and_a_directory_that_was_left_half_made_are_taken() {
    for name in ["lost+found", ".hidden", "headwater.lock"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join(name), "").expect("a writable folder");
        succeed(&["topic", "create", "t", "--data-dir", text(folder.path())]);
        assert_says(&succeed(&["topic", "list", "--data-dir", text(folder.path())]), &["t "]);
    }
}
