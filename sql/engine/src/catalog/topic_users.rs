//! Who in the catalog needs a topic, so that nobody deletes it under them.

use super::state::CatalogState;
use super::store;
use crate::{ConnectorDefinition, Result};
use log_client::Log;
use log_model::TopicName;
use sql_planner::Relation;
use std::sync::Arc;

/// The options by which a connector names topics; the value is a name, several separated by commas, or a name with variables.
const TOPIC_OPTIONS: [&str; 3] = ["topic", "topics", "errors.deadletterqueue.topic.name"];

/// Whom a topic serves, in words for a person: `stream requests`, `the state of table traffic`, `source connector lines`. Empty: nobody.
///
/// Reads the catalog in the log without an engine and changes nothing.
pub async fn topic_users(log: &Arc<dyn Log>, topic: &TopicName) -> Result<Vec<String>> {
    Ok(users(&store::look(log).await?, topic.as_str()))
}

fn users(catalog: &CatalogState, topic: &str) -> Vec<String> {
    let mut users = Vec::new();
    for entry in catalog.relations.values() {
        let Relation { name, kind, .. } = entry.relation.as_ref();
        if entry.relation.topic == topic {
            users.push(format!("{kind} {name}"));
        }
        if entry.relation.dead_letter.as_deref() == Some(topic) {
            users.push(format!("the dead letters of {kind} {name}"));
        }
        // As the streams runtime names changelogs and shuffled topics.
        let internal = |application: &String| topic.strip_prefix(application.as_str()).is_some_and(|rest| rest.starts_with('-'));
        if entry.application.as_ref().is_some_and(internal) {
            users.push(format!("the query of {kind} {name}"));
        }
    }
    users.extend(
        catalog
            .connectors
            .values()
            .filter(|connector| names(connector, topic))
            .map(|connector| format!("{} connector {}", connector.kind, connector.name)),
    );
    users
}

fn names(connector: &ConnectorDefinition, topic: &str) -> bool {
    let options = TOPIC_OPTIONS.iter().filter_map(|option| connector.options.get(*option));
    options.flat_map(|value| value.split(',')).any(|name| name.trim() == topic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{World, run};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_user_of_a_topic_is_named() {
        let world = World::new();
        let engine = world.engine().await;
        let script = "CREATE STREAM s (a INT) WITH (topic = 'in', dead.letter.topic = 'bad');
            CREATE TABLE t WITH (topic = 'out') AS SELECT a, count(*) AS n FROM s GROUP BY a;
            CREATE SOURCE CONNECTOR c WITH ('connector.class' = 'X', topic = 'in');
            CREATE SINK CONNECTOR d WITH ('connector.class' = 'X', topics = 'other, out')";
        run(&engine, script).await;
        let users = async |topic: &str| topic_users(&world.log, &TopicName::new(topic).unwrap()).await.unwrap();
        assert_eq!(users("in").await, ["stream s", "source connector c"]);
        assert_eq!(users("out").await, ["table t", "sink connector d"]);
        assert_eq!(users("other").await, ["sink connector d"]);
        assert_eq!(users("bad").await, ["the dead letters of stream s"]);
        assert_eq!(users("free").await, Vec::<String>::new());
        let topics = world.log.admin().list_topics().await.unwrap();
        let changelog = topics.iter().find(|topic| topic.as_str().ends_with("-changelog")).unwrap();
        assert_eq!(users(changelog.as_str()).await, ["the query of table t"]);
        engine.stop().await.unwrap();
    }
}
