//! `CREATE SOURCE|SINK CONNECTOR`: checked and started by the host, then remembered.

use super::exists::{self, Difference};
use crate::catalog::Entry;
use crate::{ConnectorDefinition, Engine, Error, Result, StatementResult};
use sql_planner::{CreateConnector, Error as SqlError};
use std::collections::BTreeMap;

pub(super) async fn execute(engine: &Engine, create: &CreateConnector) -> Result<StatementResult> {
    let store = engine.store.lock().await;
    let name = &create.name.text;
    let options = create.options.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
    let definition = engine.host.complete(ConnectorDefinition { name: name.clone(), kind: create.kind, options });
    if let Some(existing) = engine.catalog().connectors.get(name) {
        if *existing == definition || create.if_not_exists {
            let same = if *existing == definition { ", unchanged" } else { "" };
            return Ok(StatementResult::Done(format!("connector {name} already exists{same}")));
        }
        return Err(create.at_name(exists::refuse("connector", name, "CONNECTOR", &differences(existing, &definition))).into());
    }
    refuse_deletions(engine, create, &definition)?;
    engine.host.create(&definition).await.map_err(|error| refused(create, error))?;
    engine.not_resumed.write().remove(name);
    let entry = Entry::Connector(definition.clone());
    if let Err(error) = store.put(&entry, engine.now()).await {
        // Nothing remembers it, so nothing may run.
        if let Err(error) = engine.host.drop_connector(name).await {
            tracing::error!(connector = %name, %error, "connector not stopped after a failed statement");
        }
        return Err(error);
    }
    engine.change(|catalog| catalog.put(entry));
    Ok(StatementResult::Done(format!("{} connector {name} created", create.kind)))
}

/// A sink that takes no deletions would run until the first one, which may be weeks.
fn refuse_deletions(engine: &Engine, create: &CreateConnector, definition: &ConnectorDefinition) -> Result<()> {
    let Some(option) = engine.host.missing_delete_option(definition) else { return Ok(()) };
    let catalog = engine.catalog();
    let topics = definition.options.get("topics").map(String::as_str).unwrap_or_default();
    for topic in topics.split(',').map(str::trim) {
        let relations = catalog.relations.values().map(|entry| &entry.relation).filter(|relation| relation.topic == topic);
        for relation in relations.filter(|relation| !relation.append_only) {
            let deletes = relation.query.is_none() || engine.planner.plan_again(relation, catalog.as_ref())?.root.may_delete();
            if deletes {
                let error = SqlError::invalid(format!(
                    "rows of {} \"{}\" may be deleted, and the connector would fail at the first",
                    relation.kind, relation.name
                ))
                .with_hint(format!("say what a deletion means with '{option}'"));
                return Err(create.at_option("topics", error).into());
            }
        }
    }
    Ok(())
}

fn differences(existing: &ConnectorDefinition, new: &ConnectorDefinition) -> Vec<Difference> {
    let value =
        |options: &BTreeMap<String, String>, key: &str| options.get(key).map_or("not set".to_string(), |value| format!("'{value}'"));
    let kind = (existing.kind != new.kind).then(|| ("kind".to_string(), existing.kind.to_string(), new.kind.to_string()));
    let keys = existing.options.keys().chain(new.options.keys().filter(|key| !existing.options.contains_key(*key)));
    let differing = keys.filter(|key| existing.options.get(*key) != new.options.get(*key));
    kind.into_iter().chain(differing.map(|key| (key.clone(), value(&existing.options, key), value(&new.options, key)))).collect()
}

/// The host's refusal, pointing at the option it is about.
fn refused(create: &CreateConnector, error: connect_api::Error) -> Error {
    let connect_api::Error::Config(problems) = &error else { return Error::Connector { name: create.name.text.clone(), error } };
    let Some(first) = problems.first() else { return Error::Connector { name: create.name.text.clone(), error } };
    let mut statement = SqlError::invalid(first.to_string());
    if problems.len() > 1 {
        statement = statement.with_detail(problems[1..].iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    }
    Error::Statement(create.at_option(first.name(), statement))
}
