//! Whole lives of followed files: growth, rotation of all kinds, truncation, bad lines; while the task runs and while it does not.

use super::plugin;
use connect_api::{JsonMap, PluginFactory, SourceContext, SourceOffset, SourcePartition, SourcePoll, SourceRecord, SourceTask, Value};
use futures::executor::block_on;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A directory with a running tail and everything it has handed over.
struct Tail {
    directory: tempfile::TempDir,
    task: Box<dyn SourceTask>,
    stored: BTreeMap<String, (SourcePartition, JsonMap)>,
    options: Vec<(&'static str, &'static str)>,
    name: &'static str,
    records: Vec<SourceRecord>,
}

impl Tail {
    fn new(name: &'static str, options: &[(&'static str, &'static str)]) -> Tail {
        let directory = tempfile::tempdir().unwrap();
        let task = make();
        let mut tail = Tail { directory, task, stored: BTreeMap::new(), options: options.to_vec(), name, records: Vec::new() };
        tail.restart();
        tail
    }

    fn restart(&mut self) {
        let file = self.path(self.name);
        let mut entries: BTreeMap<String, String> =
            self.options.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        entries.insert("file".into(), file.to_str().unwrap().into());
        entries.insert("topic".into(), "t".into());
        // Nobody writes a renamed file, unless a test says so.
        entries.entry("rotate.wait.ms".into()).or_insert_with(|| "0".into());
        let config = plugin().config.parse(&entries).unwrap();
        self.task = make();
        let stored: Vec<_> = self.stored.values().cloned().collect();
        block_on(self.task.start(&config, SourceContext::new("c", 0, stored))).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn append(&self, name: &str, text: impl AsRef<[u8]>) {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap();
        file.write_all(text.as_ref()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn truncate(&self, name: &str) {
        fs::OpenOptions::new().write(true).truncate(true).open(self.path(name)).unwrap();
    }

    /// One poll; keeps records and positions as a worker would.
    fn step(&mut self) -> SourcePoll {
        let poll = block_on(self.task.poll()).unwrap();
        if let SourcePoll::Records(batch) = &poll {
            let mut keep = |partition: &SourcePartition, offset: Option<&SourceOffset>| match offset {
                Some(offset) => {
                    self.stored.insert(partition.to_string(), (partition.clone(), offset.to_map()));
                }
                None => {
                    self.stored.remove(&partition.to_string());
                }
            };
            for record in &batch.records {
                keep(record.source_partition.as_ref().unwrap(), record.source_offset.as_ref());
            }
            for (partition, offset) in &batch.offsets {
                keep(partition, offset.as_ref());
            }
            self.records.extend(batch.records.iter().cloned());
        }
        poll
    }

    /// Polls until the end of input and answers the lines found, in order.
    fn lines(&mut self) -> Vec<String> {
        for _ in 0..10_000 {
            if !matches!(self.step(), SourcePoll::Records(_)) {
                return self.records.drain(..).map(|record| text(&record)).collect();
            }
        }
        panic!("it does not come to an end");
    }
}

fn make() -> Box<dyn SourceTask> {
    match plugin().factory {
        PluginFactory::Source(make) => make().task(),
        _ => unreachable!("it is a source"),
    }
}

fn text(record: &SourceRecord) -> String {
    match &record.value.value {
        Value::String(text) => text.clone(),
        Value::Bytes(bytes) => format!("{bytes:?}"),
        other => panic!("{other:?}"),
    }
}

fn numbered(from: usize, to: usize) -> String {
    (from..to).map(|number| format!("line number {number:04}\n")).collect()
}

fn expect(from: usize, to: usize) -> Vec<String> {
    numbered(from, to).lines().map(str::to_string).collect()
}

#[test]
fn a_missing_file_is_waited_for_with_the_reason_and_growth_is_followed() {
    let mut tail = Tail::new("a.log", &[]);
    let poll = tail.step();
    assert!(matches!(&poll, SourcePoll::Idle { waiting_for: Some(reason), .. } if reason.contains("a.log does not exist")), "{poll:?}");
    tail.append("a.log", numbered(0, 10));
    assert_eq!(tail.lines(), expect(0, 10));
    tail.append("a.log", "line number ");
    assert_eq!(tail.lines(), Vec::<String>::new());
    tail.append("a.log", "0010\n");
    assert_eq!(tail.lines(), expect(10, 11));
    tail.append("a.log", "rest");
    tail.task.set_draining(true);
    assert_eq!(tail.lines(), ["rest"]);
    tail.task.set_draining(false);
    tail.restart();
    assert_eq!(tail.lines(), Vec::<String>::new());
}

#[test]
fn nothing_is_lost_or_doubled_by_rename_rotation_whether_it_runs_or_not() {
    for stopped in [false, true] {
        let mut tail = Tail::new("a.log", &[("batch.size", "3")]);
        tail.append("a.log", numbered(0, 20));
        for _ in 0..3 {
            tail.step();
        }
        let mut found: Vec<String> = tail.records.drain(..).map(|record| text(&record)).collect();
        // Rotated twice, so that one whole file was never seen under the followed name.
        tail.append("a.log", numbered(20, 25));
        tail.rename("a.log", "a.log.2");
        tail.append("a.log.1", numbered(25, 30));
        let later = fs::File::options().write(true).open(tail.path("a.log.1")).unwrap();
        later.set_modified(fs::metadata(tail.path("a.log.2")).unwrap().modified().unwrap() + std::time::Duration::from_secs(5)).unwrap();
        tail.append("a.log", numbered(30, 40));
        if stopped {
            tail.restart();
        }
        found.extend(tail.lines());
        assert_eq!(found, expect(0, 40), "stopped: {stopped}");
        tail.restart();
        assert_eq!(tail.lines(), Vec::<String>::new());
    }
}

#[test]
fn what_is_written_to_a_file_after_its_rotation_is_read_before_its_successor() {
    for restarted in [false, true] {
        let mut tail = Tail::new("a.log", &[("rotate.wait.ms", "3600000")]);
        tail.append("a.log", numbered(0, 5));
        let mut found = tail.lines();
        tail.rename("a.log", "a.log.1");
        tail.append("a.log", numbered(7, 9));
        // The writer has not been told yet: it goes on under the new name, and the successor waits.
        assert_eq!(tail.lines(), Vec::<String>::new());
        if restarted {
            tail.restart();
        }
        tail.append("a.log.1", numbered(5, 6));
        found.extend(tail.lines());
        tail.append("a.log.1", "line number 0006");
        let poll = tail.step();
        assert!(matches!(poll, SourcePoll::Idle { waiting_for: None, .. }), "not at its end: {poll:?}");
        tail.append("a.log.1", "\n");
        found.extend(tail.lines());
        assert_eq!(found, expect(0, 7), "restarted: {restarted}");
        tail.task.set_draining(true);
        assert_eq!(tail.lines(), Vec::<String>::new());
        assert!(!matches!(tail.step(), SourcePoll::EndOfInput { .. }), "a drain waits too");
        // As after the wait.
        tail.options = vec![("rotate.wait.ms", "0")];
        tail.restart();
        assert_eq!(tail.lines(), expect(7, 9));
    }
}

#[test]
fn a_file_renamed_out_of_a_pattern_is_followed_until_it_is_left_alone() {
    let mut tail = Tail::new("*.log", &[("rotate.wait.ms", "3600000")]);
    tail.append("a.log", numbered(0, 5));
    let mut found = tail.lines();
    tail.rename("a.log", "a.log.1");
    // Nothing stands under the name for a moment.
    found.extend(tail.lines());
    tail.append("a.log.1", numbered(5, 7));
    tail.append("a.log", numbered(7, 9));
    found.extend(tail.lines());
    assert_eq!(found, expect(0, 7));
    tail.options = vec![("rotate.wait.ms", "0")];
    tail.restart();
    assert_eq!(tail.lines(), expect(7, 9));
    // Deleted, it is over at once.
    fs::remove_file(tail.path("a.log")).unwrap();
    tail.options = vec![("rotate.wait.ms", "3600000")];
    tail.append("b.log", numbered(9, 10));
    assert_eq!(tail.lines(), expect(9, 10));
    assert_eq!(tail.stored.len(), 1, "{:?}", tail.stored.keys());
}

#[test]
fn an_archive_that_is_touched_is_not_read_again_and_a_deleted_one_hides_none() {
    let mut tail = Tail::new("a.log", &[]);
    tail.append("a.log.3", numbered(900, 905));
    if fs::metadata(tail.path("a.log.3")).unwrap().created().is_err() {
        // Without times of creation nothing tells a touched archive from a new one.
        return;
    }
    // Times of creation are only as fine as the clock's tick.
    wait_for_a_later_creation(&tail, "a.log.3");
    tail.append("a.log", numbered(0, 5));
    assert_eq!(tail.lines(), expect(0, 5));
    tail.rename("a.log", "a.log.2");
    let later = fs::metadata(tail.path("a.log.2")).unwrap().modified().unwrap() + std::time::Duration::from_secs(60);
    fs::File::options().append(true).open(tail.path("a.log.3")).unwrap().set_modified(later).unwrap();
    wait_for_a_later_creation(&tail, "a.log.2");
    tail.append("a.log.1", numbered(5, 8));
    wait_for_a_later_creation(&tail, "a.log.1");
    tail.append("a.log", numbered(8, 10));
    fs::remove_file(tail.path("a.log.2")).unwrap();
    assert_eq!(tail.lines(), expect(5, 10));
}

/// Creates files until one is younger than `name`.
fn wait_for_a_later_creation(tail: &Tail, name: &str) {
    let created = |name: &str| fs::metadata(tail.path(name)).unwrap().created().unwrap();
    loop {
        fs::write(tail.path("tick"), "").unwrap();
        let is_later = created("tick") > created(name);
        fs::remove_file(tail.path("tick")).unwrap();
        if is_later {
            return;
        }
    }
}

#[test]
fn copy_and_truncate_takes_the_rest_from_the_copy() {
    for stopped in [false, true] {
        let mut tail = Tail::new("a.log", &[("batch.size", "5")]);
        tail.append("a.log", numbered(0, 10));
        let mut found = tail.lines();
        tail.append("a.log", numbered(10, 15));
        fs::copy(tail.path("a.log"), tail.path("a.log.1")).unwrap();
        tail.truncate("a.log");
        tail.append("a.log", numbered(15, 18));
        if stopped {
            tail.restart();
        }
        found.extend(tail.lines());
        assert_eq!(found, expect(0, 18), "stopped: {stopped}");
    }
}

#[test]
fn a_truncated_or_overwritten_file_is_read_from_its_start() {
    for stopped in [false, true] {
        let mut tail = Tail::new("a.log", &[]);
        tail.append("a.log", numbered(0, 10));
        assert_eq!(tail.lines(), expect(0, 10));
        tail.truncate("a.log");
        tail.append("a.log", numbered(100, 103));
        if stopped {
            tail.restart();
        }
        assert_eq!(tail.lines(), expect(100, 103));
        tail.truncate("a.log");
        tail.append("a.log", numbered(200, 230));
        if stopped {
            tail.restart();
        }
        assert_eq!(tail.lines(), expect(200, 230));
    }
}

#[test]
fn a_pattern_follows_all_that_match_also_when_renamed_within_it() {
    for stopped in [false, true] {
        let mut tail = Tail::new("*.log*", &[]);
        let poll = tail.step();
        assert!(matches!(&poll, SourcePoll::Idle { waiting_for: Some(reason), .. } if reason.contains("no file matches")), "{poll:?}");
        tail.append("a.log", numbered(0, 5));
        tail.append("b.log", numbered(100, 105));
        let mut found = tail.lines();
        tail.append("a.log", numbered(5, 7));
        tail.rename("a.log", "a.log.1");
        tail.append("a.log", numbered(7, 9));
        if stopped {
            tail.restart();
        }
        found.extend(tail.lines());
        found.sort();
        let mut expected = expect(0, 9);
        expected.extend(expect(100, 105));
        assert_eq!(found, expected, "stopped: {stopped}");
        tail.restart();
        assert_eq!(tail.lines(), Vec::<String>::new());
    }
}

#[test]
fn over_long_and_ill_encoded_lines_carry_their_place_and_the_rest_goes_on() {
    let cases: [(&str, bool); 3] = [("utf8", true), ("utf8-lossy", false), ("bytes", false)];
    for (encoding, refused) in cases {
        let mut tail = Tail::new("a.log", &[("encoding", encoding), ("line.max.bytes", "100")]);
        tail.append("a.log", "good\n");
        tail.append("a.log", b"caf\xe9\n");
        tail.append("a.log", format!("{}\nlast\n", "x".repeat(3_000_000)));
        while matches!(tail.step(), SourcePoll::Records(_)) {}
        let errors: Vec<Option<String>> = tail.records.iter().map(|record| record.error.as_ref().map(ToString::to_string)).collect();
        assert_eq!(errors.len(), 4, "{encoding}");
        assert_eq!((&errors[0], &errors[3]), (&None, &None));
        assert_eq!(errors[1].is_some(), refused, "{encoding}: {:?}", errors[1]);
        let long = errors[2].as_ref().unwrap();
        assert!(long.contains("a.log bytes 10..3000011: the line is longer than line.max.bytes=100"), "{long}");
        assert!(matches!(&tail.records[2].value.value, Value::Bytes(head) if head.len() == 100));
    }
}

#[test]
fn any_interleaving_of_writing_rotating_and_restarting_gives_every_line_once() {
    use proptest::prelude::*;
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Write(usize),
        Poll,
        Rotate,
        Restart,
    }
    let step = prop_oneof![
        4 => (1usize..6).prop_map(Step::Write),
        4 => Just(Step::Poll),
        1 => Just(Step::Rotate),
        1 => Just(Step::Restart),
    ];
    proptest!(ProptestConfig::with_cases(64), |(steps in prop::collection::vec(step, 1..40))| {
        let mut tail = Tail::new("a.log", &[("batch.size", "3")]);
        let (mut written, mut rotations) = (0, 0);
        for step in steps {
            match step {
                Step::Write(count) => {
                    tail.append("a.log", numbered(written, written + count));
                    written += count;
                }
                Step::Poll => { tail.step(); }
                // A file of which nothing was ever read cannot be told from others; logs are not rotated while empty.
                Step::Rotate if Path::new(&tail.path("a.log")).exists() && !tail.stored.is_empty() => {
                    rotations += 1;
                    let aged = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000 + rotations);
                    fs::File::options().append(true).open(tail.path("a.log")).unwrap().set_modified(aged).unwrap();
                    let to = format!("a.log.2026-01-01-{rotations:03}");
                    tail.rename("a.log", &to);
                }
                Step::Rotate => {}
                Step::Restart => tail.restart(),
            }
        }
        let mut found: Vec<String> = tail.records.drain(..).map(|record| text(&record)).collect();
        found.extend(tail.lines());
        prop_assert_eq!(found, expect(0, written));
    });
}
