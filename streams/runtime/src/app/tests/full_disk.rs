//! A disk that has no room for state: the application waits, goes on once there is room, and nothing is lost or doubled.
//!
//! The state lies on a small file system of the test's own.

use super::{check_counts, options, simulate, start, word_count};
use crate::StreamsOptions;
use crate::testing::{create, produce, rows};
use crate::topology::StoreKind;
use futures::future::{Either, select};
use log_client::Log;
use log_client::memory::MemoryLog;
use log_testkit::small_disk;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Fills what is left of a file system.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("ballast");
    fill_rest(&path);
    path
}

fn fill_rest(ballast: &Path) {
    let mut ballast = File::options().create(true).append(true).open(ballast).unwrap();
    while ballast.write_all(&[1; 4096]).is_ok() {}
}

#[test]
fn an_application_whose_state_finds_no_room_waits_until_there_is_some() {
    let Some(disk) = small_disk("app::tests::full_disk::an_application_whose_state_finds_no_room_waits_until_there_is_some", "64m") else {
        return;
    };
    simulate(1, |env| async move {
        let log: Arc<dyn Log> = Arc::new(MemoryLog::new());
        create(log.as_ref(), &[("text", 1), ("out", 1)]).await;
        let mut lines = Vec::new();
        let app = start(word_count(StoreKind::Rocks), &log, &env, StreamsOptions { threads: 1, ..options(&disk.join("state")) }).await;
        let mut count = async |line: &str| {
            produce(log.as_ref(), "text", 0, &[(None, line, lines.len() as i64)], 1).await;
            lines.push(line.to_string());
        };
        count("a b").await;
        app.wait_idle().await.unwrap();
        let ballast = fill(&disk);
        // After an hour the store is made durable, for which there is no room. The store is opened anew, which frees what it held, and goes on.
        env.clock.sleep(Duration::from_secs(3700)).await;
        assert_eq!(app.metrics().restored, 0);
        count("a c").await;
        app.wait_idle().await.unwrap();
        assert!(app.metrics().restored > 0, "it found room for its state where there is none");
        fs::remove_file(&ballast).unwrap();

        // A stop is one although there is no room: the log has everything.
        count("a d").await;
        app.wait_idle().await.unwrap();
        let ballast = fill(&disk);
        app.stop().await.unwrap();
        fill_rest(&ballast);
        let options = options(&disk.join("state"));
        let app = start(word_count(StoreKind::Rocks), &log, &env, options.clone()).await;
        match select(pin!(app.wait_idle()), env.clock.sleep(Duration::from_secs(600))).await {
            Either::Left((ended, _)) => panic!("it does not wait for room: {ended:?}"),
            Either::Right(_) => assert!(app.failed().is_none(), "{:?}", app.failed()),
        }
        fs::remove_file(&ballast).unwrap();
        count("e").await;
        app.wait_idle().await.unwrap();
        check_counts(&rows(log.as_ref(), "out").await, &lines);
        app.stop().await.unwrap();
    });
}
