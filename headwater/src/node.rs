//! Everything in one process over one log: the connect worker, the SQL engine, and the log itself unless a server keeps it.

use crate::connectors::WorkerHost;
use connect_runtime::{TaskMetrics, Worker, WorkerOptions};
use log_broker::{EmbeddedLog, EmbeddedOptions};
use log_client::Log;
use log_env::Env;
use sql_engine::{Engine, EngineOptions, QueryStatus, StatementResult, Variables};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// How a [`Headwater`] behaves.
#[derive(Clone, Debug)]
pub struct HeadwaterOptions {
    /// Whether the connectors and queries that were created earlier run again. Without it they are only known: nothing is read or written until a
    /// statement asks for it.
    pub resume: bool,
    /// The limits and periods of a log that is opened with it.
    pub log: EmbeddedOptions,
    /// The connect worker's.
    pub worker: WorkerOptions,
    /// The SQL engine's; by default its state lies in `state` inside the data directory, or in the directory given with a log that is kept elsewhere.
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

/// A log with everything that runs on it: queries and connectors created earlier resume when it is opened, unless the options say otherwise.
/// The log lies in a data directory that this process opens ([`Headwater::open`]), or is kept by whoever hands it over ([`Headwater::over`]).
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
    log: Arc<dyn Log>,
    /// The same log, if it was opened here and is closed here.
    owned: Option<Arc<EmbeddedLog>>,
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
        let log = Arc::new(EmbeddedLog::open(Env::real(), path, options.log.clone())?);
        let mut headwater = Headwater::over(log.clone(), path.join("state"), options).await?;
        headwater.owned = Some(log);
        Ok(headwater)
    }

    /// Runs on a log that somebody else keeps, a cluster for example, and resumes what ran there if [`HeadwaterOptions::resume`] says so.
    ///
    /// `state_dir` holds the state of running queries. It is derived from the log and may be deleted; two processes cannot share one, and each log needs
    /// one of its own.
    ///
    /// # Errors
    /// The catalog or the worker's topics cannot be read or created.
    ///
    /// ```
    /// use headwater::{Headwater, HeadwaterOptions, log::MemoryLog};
    /// use std::sync::Arc;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let log = Arc::new(MemoryLog::new());
    /// let headwater = Headwater::over(log.clone(), folder.path().join("state"), HeadwaterOptions::default()).await?;
    /// headwater.run_script("CREATE STREAM words (word VARCHAR) WITH (topic = 'words', format = 'json')", &Default::default()).await?;
    /// headwater.close().await?;
    /// // The log goes on without it, and knows the stream.
    /// Headwater::over(log, folder.path().join("state"), HeadwaterOptions::default()).await?.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn over(log: Arc<dyn Log>, state_dir: impl Into<PathBuf>, options: HeadwaterOptions) -> Result<Headwater, Error> {
        let env = Env::real();
        let worker_options = WorkerOptions { resume: options.resume && options.worker.resume, ..options.worker };
        let worker = Worker::start(log.clone(), env.clone(), connect_plugins::all(), worker_options).await?;
        let engine_options = options.engine.unwrap_or_else(|| EngineOptions::new(state_dir));
        let host = Arc::new(WorkerHost { worker: worker.clone() });
        let engine_options = EngineOptions { resume: options.resume && engine_options.resume, ..engine_options };
        let engine = Engine::open(log.clone(), env, host, engine_options).await?;
        Ok(Headwater { log, owned: None, worker, engine })
    }

    /// The log.
    pub fn log(&self) -> &dyn Log {
        self.log.as_ref()
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

    /// Stops connectors and queries in order, and closes the log if it was opened with it.
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
        if let Some(log) = &self.owned {
            log.close()?;
        }
        Ok(())
    }
}
