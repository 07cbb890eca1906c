//! A relation as DataFusion's table: one parallel stream a partition, reading only the columns the query uses.

use super::partition::{Snapshot, TopicStream};
use super::pseudo;
use crate::compile::{decoded_schema, format_spec, relation_kind};
use arrow::datatypes::{Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use log_client::{Log, OffsetSpec};
use log_model::TopicName;
use sql_operators::formats::FormatSpec;
use sql_planner::Relation;
use std::fmt;
use std::sync::Arc;

/// A relation to be read as it is when the query starts.
pub(super) struct RelationTable {
    log: Arc<dyn Log>,
    name: String,
    topic: TopicName,
    format: FormatSpec,
    /// The declared columns.
    declared: SchemaRef,
    /// The declared columns, and the pseudo columns if the query names one.
    schema: SchemaRef,
    /// The key columns of a table whose records replace each other.
    upsert_key: Option<Vec<usize>>,
}

impl RelationTable {
    pub(super) fn new(log: Arc<dyn Log>, relation: &Relation, pseudo_columns: bool) -> Result<RelationTable, crate::Error> {
        let declared = relation.schema();
        let mut fields: Vec<Arc<Field>> = declared.fields().iter().cloned().collect();
        if pseudo_columns {
            fields.extend(pseudo::fields().into_iter().map(Arc::new));
        }
        let upsert_key = (!relation.append_only).then(|| relation.key.iter().filter_map(|name| relation.column_index(name)).collect());
        Ok(RelationTable {
            log,
            name: relation.name.clone(),
            topic: TopicName::new(&relation.topic)?,
            format: format_spec(&relation.format),
            declared,
            schema: Arc::new(Schema::new(fields)),
            upsert_key,
        })
    }

    /// The columns to decode for a projection, as indexes into the declared ones: the projected ones and the key.
    fn decoded(&self, projection: &[usize]) -> Vec<usize> {
        let declared_count = self.declared.fields().len();
        let mut decoded: Vec<usize> = projection.iter().copied().filter(|index| *index < declared_count).collect();
        for key in self.upsert_key.iter().flatten() {
            if !decoded.contains(key) {
                decoded.push(*key);
            }
        }
        decoded
    }
}

impl fmt::Debug for RelationTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelationTable({})", self.name)
    }
}

#[async_trait]
impl TableProvider for RelationTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let output = Arc::new(self.schema.project(&projection)?);
        let decoded = self.decoded(&projection);
        let places = projection.iter().map(|index| match decoded.iter().position(|column| column == index) {
            Some(place) => super::partition::Source::Decoded(place),
            None => super::partition::Source::Pseudo(index - self.declared.fields().len()),
        });
        let key: Vec<usize> = self.upsert_key.iter().flatten().filter_map(|key| decoded.iter().position(|column| column == key)).collect();
        let snapshot = Arc::new(Snapshot {
            log: Arc::clone(&self.log),
            relation: self.name.clone(),
            format: self.format.clone(),
            declared: decoded_schema(&self.declared, self.upsert_key.is_none(), self.upsert_key.as_deref().unwrap_or_default()),
            kind: relation_kind(self.upsert_key.is_none(), key),
            output: Arc::clone(&output),
            sources: places.collect(),
            decoded,
        });
        let external = |error: log_client::Error| DataFusionError::External(Box::new(crate::Error::Log(error)));
        let admin = self.log.admin();
        let partitions = admin.describe_topic(&self.topic).await.map_err(external)?.partitions;
        let mut streams: Vec<Arc<dyn PartitionStream>> = Vec::new();
        for info in partitions {
            let partition = self.topic.partition(info.partition);
            // The end is fixed here for all partitions, so that the query sees one state of the topic.
            let end =
                admin.find_offset(&partition, OffsetSpec::Latest).await.map_err(external)?.map_or(info.last_stable, |found| found.offset);
            streams.push(Arc::new(TopicStream { snapshot: Arc::clone(&snapshot), partition, end }));
        }
        Ok(Arc::new(StreamingTableExec::try_new(output, streams, None, [], false, limit)?))
    }
}
