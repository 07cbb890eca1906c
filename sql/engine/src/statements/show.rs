//! `SHOW …`: one function a list.

use super::table::texts;
use crate::{Engine, Result, Rows, StatementResult};
use sql_planner::{RelationKind, Show};

pub(super) async fn execute(engine: &Engine, show: Show) -> Result<StatementResult> {
    Ok(StatementResult::Rows(match show {
        Show::Streams => relations(engine, RelationKind::Stream),
        Show::Tables => relations(engine, RelationKind::Table),
        Show::Topics => topics(engine).await?,
        Show::Connectors => connectors(engine).await,
        Show::Queries => queries(engine),
    }))
}

fn relations(engine: &Engine, kind: RelationKind) -> Rows {
    let catalog = engine.catalog();
    let rows = catalog.relations.values().map(|entry| &entry.relation).filter(|relation| relation.kind == kind).map(|relation| {
        let query = if relation.query.is_some() { "yes" } else { "no" };
        let format = relation.format.format.name();
        vec![relation.name.clone(), relation.topic.clone(), format.to_string(), relation.key.join(", "), query.to_string()]
    });
    texts(&["name", "topic", "format", "key", "query"], rows.collect())
}

async fn topics(engine: &Engine) -> Result<Rows> {
    let admin = engine.log.admin();
    let mut rows = Vec::new();
    for topic in admin.list_topics().await? {
        if log_model::is_internal_topic(topic.as_str()) {
            continue;
        }
        let description = match admin.describe_topic(&topic).await {
            Err(log_client::Error::UnknownTopic { .. }) => continue,
            description => description?,
        };
        let records: i64 = description.partitions.iter().map(|partition| partition.high_watermark - partition.log_start).sum();
        let bytes: u64 = description.partitions.iter().map(|partition| partition.size_bytes).sum();
        rows.push(vec![topic.to_string(), description.partitions.len().to_string(), records.to_string(), bytes.to_string()]);
    }
    Ok(texts(&["name", "partitions", "offsets", "bytes"], rows))
}

async fn connectors(engine: &Engine) -> Rows {
    let catalog = engine.catalog();
    let statuses = engine.host.list().await;
    let rows = catalog.connectors.values().map(|definition| {
        let class = definition.options.get("connector.class").cloned().unwrap_or_default();
        let status = statuses.iter().find(|status| status.name == definition.name);
        let state = status.map_or("UNASSIGNED".to_string(), |status| status.state.clone());
        let records = status.map_or(0, |status| status.record_count).to_string();
        let error = status.and_then(|status| status.error.clone()).unwrap_or_default();
        vec![definition.name.clone(), definition.kind.to_string(), class, state, records, error]
    });
    texts(&["name", "kind", "class", "state", "records", "error"], rows.collect())
}

fn queries(engine: &Engine) -> Rows {
    let rows = engine.queries().into_iter().map(|status| {
        let error = status.error.clone().unwrap_or_default();
        let state = if status.error.is_some() { "failed" } else { "running" };
        vec![
            status.name,
            state.to_string(),
            status.rows_in.to_string(),
            status.rows_out.to_string(),
            status.lag.to_string(),
            status.state_bytes.to_string(),
            error,
        ]
    });
    texts(&["fills", "state", "rows_in", "rows_out", "lag", "state_bytes", "error"], rows.collect())
}
