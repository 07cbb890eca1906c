//! A relation as the source of a query.

use super::super::context::RelationSource;
use super::Settings;
use super::projection::project_traits;
use crate::error::{Error, Result};
use crate::plan::{Node, NodeKind, Project, Scan, Traits};
use datafusion::common::DFSchema;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};
use std::sync::Arc;

pub(super) fn convert(plan: &LogicalPlan, _settings: Settings) -> Option<Result<Node>> {
    let LogicalPlan::TableScan(scan) = plan else { return None };
    Some(convert_scan(scan))
}

fn convert_scan(scan: &TableScan) -> Result<Node> {
    let Some(source) = scan.source.downcast_ref::<RelationSource>() else {
        return Err(Error::invalid(format!("\"{}\" cannot be read by a continuous query", scan.table_name)).with_hint("use a batch SELECT"));
    };
    let relation = &source.relation;
    let table_schema = relation.schema();
    let mut projection = scan.projection.clone().unwrap_or_else(|| (0..table_schema.fields().len()).collect());
    let selected = projection.len();
    let needed =
        relation.watermark.iter().map(|watermark| &watermark.column).chain(if relation.append_only { &[][..] } else { &relation.key });
    for index in needed.filter_map(|name| relation.column_index(name)) {
        if !projection.contains(&index) {
            projection.push(index);
        }
    }
    let fields = projection.iter().map(|index| (Some(scan.table_name.clone()), Arc::new(table_schema.field(*index).clone())));
    let schema =
        DFSchema::new_with_metadata(fields.collect(), Default::default()).map_err(|error| Error::invalid(error.strip_backtrace()))?;
    let place = |name: &String| projection.iter().position(|index| table_schema.field(*index).name() == name);
    let traits = Traits {
        append_only: relation.append_only,
        unique_key: if relation.query.is_none() && relation.append_only { None } else { unique_key(relation, place) },
        watermark: relation.watermark.iter().filter_map(|watermark| place(&watermark.column)).collect(),
    };
    let node = Scan {
        relation: relation.name.clone(),
        topic: relation.topic.clone(),
        table_schema: Arc::clone(&table_schema),
        projection,
        format: relation.format.clone(),
        key: relation.key.clone(),
        dead_letter: relation.dead_letter.clone(),
        watermark: relation.watermark.clone(),
        waited_for: false,
        append_only: relation.append_only,
    };
    let node = Node { kind: NodeKind::Scan(node), schema: Arc::new(schema), traits, inputs: Vec::new() };
    if node.schema.fields().len() == selected {
        return Ok(node);
    }
    // Event time and keys are read for our own sake: nothing above knows of these columns.
    let expressions: Vec<Expr> = node.schema.columns().into_iter().take(selected).map(Expr::Column).collect();
    let traits = project_traits(&node.traits, &expressions, &node.schema);
    Ok(Node::over(node, NodeKind::Project(Project { expressions }), Arc::clone(&scan.projected_schema), traits))
}

/// A table's key; a stream's `key` option only places records and promises nothing.
fn unique_key(relation: &crate::relation::Relation, place: impl Fn(&String) -> Option<usize>) -> Option<Vec<usize>> {
    match relation.kind {
        crate::statement::RelationKind::Table => relation.key.iter().map(place).collect(),
        crate::statement::RelationKind::Stream => None,
    }
}
