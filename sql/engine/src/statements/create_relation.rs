//! `CREATE STREAM|TABLE`: topics first, then remembered, then running. A crash between any two of these leaves what the same statement completes.

use super::exists;
use crate::catalog::{CatalogState, CatalogStore, Entry, RelationEntry};
use crate::{Engine, Error, Result, StatementResult, topics};
use log_model::{CleanupPolicy, TopicConfig, TopicName};
use sql_planner::plan::StreamPlan;
use sql_planner::{CreateRelation, Error as SqlError, PlannedRelation, Relation, RelationKind, Relations};
use std::sync::Arc;

pub(super) async fn execute(engine: &Engine, create: &CreateRelation) -> Result<StatementResult> {
    let store = engine.store.lock().await;
    let catalog = engine.catalog();
    let name = &create.name.text;
    if let Some(existing) = catalog.relation(name)
        && create.if_not_exists
    {
        return Ok(StatementResult::Done(format!("{} {name} already exists", existing.kind)));
    }
    let mut planned = engine.planner.create(create, catalog.as_ref())?;
    if let Some(existing) = catalog.relation(name) {
        if create.option("partitions").is_none() {
            planned.relation.partition_count = existing.partition_count;
        }
        return same_or_refused(create, &existing, &planned.relation);
    }
    if name.starts_with("__") {
        let error = SqlError::invalid("names that begin with two underscores belong to the system").with_hint("choose another name");
        return Err(create.at_name(error).into());
    }
    refuse_kept(create, &planned.relation)?;
    refuse_loops(create, &planned.relation, &catalog)?;
    adopt_topic(engine, create, &mut planned.relation).await?;
    let kind = planned.relation.kind;
    let entry = prepare(engine, create, &planned).await?;
    start(engine, &store, entry, planned.plan.as_ref()).await?;
    let filled = if planned.plan.is_some() { ", its query runs" } else { "" };
    Ok(StatementResult::Done(format!("{kind} {name} created{filled}")))
}

fn same_or_refused(create: &CreateRelation, existing: &Relation, new: &Relation) -> Result<StatementResult> {
    let name = &create.name.text;
    let differences = existing.differences(new);
    if differences.is_empty() {
        return Ok(StatementResult::Done(format!("{} {name} already exists, unchanged", existing.kind)));
    }
    let differences: Vec<_> = differences.into_iter().map(|(aspect, is, new)| (aspect.to_string(), is, new)).collect();
    let drop = if existing.kind == RelationKind::Stream { "STREAM" } else { "TABLE" };
    Err(create.at_name(exists::refuse(&existing.kind.to_string(), name, drop, &differences)).into())
}

/// The topics in which the program keeps its books are nobody's relation, and take no dead letters.
fn refuse_kept(create: &CreateRelation, new: &Relation) -> Result<()> {
    for (option, topic) in [("topic", Some(&new.topic)), ("dead.letter.topic", new.dead_letter.as_ref())] {
        let Some(topic) = topic else { continue };
        if let Some(keeper) = topics::topic_keeper(&TopicName::new(topic)?) {
            let error = SqlError::invalid(format!("topic {topic} belongs to {keeper}"))
                .with_detail("records that others write to it would be taken for its own")
                .with_hint(format!("choose another topic with the option {option} = '…'"));
            return Err(create.at_option(option, error).into());
        }
    }
    Ok(())
}

/// A topic has one writer, and no query reads what it writes itself, on whatever way.
fn refuse_loops(create: &CreateRelation, new: &Relation, catalog: &CatalogState) -> Result<()> {
    if let Some(letters) = &new.dead_letter {
        let error = if *letters == new.topic {
            Some(SqlError::invalid(format!("dead letters of \"{}\" would go back to its own topic {letters}", new.name)))
        } else {
            let filled = catalog.relations.values().find(|entry| entry.relation.query.is_some() && entry.relation.topic == *letters);
            filled.map(|entry| SqlError::invalid(format!("topic {letters} is filled by the query of \"{}\"", entry.relation.name)))
        };
        if let Some(error) = error {
            return Err(create.at_option("dead.letter.topic", error.with_hint("name a topic that nothing else writes to")).into());
        }
    }
    if new.query.is_none() {
        return Ok(());
    }
    if let Some(way) = catalog.way_back(new) {
        let error = SqlError::invalid(format!("the query of \"{}\" would read what it writes", new.name))
            .with_detail(format!("its records would go round for ever: topic {}", way.join(" → ")))
            .with_hint("choose another topic with the option topic = '…'");
        return Err(create.at_option("topic", error).into());
    }
    if let Some(writer) = catalog.writer_of(&new.topic) {
        let error = SqlError::invalid(format!("topic {} has a writer already: {writer}", new.topic))
            .with_hint("choose another topic with the option topic = '…'");
        return Err(create.at_option("topic", error).into());
    }
    Ok(())
}

/// A topic that exists keeps its partitions and its configuration: the relation takes them over, and a statement that says otherwise is refused.
async fn adopt_topic(engine: &Engine, create: &CreateRelation, relation: &mut Relation) -> Result<()> {
    let topic = TopicName::new(&relation.topic)?;
    let Some(existing) = topics::describe(&engine.log, &topic).await? else { return Ok(()) };
    let count = existing.partitions.len() as i32;
    let differs = |key: &str, is: String, given: String| {
        let error = SqlError::invalid(format!("topic {topic} exists with {key} = {is}, the statement has {given}"))
            .with_hint("leave the option out to use the topic as it is, or name another topic");
        Err(create.at_option(key, error).into())
    };
    if create.option("partitions").is_some() && relation.partition_count != count {
        return differs("partitions", count.to_string(), relation.partition_count.to_string());
    }
    relation.partition_count = count;
    let (is, given) = (existing.config.entries(), topic_config(relation)?.entries());
    for key in relation.topic_config.keys() {
        let (is, given) = (is.get(key.as_str()), given.get(key.as_str()));
        if let (Some(is), Some(given)) = (is, given)
            && is != given
        {
            return differs(key, is.clone(), given.clone());
        }
    }
    Ok(())
}

/// Creates the topics and settles what must not change later.
async fn prepare(engine: &Engine, create: &CreateRelation, planned: &PlannedRelation) -> Result<RelationEntry> {
    let relation = &planned.relation;
    let topic = TopicName::new(&relation.topic)?;
    if planned.plan.is_some() && !topics::is_empty(&engine.log, &topic).await? {
        let error = SqlError::invalid(format!("topic {topic} already holds records, and the query would add its own to them"))
            .with_hint(format!("choose another topic with the option topic = '…', or run headwater topic delete {topic}"));
        return Err(create.at_name(error).into());
    }
    topics::ensure(&engine.log, &topic, relation.partition_count, topic_config(relation)?).await?;
    if let Some(dead_letter) = &relation.dead_letter {
        // Letters carry the timestamps of the records they are made of.
        let config = TopicConfig { retention_ms: retention_ms(relation), ..TopicConfig::default() };
        topics::ensure(&engine.log, &TopicName::new(dead_letter)?, 1, config).await?;
    }
    let (mut application, mut input_partition_count) = (None, 1);
    if let Some(plan) = &planned.plan {
        application = Some(format!("sql-{}-{:08x}", application_part(&relation.name), engine.env.random.next_u64() as u32));
        input_partition_count = input_partitions(engine, plan).await?;
    }
    Ok(RelationEntry { relation: Arc::new(relation.clone()), application, input_partition_count })
}

async fn start(engine: &Engine, store: &CatalogStore, entry: RelationEntry, plan: Option<&StreamPlan>) -> Result<()> {
    let stored = Entry::Relation(entry.clone());
    // Compiled before it is remembered: what does not compile must not come back at every start.
    if let Some(plan) = plan {
        engine.queries.compile(&entry, plan, &engine.planner)?;
    }
    store.put(&stored, engine.now()).await?;
    engine.change(|catalog| catalog.put(stored));
    if let Some(plan) = plan {
        let started = engine.queries.start(&entry, plan, &engine.planner).await;
        if let Err(error) = &started {
            engine.queries.set_failed(&entry.relation.name, error.to_string());
        }
        started?;
    }
    Ok(())
}

/// The largest number of partitions among the topics a plan reads.
pub(super) async fn input_partitions(engine: &Engine, plan: &StreamPlan) -> Result<i32> {
    let mut most = 1;
    for scan in plan.root.scans() {
        let topic = TopicName::new(&scan.topic)?;
        let count = match topics::partition_count(&engine.log, &topic).await {
            Err(Error::Log(log_client::Error::UnknownTopic { .. })) => {
                let error = SqlError::missing(format!("topic {topic} of \"{}\" no longer exists", scan.relation))
                    .with_hint(format!("DROP {} and create it again", scan.relation));
                return Err(error.into());
            }
            count => count?,
        };
        most = most.max(count);
    }
    Ok(most)
}

/// The topic's configuration: as given; a table's keeps the last record of each key, and what carries event time is kept for ever.
fn topic_config(relation: &Relation) -> Result<TopicConfig> {
    let entries = relation.topic_config.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let mut config = TopicConfig::from_entries(entries).map_err(|error| SqlError::invalid(error.to_string()))?;
    if relation.kind == RelationKind::Table && !relation.topic_config.contains_key("cleanup.policy") {
        config.cleanup_policy = CleanupPolicy::Compact;
    }
    if !relation.topic_config.contains_key("retention.ms") {
        config.retention_ms = retention_ms(relation);
    }
    Ok(config)
}

/// How long records stay where nobody said so. Retention compares a record's timestamp with the clock: what a query writes, and what is inserted into a
/// relation with a watermark, is stamped with event time, and old events would be deleted as soon as they are written.
fn retention_ms(relation: &Relation) -> i64 {
    let stamps_event_time = relation.query.is_some() || relation.watermark.is_some();
    if stamps_event_time { -1 } else { TopicConfig::default().retention_ms }
}

/// A relation's name as part of topic names.
fn application_part(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).take(40).collect()
}
