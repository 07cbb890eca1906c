//! Tests of the whole engine on the memory log.

mod access_log;
mod catalog;
mod differential;
mod reading;

use crate::{ConnectorDefinition, ConnectorHost, ConnectorStatus, Engine, EngineOptions, RecordBatch, StatementResult, Variables};
use arrow::util::pretty::pretty_format_batches;
use async_trait::async_trait;
use log_client::memory::MemoryLog;
use log_client::{Log, ProducerOptions};
use log_env::Env;
use log_model::{CompressionType, Timestamp, TopicName};
use log_record::{BatchBuilder, Record};
use parking_lot::Mutex;
use std::sync::Arc;
use tempfile::TempDir;

/// A log, a state directory and a host that outlive engines.
pub(crate) struct World {
    pub(crate) log: Arc<dyn Log>,
    state: TempDir,
    host: Arc<Host>,
}

/// Remembers what it was asked.
#[derive(Default)]
struct Host {
    calls: Mutex<Vec<String>>,
}

#[async_trait]
impl ConnectorHost for Host {
    async fn create(&self, definition: &ConnectorDefinition) -> connect_api::Result<()> {
        if let Some(bad) = definition.options.get("fiel") {
            let unknown = connect_api::ConfigError::Unknown { name: "fiel".to_string(), nearest: Some("file".to_string()) };
            assert!(!bad.is_empty());
            return Err(connect_api::Error::Config(vec![unknown]));
        }
        self.calls.lock().push(format!("create {} {}", definition.kind, definition.name));
        Ok(())
    }

    async fn drop_connector(&self, name: &str) -> connect_api::Result<()> {
        self.calls.lock().push(format!("drop {name}"));
        Ok(())
    }

    async fn list(&self) -> Vec<ConnectorStatus> {
        Vec::new()
    }

    async fn wait_idle(&self, name: &str) -> connect_api::Result<()> {
        self.calls.lock().push(format!("idle {name}"));
        Ok(())
    }

    async fn stop(&self) {
        self.calls.lock().push("stop".to_string());
    }
}

impl World {
    pub(crate) fn new() -> World {
        World { log: Arc::new(MemoryLog::new()), state: TempDir::new().unwrap(), host: Arc::new(Host::default()) }
    }

    pub(crate) async fn engine(&self) -> Engine {
        let mut options = EngineOptions::new(self.state.path());
        options.commit_interval_ms = 5;
        let host: Arc<dyn ConnectorHost> = Arc::clone(&self.host) as _;
        Engine::open(Arc::clone(&self.log), Env::real(), host, options).await.unwrap()
    }

    /// Appends values without keys to partition 0.
    async fn produce(&self, topic: &str, values: &[&str]) {
        let producer = self.log.producer(ProducerOptions::default()).await.unwrap();
        let mut builder = BatchBuilder::new(CompressionType::None);
        for value in values {
            builder.append(&Record::new(Timestamp(1_000), None, Some(value.as_bytes().to_vec().into()))).unwrap();
        }
        let partition = TopicName::new(topic).unwrap().partition(0);
        producer.send(&partition, builder.build()).await.unwrap().await.unwrap();
    }
}

/// Executes a script; the last statement's answer as text, or the error's report.
pub(crate) async fn run(engine: &Engine, sql: &str) -> String {
    match engine.run_script(sql, &Variables::new()).await {
        Err(error) => error.report(),
        Ok(mut results) => match results.pop() {
            None => String::new(),
            Some(StatementResult::Done(message)) => message,
            Some(StatementResult::Text(text)) => text,
            Some(StatementResult::Rows(rows)) => table(&rows.collect().await.unwrap()),
        },
    }
}

fn table(batches: &[RecordBatch]) -> String {
    pretty_format_batches(batches).unwrap().to_string()
}

/// The rows of a query as sorted lines, for comparing results that have no order.
async fn sorted(engine: &Engine, sql: &str) -> Vec<String> {
    let text = run(engine, sql).await;
    let mut lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.retain(|line| !line.starts_with('+'));
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_and_its_work_may_move_between_threads() {
    fn shared<T: Send + Sync>(value: T) -> T {
        value
    }
    fn moved<F: Future + Send>(work: F) -> F {
        work
    }
    let engine = shared(World::new().engine().await);
    let variables = Variables::new();
    moved(engine.run_script("SHOW STREAMS", &variables)).await.unwrap();
    moved(engine.close_windows()).await.unwrap();
    moved(engine.stop()).await.unwrap();
}
