//! The engine: opens the catalog, resumes what ran, executes statements, stops.

use crate::catalog::{CatalogState, CatalogStore};
use crate::queries::{Queries, QueryStatus};
use crate::tables::TableAccess;
use crate::{ConnectorDefinition, ConnectorHost, EngineOptions, Error, Result, StatementResult, statements};
use log_client::Log;
use log_env::Env;
use log_model::Timestamp;
use parking_lot::RwLock;
use sql_planner::{ConnectorKind, ParsedStatement, Planner, Script, Variables};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// SQL over a log: streams, tables, connectors and queries, remembered in the log itself.
///
/// One engine owns the SQL of a log at a time. Statements that change something run one after the other; queries run beside each other.
///
/// ```
/// use sql_engine::{Engine, EngineOptions, NoConnectors, StatementResult, Variables};
/// use std::sync::Arc;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let log = Arc::new(log_client::memory::MemoryLog::new());
/// let engine = Engine::open(log, log_env::Env::real(), Arc::new(NoConnectors), EngineOptions::new(folder.path())).await?;
/// let script = "CREATE STREAM clicks (page VARCHAR) WITH (topic = 'clicks');
///               CREATE TABLE pages AS SELECT page, count(*) AS clicks FROM clicks GROUP BY page;
///               INSERT INTO clicks VALUES ('a'), ('b'), ('a');";
/// engine.run_script(script, &Variables::new()).await?;
/// engine.wait_idle().await?;
/// let results = engine.run_script("SELECT page FROM pages WHERE clicks = 2", &Variables::new()).await?;
/// let Some(StatementResult::Rows(rows)) = results.into_iter().last() else { panic!("a SELECT gives rows") };
/// assert_eq!(rows.collect().await?[0].num_rows(), 1);
/// engine.stop().await?;
/// # Ok(())
/// # }
/// ```
pub struct Engine {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) env: Env,
    pub(crate) planner: Planner,
    pub(crate) host: Arc<dyn ConnectorHost>,
    pub(crate) tables: TableAccess,
    pub(crate) queries: Queries,
    /// Held while a statement changes something.
    pub(crate) store: Mutex<CatalogStore>,
    /// Why connectors of the catalog do not run, by name.
    pub(crate) not_resumed: RwLock<BTreeMap<String, String>>,
    state: RwLock<Arc<CatalogState>>,
}

impl Engine {
    /// Reads the catalog and, unless [`EngineOptions::resume`] says otherwise, starts everything in it: see [`Engine::resume`].
    ///
    /// Errors: the log fails, or the catalog was written by a newer version.
    pub async fn open(log: Arc<dyn Log>, env: Env, host: Arc<dyn ConnectorHost>, options: EngineOptions) -> Result<Engine> {
        let planner = Planner::new();
        let (store, state) = CatalogStore::open(&log).await?;
        let tables = TableAccess::new(&planner, Arc::clone(&log), options.select_memory_bytes)?;
        let resume = options.resume;
        let queries = Queries::new(Arc::clone(&log), env.clone(), options);
        let (store, state, not_resumed) = (Mutex::new(store), RwLock::new(Arc::new(state)), RwLock::default());
        let engine = Engine { log, env, planner, host, tables, queries, store, not_resumed, state };
        if resume {
            engine.resume().await;
        }
        Ok(engine)
    }

    /// Starts what the catalog has and does not run: queries continue where they committed last, connectors where their host remembers.
    ///
    /// What does not start is listed as failed, with the reason, in SHOW QUERIES and SHOW CONNECTORS; the others run.
    pub async fn resume(&self) {
        let _store = self.store.lock().await;
        let catalog = self.catalog();
        for relation in catalog.queries_in_order() {
            if self.queries.is_known(&relation.name) {
                continue;
            }
            let entry = &catalog.relations[&relation.name];
            let plan = self.planner.plan_again(&relation, catalog.as_ref()).map_err(Error::from);
            let started = match plan {
                Ok(plan) => self.queries.start(entry, &plan, &self.planner).await,
                Err(error) => Err(error),
            };
            if let Err(error) = started {
                tracing::error!(query = %relation.name, %error, "query not resumed");
                self.queries.set_failed(&relation.name, error.to_string());
            }
        }
        for definition in catalog.connectors.values() {
            let created = self.host.create(definition).await;
            let mut not_resumed = self.not_resumed.write();
            match created {
                Ok(()) => drop(not_resumed.remove(&definition.name)),
                Err(error) => {
                    tracing::error!(connector = %definition.name, %error, "connector not resumed");
                    not_resumed.insert(definition.name.clone(), error.to_string());
                }
            }
        }
    }

    /// Fills the variables of a script and parses it, without executing anything: its statements are then executed one after the other by
    /// [`Engine::execute`], so that the answer to each can be shown before the next begins.
    ///
    /// Errors: a variable without a value, a value for a variable that the script does not have, a syntax error anywhere in it.
    ///
    /// ```
    /// # use sql_engine::{Engine, EngineOptions, NoConnectors, StatementResult, Variables};
    /// # use std::sync::Arc;
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let log = Arc::new(log_client::memory::MemoryLog::new());
    /// # let engine = Engine::open(log, log_env::Env::real(), Arc::new(NoConnectors), EngineOptions::new(folder.path())).await?;
    /// let script = engine.parse("SELECT 1; SELECT nothing", &Variables::new())?;
    /// let mut answers = Vec::new();
    /// for statement in script.statements() {
    ///     match engine.execute(statement).await {
    ///         Ok(StatementResult::Rows(rows)) => answers.push(format!("{} rows", rows.collect().await?[0].num_rows())),
    ///         Ok(_) => {}
    ///         Err(error) => answers.push(error.to_string()),
    ///     }
    /// }
    /// assert_eq!(answers, ["1 rows", "column \"nothing\" does not exist (line 1, column 18)"]);
    /// # engine.stop().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn parse(&self, text: &str, variables: &Variables) -> Result<Script> {
        Ok(Script::parse_with(text, variables)?)
    }

    /// Parses a script, fills its variables and executes its statements in order: [`Engine::parse`], then [`Engine::execute`] for each.
    ///
    /// Running the same script again on the same log changes nothing: what exists with the same definition is left running (INSERT statements do
    /// insert again).
    ///
    /// Errors: the first statement that fails; what came before it stays, and its answers are lost.
    pub async fn run_script(&self, text: &str, variables: &Variables) -> Result<Vec<StatementResult>> {
        let script = self.parse(text, variables)?;
        let mut results = Vec::with_capacity(script.statements().len());
        for statement in script.statements() {
            results.push(self.execute(statement).await?);
        }
        Ok(results)
    }

    /// Executes one statement. Errors know their place in the script, also those of rows that are read later.
    pub async fn execute(&self, parsed: &ParsedStatement) -> Result<StatementResult> {
        match statements::execute(self, &parsed.statement).await {
            Ok(StatementResult::Rows(rows)) => Ok(StatementResult::Rows(rows.located(parsed.clone()))),
            Ok(result) => Ok(result),
            Err(error) => Err(error.located(parsed)),
        }
    }

    /// Returns once everything that is there has been processed and committed: first the sources, then the queries, each after those it reads, then the
    /// sinks. Windows that still may take rows stay open.
    ///
    /// Errors: a connector or query has failed.
    pub async fn wait_idle(&self) -> Result<()> {
        self.settle(false).await
    }

    /// Like [`Engine::wait_idle`], and closes all windows on the way, as if time had gone past them: what comes later for them is late.
    pub async fn close_windows(&self) -> Result<()> {
        self.settle(true).await
    }

    async fn settle(&self, close: bool) -> Result<()> {
        let catalog = self.catalog();
        self.connectors_idle(&catalog, ConnectorKind::Source).await?;
        for relation in catalog.queries_in_order() {
            self.queries.wait_idle(&relation.name).await?;
            if close {
                self.queries.close_windows(&relation.name).await?;
            }
        }
        self.connectors_idle(&catalog, ConnectorKind::Sink).await
    }

    async fn connectors_idle(&self, catalog: &CatalogState, kind: ConnectorKind) -> Result<()> {
        for definition in catalog.connectors.values().filter(|definition| definition.kind == kind) {
            let ConnectorDefinition { name, .. } = definition;
            self.host.wait_idle(name).await.map_err(|error| Error::Connector { name: name.clone(), error })?;
        }
        Ok(())
    }

    /// How each running query is doing, in the order of their dependencies.
    pub fn queries(&self) -> Vec<QueryStatus> {
        self.catalog().queries_in_order().iter().map(|relation| self.queries.status(&relation.name)).collect()
    }

    /// How each connector is doing.
    pub async fn connectors(&self) -> Vec<crate::ConnectorStatus> {
        self.host.list().await
    }

    /// Names of relations, connectors and functions, for completion.
    pub fn names(&self) -> Vec<String> {
        let catalog = self.catalog();
        let relations = catalog.relations.values().flat_map(|entry| {
            std::iter::once(entry.relation.name.clone()).chain(entry.relation.columns.iter().map(|column| column.name.clone()))
        });
        let mut names: Vec<String> =
            relations.chain(catalog.connectors.keys().cloned()).chain(self.planner.function_names().iter().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Stops all connectors, then commits and stops all queries. The catalog stays; opening it again resumes everything. A query that had failed before is
    /// no error here: SHOW QUERIES, [`Engine::queries`] and [`Engine::wait_idle`] tell.
    pub async fn stop(&self) -> Result<()> {
        self.host.stop().await;
        self.queries.stop_all().await;
        Ok(())
    }

    pub(crate) fn catalog(&self) -> Arc<CatalogState> {
        Arc::clone(&self.state.read())
    }

    /// Changes the catalog in memory, after the change is durable.
    pub(crate) fn change(&self, change: impl FnOnce(&mut CatalogState)) {
        let mut guard = self.state.write();
        let mut state = CatalogState::clone(&guard);
        change(&mut state);
        *guard = Arc::new(state);
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.env.clock.wall_ms())
    }
}
