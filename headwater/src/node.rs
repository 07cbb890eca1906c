//! Everything in one process over one directory: the log, the connect worker, the SQL engine.

use crate::connectors::WorkerHost;
use connect_runtime::{TaskMetrics, Worker, WorkerOptions};
use log_broker::{EmbeddedLog, EmbeddedOptions};
use log_client::Log;
use log_env::Env;
use sql_engine::{Engine, EngineOptions, QueryStatus, StatementResult, Variables};
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

/// How a [`Headwater`] behaves.
#[derive(Clone, Debug)]
pub struct HeadwaterOptions {
    /// Whether the connectors and queries that were created earlier run again. Without it they are only known: nothing is read or written until a
    /// statement asks for it.
    pub resume: bool,
    /// The log's limits and periods.
    pub log: EmbeddedOptions,
    /// The connect worker's.
    pub worker: WorkerOptions,
    /// The SQL engine's; by default its state lies in `state` inside the data directory.
    pub engine: Option<EngineOptions>,
}

impl Default for HeadwaterOptions {
    fn default() -> Self {
        HeadwaterOptions { resume: true, log: EmbeddedOptions::default(), worker: WorkerOptions::default(), engine: None }
    }
}

/// What can go wrong with a [`Headwater`].
#[derive(Debug, Error)]
pub enum Error {
    /// The log.
    #[error(transparent)]
    Log(#[from] log_client::Error),
    /// The connect worker.
    #[error(transparent)]
    Connect(#[from] connect_runtime::Error),
    /// The SQL engine.
    #[error(transparent)]
    Sql(#[from] sql_engine::Error),
}

/// A data directory with everything that runs on it: queries and connectors created earlier resume when it is opened, unless the options say otherwise.
///
/// Opening needs a tokio runtime with timers to be current. [`Headwater::close`] stops in order; after a crash nothing acknowledged is lost and
/// nothing is processed twice.
///
/// ```
/// use headwater::{Headwater, HeadwaterOptions};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let headwater = Headwater::open(folder.path(), HeadwaterOptions::default()).await?;
/// headwater.run_script("CREATE STREAM words (word VARCHAR) WITH (topic = 'words', format = 'json')", &Default::default()).await?;
/// headwater.run_script("INSERT INTO words VALUES ('hello'), ('world')", &Default::default()).await?;
/// headwater.close().await?;
/// # Ok(())
/// # }
/// ```
pub struct Headwater {
    log: Arc<EmbeddedLog>,
    worker: Worker,
    engine: Engine,
}

impl Headwater {
    /// Opens the directory at `path` in the real world, creating it if it does not exist, and resumes what ran if [`HeadwaterOptions::resume`] says so.
    ///
    /// # Errors
    /// As [`EmbeddedLog::open`]; the catalog or the worker's topics cannot be read.
    pub async fn open(path: impl AsRef<Path>, options: HeadwaterOptions) -> Result<Headwater, Error> {
        let path = path.as_ref();
        let env = Env::real();
        let log = Arc::new(EmbeddedLog::open(env.clone(), path, options.log)?);
        let shared: Arc<dyn Log> = log.clone();
        let worker_options = WorkerOptions { resume: options.resume && options.worker.resume, ..options.worker };
        let worker = Worker::start(shared.clone(), env.clone(), connect_plugins::all(), worker_options).await?;
        let engine_options = options.engine.unwrap_or_else(|| EngineOptions::new(path.join("state")));
        let host = Arc::new(WorkerHost { worker: worker.clone() });
        let engine_options = EngineOptions { resume: options.resume && engine_options.resume, ..engine_options };
        let engine = Engine::open(shared, env, host, engine_options).await?;
        Ok(Headwater { log, worker, engine })
    }

    /// The log.
    pub fn log(&self) -> &EmbeddedLog {
        &self.log
    }

    /// The SQL engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The connect worker.
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Executes the statements of a script in order; see [`Engine::run_script`].
    pub async fn run_script(&self, text: &str, variables: &Variables) -> Result<Vec<StatementResult>, Error> {
        Ok(self.engine.run_script(text, variables).await?)
    }

    /// Returns once all input there is has been read, processed, every window closed and every result delivered.
    ///
    /// # Errors
    /// A connector or query has failed, or waits for something that is missing.
    pub async fn finish_input(&self) -> Result<(), Error> {
        Ok(self.engine.close_windows().await?)
    }

    /// How the queries are doing: a cheap snapshot.
    pub fn queries(&self) -> Vec<QueryStatus> {
        self.engine.queries()
    }

    /// How the connectors' tasks are doing: a cheap snapshot.
    pub fn tasks(&self) -> Vec<TaskMetrics> {
        self.worker.metrics()
    }

    /// Stops connectors and queries in order, and closes the log.
    ///
    /// A query that failed while it ran does not fail the closing: [`Headwater::queries`] tells of it. One that cannot commit at the end is logged; it
    /// goes on from its last commit when it is resumed.
    pub async fn close(self) -> Result<(), Error> {
        let failed_before = self.queries().into_iter().any(|query| query.error.is_some());
        if let Err(error) = self.engine.stop().await
            && !failed_before
        {
            tracing::warn!(%error, "a query did not stop in order; it will go on from what it committed last");
        }
        Ok(self.log.close()?)
    }
}
