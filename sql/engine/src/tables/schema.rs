//! The catalog as DataFusion's schema: relations by name, and topics that no relation declares as lines of text.

use super::provider::RelationTable;
use crate::catalog::CatalogState;
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::{DataFusionError, Result};
use log_client::Log;
use sql_planner::plan::{Format, FormatSpec};
use sql_planner::{Column, Relation, RelationKind, Relations, SqlType};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A snapshot of the catalog for one query.
pub(super) struct Tables {
    pub(super) log: Arc<dyn Log>,
    pub(super) catalog: Arc<CatalogState>,
    /// Topics without a relation.
    pub(super) topics: Vec<String>,
    pub(super) pseudo_columns: bool,
}

impl Tables {
    fn relation(&self, name: &str) -> Option<Arc<Relation>> {
        self.catalog.relation(name).or_else(|| self.topics.iter().any(|topic| topic == name).then(|| Arc::new(raw_topic(name))))
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.table_names()).finish()
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        self.catalog.names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(relation) = self.relation(name) else { return Ok(None) };
        let table = RelationTable::new(Arc::clone(&self.log), &relation, self.pseudo_columns)
            .map_err(|error| DataFusionError::External(Box::new(error)))?;
        Ok(Some(Arc::new(table)))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.relation(name).is_some()
    }
}

/// A topic as it is: one column with the value as text.
fn raw_topic(topic: &str) -> Relation {
    Relation {
        name: topic.to_string(),
        kind: RelationKind::Stream,
        columns: vec![Column { name: "value".to_string(), data_type: SqlType::Varchar, nullable: true }],
        topic: topic.to_string(),
        partition_count: 1,
        format: FormatSpec { format: Format::Text, timestamp_format: None, null_text: None },
        watermark: None,
        dead_letter: None,
        key: Vec::new(),
        append_only: true,
        topic_config: BTreeMap::new(),
        query: None,
    }
}
