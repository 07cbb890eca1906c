//! A stream or table of the catalog.

use crate::plan::{EmitMode, FormatSpec, Watermark};
use crate::statement::RelationKind;
use crate::types::SqlType;
use arrow::datatypes::{Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A relation, complete: two statements that mean the same give equal relations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Its name.
    pub name: String,
    /// Stream or table.
    pub kind: RelationKind,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// The topic that holds its records.
    pub topic: String,
    /// How many partitions the topic gets if it does not exist yet.
    pub partition_count: i32,
    /// How records become rows.
    pub format: FormatSpec,
    /// Event time.
    pub watermark: Option<Watermark>,
    /// The topic for records that do not decode.
    pub dead_letter: Option<String>,
    /// Columns whose values make the records' keys.
    pub key: Vec<String>,
    /// Rows are only ever added: true of streams and of tables that hold final rows.
    pub append_only: bool,
    /// Topic configuration, by Kafka's keys.
    pub topic_config: BTreeMap<String, String>,
    /// The query that fills it.
    pub query: Option<QueryDefinition>,
}

/// A column of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: SqlType,
    /// Whether it may be null.
    pub nullable: bool,
}

/// The query behind a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryDefinition {
    /// In canonical form, without `EMIT`.
    pub sql: String,
    /// When it puts out results.
    pub emit: EmitMode,
    /// How long after its end a window still takes rows.
    pub grace_ms: i64,
    /// The relations it reads.
    pub reads: Vec<String>,
}

/// The relations a statement may name.
pub trait Relations {
    /// The relation of this name.
    fn relation(&self, name: &str) -> Option<Arc<Relation>>;

    /// All names, sorted.
    fn names(&self) -> Vec<String>;
}

impl Relations for BTreeMap<String, Arc<Relation>> {
    fn relation(&self, name: &str) -> Option<Arc<Relation>> {
        self.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

impl Relation {
    /// Its columns as an Arrow schema.
    pub fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|column| Field::new(&column.name, column.data_type.arrow(), column.nullable));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The place of a column.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// What another relation of the same name has differently: aspect, this one's, the other's.
    pub fn differences(&self, other: &Relation) -> Vec<(&'static str, String, String)> {
        let (ours, theirs) = (self.aspects(), other.aspects());
        ours.into_iter()
            .zip(theirs)
            .filter(|(ours, theirs)| ours != theirs)
            .map(|((name, ours), (_, theirs))| (name, ours, theirs))
            .collect()
    }

    /// Everything about it, as a user reads it, in the order shown.
    pub fn aspects(&self) -> Vec<(&'static str, String)> {
        let columns = self.columns.iter().map(|column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!("{} {}{null}", column.name, column.data_type)
        });
        let watermark = self.watermark.as_ref().map(|watermark| format!("{} minus {} ms", watermark.column, watermark.delay_ms));
        let config = self.topic_config.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
        let none = || "none".to_string();
        vec![
            ("kind", self.kind.to_string()),
            ("columns", columns.collect::<Vec<_>>().join(", ")),
            ("key", if self.key.is_empty() { none() } else { self.key.join(", ") }),
            ("changes", if self.append_only { "append" } else { "upsert" }.to_string()),
            ("topic", self.topic.clone()),
            ("partitions", self.partition_count.to_string()),
            ("format", self.format.describe()),
            ("watermark", watermark.unwrap_or_else(none)),
            ("dead letters", self.dead_letter.clone().unwrap_or_else(none)),
            ("topic configuration", if config.is_empty() { "default".to_string() } else { config.join(", ") }),
            ("query", self.query.as_ref().map_or_else(none, |query| query.sql.clone())),
            ("emit", self.query.as_ref().map_or_else(none, |query| query.emit.to_string())),
            ("grace", self.query.as_ref().map_or_else(none, |query| format!("{} ms", query.grace_ms))),
        ]
    }
}
