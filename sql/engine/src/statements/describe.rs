//! `DESCRIBE name`: the aspects of a relation or connector, one a row.

use super::table::texts;
use crate::{Engine, Result, StatementResult, topics};
use log_model::{TopicConfig, TopicName};
use sql_planner::{Name, Relation};

pub(super) async fn execute(engine: &Engine, name: &Name) -> Result<StatementResult> {
    let catalog = engine.catalog();
    if let Some(definition) = catalog.connectors.get(&name.text)
        && !catalog.relations.contains_key(&name.text)
    {
        let mut rows = vec![vec!["kind".to_string(), format!("{} connector", definition.kind)]];
        rows.extend(definition.options.iter().map(|(key, value)| vec![key.clone(), value.clone()]));
        if let Some(status) = engine.host.list().await.into_iter().find(|status| status.name == name.text) {
            rows.push(vec!["state".to_string(), status.state]);
            rows.extend(status.error.map(|error| vec!["error".to_string(), error]));
        }
        return Ok(StatementResult::Rows(texts(&["aspect", "value"], rows)));
    }
    let relation = engine.planner.find_relation(name, catalog.as_ref())?;
    let columns = relation.columns.iter().map(|column| {
        let key = if relation.key.contains(&column.name) { " KEY" } else { "" };
        let null = if column.nullable { "" } else { " NOT NULL" };
        vec![format!("column {}", column.name), format!("{}{null}{key}", column.data_type)]
    });
    let configuration = topic_configuration(engine, &relation).await?;
    let aspects = relation.aspects().into_iter().filter(|(aspect, _)| *aspect != "columns").map(|(aspect, value)| {
        let value = configuration.clone().filter(|_| aspect == "topic configuration").unwrap_or(value);
        vec![aspect.to_string(), value]
    });
    let mut rows: Vec<Vec<String>> = columns.chain(aspects).collect();
    if relation.query.is_some() {
        let status = engine.queries.status(&relation.name);
        let state = status.state().to_string();
        rows.push(vec!["state".to_string(), status.error.map_or(state, |error| format!("failed: {error}"))]);
    }
    Ok(StatementResult::Rows(texts(&["aspect", "value"], rows)))
}

/// What the topic has besides the defaults, whoever set it; `None` if the topic is gone.
async fn topic_configuration(engine: &Engine, relation: &Relation) -> Result<Option<String>> {
    let Some(topic) = topics::describe(&engine.log, &TopicName::new(&relation.topic)?).await? else { return Ok(None) };
    let defaults = TopicConfig::default().entries();
    let set = topic.config.entries().into_iter().filter(|(key, value)| defaults.get(key) != Some(value));
    let set: Vec<String> = set.map(|(key, value)| format!("{key}={value}")).collect();
    Ok(Some(if set.is_empty() { "default".to_string() } else { set.join(", ") }))
}
