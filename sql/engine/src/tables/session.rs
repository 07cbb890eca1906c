//! A DataFusion session over a snapshot of the catalog, for one batch query.

use super::pseudo;
use super::schema::Tables;
use crate::catalog::CatalogState;
use crate::{Error, Result, Rows};
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider};
use datafusion::common::DataFusionError;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use log_client::Log;
use sql_planner::{BatchQuery, Planner};
use std::sync::Arc;

/// What batch queries run on. Holds DataFusion's runtime (memory and its limit) across queries.
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
    pub(crate) fn new(planner: &Planner, log: Arc<dyn Log>) -> TableAccess {
        let base = SessionContext::new_with_config(Planner::session_config());
        for function in planner.functions() {
            base.register_udf(function.as_ref().clone());
        }
        TableAccess { base, log }
    }

    /// A session that sees `catalog` and the log's topics as they are now.
    pub(crate) async fn session(&self, catalog: Arc<CatalogState>, query: &BatchQuery) -> Result<Session> {
        let topics = self.log.admin().list_topics().await?.into_iter().map(|topic| topic.as_str().to_string()).collect();
        let tables = Tables {
            log: Arc::clone(&self.log),
            catalog: Arc::clone(&catalog),
            topics,
            pseudo_columns: pseudo::are_named(&query.statement),
        };
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
        let explain = |error: DataFusionError| Error::Statement(planner.explain_error(&error, self.catalog.as_ref()));
        let plan = self.context.state().statement_to_plan(query.statement).await.map_err(explain)?;
        let frame = self.context.execute_logical_plan(plan).await.map_err(explain)?;
        let stream = frame.execute_stream().await.map_err(explain)?;
        let schema = stream.schema();
        Ok(Rows { schema, continuous: false, batches: Box::pin(stream.map(|batch| batch.map_err(|error| execution(&error)))) })
    }

    /// The query's plan in DataFusion's words.
    pub(crate) async fn explain(&self, query: BatchQuery, planner: &Planner) -> Result<String> {
        let explain = |error: DataFusionError| Error::Statement(planner.explain_error(&error, self.catalog.as_ref()));
        let plan = self.context.state().statement_to_plan(query.statement).await.map_err(explain)?;
        let optimized = self.context.state().optimize(&plan).map_err(explain)?;
        Ok(optimized.display_indent().to_string())
    }
}

/// An error of a running query: ours if it is, else DataFusion's words.
pub(crate) fn execution(error: &DataFusionError) -> Error {
    match error.find_root() {
        DataFusionError::External(inner) => Error::Execution { reason: inner.to_string() },
        root => Error::Execution { reason: root.strip_backtrace() },
    }
}
