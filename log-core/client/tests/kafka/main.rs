//! The contract suite, and what differs from it, against a real cluster at `HEADWATER_KAFKA_BOOTSTRAP` (`host:port`). Without it every test says so and passes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod differences;
mod patient;
mod renamed;

use log_client::Log;
use log_client::contract::{LOCAL_ONLY, Run};
use log_client::kafka::{KafkaLog, KafkaOptions};
use patient::Patient;
use renamed::Renamed;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

const BOOTSTRAP: &str = "HEADWATER_KAFKA_BOOTSTRAP";

/// Says something past the test harness, which shows what a passing test prints to nobody.
fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}

/// A prefix no other test and no other run has.
#[allow(clippy::disallowed_methods, reason = "runs against one cluster are told apart by when they began")]
fn prefix() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
    format!("contract-{now}-{}-{}-", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Runs `test` with a log of its own, if there is a cluster.
fn with_log<T: Future<Output = ()>>(name: &str, test: impl FnOnce(Arc<dyn Log>) -> T) {
    let Ok(bootstrap) = std::env::var(BOOTSTRAP) else {
        say(&format!("skipped: {name} needs a Kafka cluster; set {BOOTSTRAP}=host:port"));
        return;
    };
    let properties = [("heartbeat.interval.ms", "200"), ("topic.metadata.refresh.interval.ms", "300"), ("session.timeout.ms", "6000")];
    let options = KafkaOptions { properties: properties.map(|(name, value)| (name.to_string(), value.to_string())).into() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let log = KafkaLog::connect(&bootstrap, options).await.unwrap();
        test(Arc::new(Renamed::new(Arc::new(log), &prefix()))).await;
    });
}

fn run(name: &str, case: Run) {
    match LOCAL_ONLY.iter().find(|(local, _)| *local == name) {
        Some((_, reason)) => say(&format!("not of a cluster: {name}: {reason}")),
        None => with_log(name, |log| case(Arc::new(Patient(log)))),
    }
}

log_client::log_contract!(named run);
