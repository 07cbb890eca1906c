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
    state: RwLock<Arc<CatalogState>>,
}

impl Engine {
    /// Reads the catalog and starts everything in it: queries continue where they committed last, connectors where their host remembers.
    ///
    /// A query or connector that does not start is listed as failed; the others run.
    ///
    /// Errors: the log fails, or the catalog was written by a newer version.
    pub async fn open(log: Arc<dyn Log>, env: Env, host: Arc<dyn ConnectorHost>, options: EngineOptions) -> Result<Engine> {
        let planner = Planner::new();
        let (store, state) = CatalogStore::open(&log).await?;
        let tables = TableAccess::new(&planner, Arc::clone(&log));
        let queries = Queries::new(Arc::clone(&log), env.clone(), options);
        let state = RwLock::new(Arc::new(state));
        let engine = Engine { log, env, planner, host, tables, queries, store: Mutex::new(store), state };
        engine.resume().await;
        Ok(engine)
    }

    async fn resume(&self) {
        let catalog = self.catalog();
        for relation in catalog.queries_in_order() {
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
            if let Err(error) = self.host.create(definition).await {
                tracing::error!(connector = %definition.name, %error, "connector not resumed");
            }
        }
    }

    /// Parses a script, fills its variables and executes its statements in order. Rows of SELECT statements are handed to `each` with the statement.
    ///
    /// Running the same script again on the same log changes nothing: what exists with the same definition is left running (INSERT statements do
    /// insert again).
    ///
    /// Errors: the first statement that fails; what came before it stays.
    pub async fn run_script(&self, text: &str, variables: &Variables) -> Result<Vec<StatementResult>> {
        let script = Script::parse(text, variables)?;
        let mut results = Vec::with_capacity(script.statements().len());
        for statement in script.statements() {
            results.push(self.execute(statement).await?);
        }
        Ok(results)
    }

    /// Executes one statement.
    pub async fn execute(&self, parsed: &ParsedStatement) -> Result<StatementResult> {
        statements::execute(self, &parsed.statement).await.map_err(|error| match error {
            Error::Statement(error) => Error::Statement(parsed.locate(error)),
            other => other,
        })
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

    /// Commits and stops all queries, then all connectors. The catalog stays; opening it again resumes everything.
    pub async fn stop(&self) -> Result<()> {
        self.host.stop().await;
        self.queries.stop_all().await
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
