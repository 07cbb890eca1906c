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
    let not_resumed = engine.not_resumed.read();
    let rows = catalog.connectors.values().map(|definition| {
        let class = definition.options.get("connector.class").cloned().unwrap_or_default();
        let status = statuses.iter().find(|status| status.name == definition.name);
        let not_resumed = not_resumed.get(&definition.name);
        let state = match status {
            Some(status) => status.state.as_str(),
            None if not_resumed.is_some() => "FAILED",
            None => "UNASSIGNED",
        };
        let state = state.to_string();
        let records = status.map_or(0, |status| status.record_count).to_string();
        let error = status.and_then(|status| status.error.clone()).or(not_resumed.cloned()).unwrap_or_default();
        vec![definition.name.clone(), definition.kind.to_string(), class, state, records, error]
    });
    texts(&["name", "kind", "class", "state", "records", "error"], rows.collect())
}

fn queries(engine: &Engine) -> Rows {
    let rows = engine.queries().into_iter().map(|status| {
        let state = status.state().to_string();
        let watermark = status.watermark.and_then(|watermark| time_text(watermark.0)).unwrap_or_default();
        vec![
            status.name,
            state,
            status.rows_in.to_string(),
            status.rows_out.to_string(),
            status.lag.to_string(),
            status.late.to_string(),
            status.dead_letters.to_string(),
            watermark,
            status.state_bytes.to_string(),
            status.error.unwrap_or_default(),
        ]
    });
    let columns = ["fills", "state", "rows_in", "rows_out", "lag", "late", "dead_letters", "watermark", "state_bytes", "error"];
    texts(&columns, rows.collect())
}

/// A moment as SELECT shows it.
fn time_text(ms: i64) -> Option<String> {
    arrow::temporal_conversions::timestamp_ms_to_datetime(ms).map(|time| time.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
}
