//! `DROP STREAM|TABLE|CONNECTOR`: forgotten first, so that a crash cannot bring it back, then stopped; state and internal topics are removed, the
//! relation's own topic stays.

use crate::{Engine, Error, Result, StatementResult};
use sql_planner::{ConnectorKind, Drop, DropKind, RelationKind, nearest};

pub(super) async fn execute(engine: &Engine, drop: &Drop) -> Result<StatementResult> {
    match drop.kind {
        DropKind::Connector => drop_connector(engine, drop).await,
        DropKind::Stream => drop_relation(engine, drop, RelationKind::Stream).await,
        DropKind::Table => drop_relation(engine, drop, RelationKind::Table).await,
    }
}

async fn drop_connector(engine: &Engine, drop: &Drop) -> Result<StatementResult> {
    let store = engine.store.lock().await;
    let catalog = engine.catalog();
    let name = &drop.name.text;
    let Some(definition) = catalog.connectors.get(name) else {
        return missing(drop, "connector", nearest(name, catalog.connectors.keys().map(String::as_str)));
    };
    store.remove_connector(name, engine.now()).await?;
    engine.change(|catalog| catalog.remove(&format!("connector/{name}")));
    engine.not_resumed.write().remove(name);
    engine.host.drop_connector(name).await.map_err(|error| Error::Connector { name: name.clone(), error })?;
    let rest = match definition.kind {
        ConnectorKind::Source => "; its position stays, and a source connector created under this name goes on from there",
        ConnectorKind::Sink => "",
    };
    Ok(StatementResult::Done(format!("connector {name} dropped{rest}")))
}

async fn drop_relation(engine: &Engine, drop: &Drop, kind: RelationKind) -> Result<StatementResult> {
    let store = engine.store.lock().await;
    let catalog = engine.catalog();
    let name = &drop.name.text;
    let of_kind = || catalog.relations.values().filter(|entry| entry.relation.kind == kind).map(|entry| entry.relation.name.as_str());
    let Some(entry) = catalog.relations.get(name) else { return missing(drop, &kind.to_string(), nearest(name, of_kind())) };
    if entry.relation.kind != kind {
        let error = sql_planner::Error::invalid(format!("\"{name}\" is a {}", entry.relation.kind))
            .with_hint(format!("write DROP {} {name}", entry.relation.kind.to_string().to_uppercase()));
        return Err(drop.at_name(error).into());
    }
    let readers = catalog.readers(name);
    if !readers.is_empty() {
        let error = sql_planner::Error::invalid(format!("{kind} \"{name}\" is read by {}", readers.join(", ")))
            .with_hint("drop what reads it first");
        return Err(drop.at_name(error).into());
    }
    store.remove_relation(name, engine.now()).await?;
    engine.change(|catalog| catalog.remove(&format!("relation/{name}")));
    engine.queries.forget(entry).await?;
    let topic = &entry.relation.topic;
    Ok(StatementResult::Done(format!("{kind} {name} dropped; its topic {topic} and the records in it stay")))
}

fn missing(drop: &Drop, what: &str, like: Option<&str>) -> Result<StatementResult> {
    let name = &drop.name.text;
    if drop.if_exists {
        return Ok(StatementResult::Done(format!("{what} {name} does not exist")));
    }
    let hint = like.map(|like| format!("did you mean \"{like}\"?"));
    Err(drop.at_name(sql_planner::Error::missing(format!("{what} \"{name}\" does not exist")).with_hint_if(hint)).into())
}
