//! Stores on the disk that are behind, damaged or without room: state is derived, so the application builds it anew and goes on.

use super::{check_counts, options, simulate, start, word_count};
use crate::testing::{create, produce, rows, topic};
use crate::topology::StoreKind;
use log_client::Log;
use log_client::memory::MemoryLog;
use log_model::Offset;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use streams_state::{Backing, MemoryLimit, RocksStore};

async fn log_with_topics() -> Arc<dyn Log> {
    let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
    create(log.as_ref(), &[("text", 1), ("out", 1)]).await;
    log
}

fn store_of(state: &Path) -> PathBuf {
    state.join("app/counts/0/rocksdb")
}

async fn count(log: &Arc<dyn Log>, lines: &mut Vec<String>, more: &[&str]) {
    for line in more {
        produce(log.as_ref(), "text", 0, &[(None, line, lines.len() as i64)], 1).await;
        lines.push(line.to_string());
    }
}

#[test]
fn a_store_as_of_long_ago_is_built_anew_because_the_changelog_has_forgotten_deletions() {
    for (slept_hours, is_built_anew) in [(1, false), (13, true)] {
        let state = tempfile::tempdir().unwrap();
        simulate(1, |env| async move {
            let (log, mut lines) = (log_with_topics().await, Vec::new());
            let app = start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await;
            count(&log, &mut lines, &["a b", "a"]).await;
            app.wait_idle().await.unwrap();
            app.stop().await.unwrap();
            // What a crash leaves: the store as of an old flush. It has a key whose tombstone was compacted away since.
            let identity = log.admin().describe_topic(&topic("app-counts-changelog")).await.unwrap().id.to_string();
            let complete_ms = env.clock.wall_ms();
            let mut store = RocksStore::open(&store_of(state.path()), identity.as_bytes(), &MemoryLimit::process()).unwrap();
            let changelog_offset = store.changelog_offset().unwrap();
            store.write(&mut [(&b"ghost"[..], Some(&7u64.to_be_bytes()[..]))].into_iter(), Offset(changelog_offset.0 - 1)).unwrap();
            store.sync(complete_ms).unwrap();
            drop(store);
            env.clock.sleep(Duration::from_secs(slept_hours * 3600)).await;

            let app = start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await;
            count(&log, &mut lines, &["ghost a"]).await;
            app.wait_idle().await.unwrap();
            let ghosts: Vec<String> = rows(log.as_ref(), "out")
                .await
                .into_iter()
                .filter(|row| row.key.as_deref() == Some("ghost"))
                .map(|row| row.value)
                .collect();
            assert_eq!(ghosts, [if is_built_anew { "1" } else { "8" }], "after {slept_hours} hours");
            let logged = changelog_offset.0 as u64;
            assert_eq!(app.metrics().restored, if is_built_anew { logged } else { 1 });
            app.stop().await.unwrap();
        });
    }
}

#[test]
fn a_store_that_is_written_is_made_durable_every_hour() {
    let state = tempfile::tempdir().unwrap();
    simulate(2, |env| async move {
        let (log, mut lines) = (log_with_topics().await, Vec::new());
        let app = start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await;
        count(&log, &mut lines, &["a b"]).await;
        app.wait_idle().await.unwrap();
        env.clock.sleep(Duration::from_secs(3700)).await;
        let began_ms = env.clock.wall_ms();
        count(&log, &mut lines, &["c"]).await;
        app.wait_idle().await.unwrap();
        // A copy of the files while it runs is what a crash would leave.
        let copy = state.path().join("copy");
        fs::create_dir(&copy).unwrap();
        for entry in fs::read_dir(store_of(state.path())).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
        let identity = log.admin().describe_topic(&topic("app-counts-changelog")).await.unwrap().id.to_string();
        let mut store = RocksStore::open(&copy, identity.as_bytes(), &MemoryLimit::process()).unwrap();
        assert!(store.complete_ms().is_some_and(|complete_ms| complete_ms >= began_ms));
        assert!(store.get(b"c").unwrap().is_some());
        app.stop().await.unwrap();
    });
}

/// The files of a store whose name ends so.
fn files(store: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().contains(ending)).collect()
}

#[test]
fn a_damaged_store_is_built_anew_at_the_start_or_when_it_is_read() {
    let garble = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let (from, to) = (bytes.len() / 4, bytes.len() / 4 * 3);
        bytes[from..to].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(path, bytes).unwrap();
    };
    let cut = |path: &Path| fs::write(path, &fs::read(path).unwrap()[..10]).unwrap();
    let delete = |path: &Path| fs::remove_file(path).unwrap();
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path));
    let damages: [Damage<'_>; 8] = [
        ("MANIFEST", &garble),
        ("MANIFEST", &cut),
        ("MANIFEST", &delete),
        ("CURRENT", &garble),
        ("CURRENT", &delete),
        (".sst", &garble),
        (".sst", &cut),
        (".sst", &delete),
    ];
    for (seed, (ending, damage)) in damages.into_iter().enumerate() {
        let state = tempfile::tempdir().unwrap();
        simulate(seed as u64, |env| async move {
            let (log, mut lines) = (log_with_topics().await, Vec::new());
            let app = start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await;
            let words: Vec<String> = (0..200).map(|word| format!("word{word}")).collect();
            count(&log, &mut lines, &[&words.join(" "), "word1 word2"]).await;
            app.wait_idle().await.unwrap();
            app.stop().await.unwrap();
            let damaged = files(&store_of(state.path()), ending);
            assert!(!damaged.is_empty(), "{ending}");
            damaged.iter().for_each(|path| damage(path));

            let app = start(word_count(StoreKind::Rocks), &log, &env, options(state.path())).await;
            count(&log, &mut lines, &[&words.join(" ")]).await;
            app.wait_idle().await.unwrap_or_else(|error| panic!("case {seed}, {ending}: {error}"));
            check_counts(&rows(log.as_ref(), "out").await, &lines);
            app.stop().await.unwrap();
        });
    }
}
