//! Tests of the whole engine on the memory log.

mod access_log;
mod catalog;
mod connectors;
mod differential;
mod event_time;
mod flow;
mod inserting;
mod mistakes;
mod reading;
mod running;

use crate::{
    ConnectorDefinition, ConnectorHost, ConnectorStatus, Engine, EngineOptions, RecordBatch, StateStores, StatementResult, Variables,
};
use arrow::util::pretty::pretty_format_batches;
use async_trait::async_trait;
use log_client::memory::MemoryLog;
use log_client::{Log, ProducerOptions};
use log_env::Env;
use log_model::{CompressionType, Timestamp, TopicName};
use log_record::{BatchBuilder, Record};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A log, a state directory and a host that outlive engines.
pub(crate) struct World {
    pub(crate) log: Arc<dyn Log>,
    state: TempDir,
    stores: StateStores,
    host: Arc<Host>,
}

/// No wait of a test takes longer, unless it never ends.
const PATIENCE: Duration = Duration::from_secs(180);

/// The outcome of `work`; fails with `what` if it does not come.
async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        () = Env::real().clock.sleep(PATIENCE) => panic!("{what} does not end"),
    }
}

async fn wait_idle(engine: &Engine) {
    for query in engine.queries() {
        in_time(&query.name, engine.queries.wait_idle(&query.name)).await.unwrap();
    }
    in_time("waiting for idleness", engine.wait_idle()).await.unwrap();
}

async fn close_windows(engine: &Engine) {
    in_time("closing windows", engine.close_windows()).await.unwrap();
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
        if definition.options.get("connector.class").is_some_and(|class| class == "Broken")
            && self.calls.lock().iter().any(|call| call == "stop")
        {
            return Err(connect_api::Error::failed("its file is gone"));
        }
        self.calls.lock().push(format!("create {} {}", definition.kind, definition.name));
        Ok(())
    }

    fn missing_delete_option(&self, definition: &ConnectorDefinition) -> Option<&'static str> {
        let fails = definition.options["connector.class"] == "Files" && !definition.options.contains_key("on.null");
        fails.then_some("on.null")
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
        let host = Arc::new(Host::default());
        World { log: Arc::new(MemoryLog::new()), state: TempDir::new().unwrap(), stores: StateStores::Memory, host }
    }

    fn on_disk() -> World {
        World { stores: StateStores::Disk, ..World::new() }
    }

    fn options(&self) -> EngineOptions {
        let mut options = EngineOptions::new(self.state.path());
        options.commit_interval_ms = 5;
        options.stores = self.stores;
        options
    }

    pub(crate) async fn engine(&self) -> Engine {
        self.open(self.options()).await
    }

    async fn open(&self, options: EngineOptions) -> Engine {
        let host: Arc<dyn ConnectorHost> = Arc::clone(&self.host) as _;
        Engine::open(Arc::clone(&self.log), Env::real(), host, options).await.unwrap()
    }

    /// The records of a partition, as values and headers.
    async fn records(&self, topic: &str) -> Vec<(String, Vec<(String, String)>)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut found = Vec::new();
        let mut records = crate::topics::Records::open(&self.log, &TopicName::new(topic).unwrap().partition(0)).await.unwrap();
        while let Some(batch) = records.next().await.unwrap() {
            for record in batch {
                let header = |header: &log_record::Header| (text(&header.key), text(header.value.as_deref().unwrap_or_default()));
                found.push((text(record.value.as_deref().unwrap_or_default()), record.headers.iter().map(header).collect()));
            }
        }
        found
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
            Some(StatementResult::Rows(rows)) => match in_time(sql, rows.collect()).await {
                Ok(batches) => table(&batches),
                Err(error) => error.report(),
            },
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
