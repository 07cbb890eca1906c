//! A DataFusion session over a snapshot of the catalog, for one batch query.

use super::schema::Tables;
use super::{pseudo, wildcard};
use crate::catalog::CatalogState;
use crate::{Error, Result, Rows};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, SchemaProvider};
use datafusion::common::DataFusionError;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::displayable;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use log_client::Log;
use sql_planner::{BatchQuery, Planner};
use std::sync::Arc;

/// What batch queries run on. Holds DataFusion's runtime, with the memory that they share, across queries.
pub(crate) struct TableAccess {
    base: SessionContext,
    log: Arc<dyn Log>,
}

/// One query's view.
pub(crate) struct Session {
    context: SessionContext,
    catalog: Arc<CatalogState>,
}

impl TableAccess {
    pub(crate) fn new(planner: &Planner, log: Arc<dyn Log>, memory_bytes: usize) -> Result<TableAccess> {
        let pool = FairSpillPool::new(memory_bytes);
        let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc().map_err(|error| execution(&error))?;
        let base = SessionContext::new_with_config_rt(Planner::session_config(), runtime);
        for function in planner.functions() {
            base.register_udf(function.as_ref().clone());
        }
        Ok(TableAccess { base, log })
    }

    /// A session that sees `catalog` and the log's topics as they are now. In the query, `*` becomes the declared columns.
    pub(crate) async fn session(&self, catalog: Arc<CatalogState>, query: &mut BatchQuery) -> Result<Session> {
        let topics = self.log.admin().list_topics().await?.into_iter().map(|topic| topic.as_str().to_string()).collect();
        let tables = Tables {
            log: Arc::clone(&self.log),
            catalog: Arc::clone(&catalog),
            topics,
            pseudo_columns: pseudo::are_named(&query.statement),
        };
        if tables.pseudo_columns {
            wildcard::hide_pseudo_columns(&mut query.statement, |name| tables.table_exist(name));
        }
        let provider = MemoryCatalogProvider::new();
        provider.register_schema("public", Arc::new(tables)).map_err(|error| execution(&error))?;
        let context = SessionContext::new_with_state(self.base.state());
        let lists = datafusion::catalog::MemoryCatalogProviderList::new();
        datafusion::catalog::CatalogProviderList::register_catalog(&lists, "datafusion".to_string(), Arc::new(provider));
        context.register_catalog_list(Arc::new(lists));
        Ok(Session { context, catalog })
    }
}

impl Session {
    /// Plans and starts the query; rows come as they are read.
    pub(crate) async fn run(&self, query: BatchQuery, planner: &Planner) -> Result<Rows> {
        let explain = |error: DataFusionError| self.explained(&error, &query, planner);
        let plan = self.context.state().statement_to_plan(query.statement.clone()).await.map_err(explain)?;
        let frame = self.context.execute_logical_plan(plan).await.map_err(explain)?;
        let stream = frame.execute_stream().await.map_err(explain)?;
        let schema = stream.schema();
        let explainer = planner.explainer(&query);
        let failed = move |error: DataFusionError| match ours(&error) {
            Some(reason) => Error::Execution { reason },
            None => Error::Statement(explainer.explain(&error)),
        };
        Ok(Rows { schema, continuous: false, batches: Box::pin(stream.map(move |batch| batch.map_err(&failed))) })
    }

    /// The query's plans in DataFusion's words: what is computed, and how.
    pub(crate) async fn explain(&self, query: BatchQuery, planner: &Planner) -> Result<String> {
        let explain = |error: DataFusionError| self.explained(&error, &query, planner);
        let state = self.context.state();
        let plan = state.statement_to_plan(query.statement.clone()).await.map_err(explain)?;
        let optimized = state.optimize(&plan).map_err(explain)?;
        let physical = state.create_physical_plan(&plan).await.map_err(explain)?;
        let physical = displayable(physical.as_ref()).indent(false).to_string();
        Ok(format!("{}\n\nPhysical plan:\n{}", optimized.display_indent(), physical.trim_end()))
    }

    fn explained(&self, error: &DataFusionError, query: &BatchQuery, planner: &Planner) -> Error {
        Error::Statement(planner.explain_error(error, query, self.catalog.as_ref()))
    }
}

/// The words of an error that is ours: of the log or a format, not about the statement.
fn ours(error: &DataFusionError) -> Option<String> {
    match error.find_root() {
        DataFusionError::External(inner) if inner.downcast_ref::<sql_planner::Error>().is_none() => Some(inner.to_string()),
        _ => None,
    }
}

/// An error of DataFusion that is not about a statement.
pub(crate) fn execution(error: &DataFusionError) -> Error {
    Error::Execution { reason: ours(error).unwrap_or_else(|| error.find_root().strip_backtrace()) }
}
