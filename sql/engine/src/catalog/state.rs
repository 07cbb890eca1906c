//! The catalog in memory, and the order in which its queries depend on each other.

use super::entry::{Entry, RelationEntry};
use crate::ConnectorDefinition;
use sql_planner::{Relation, Relations};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything remembered, by name. Cheap to clone enough: statements work on a snapshot.
#[derive(Clone, Debug, Default)]
pub(crate) struct CatalogState {
    pub(crate) relations: BTreeMap<String, RelationEntry>,
    pub(crate) connectors: BTreeMap<String, ConnectorDefinition>,
}

impl CatalogState {
    pub(crate) fn put(&mut self, entry: Entry) {
        match entry {
            Entry::Relation(entry) => {
                self.relations.insert(entry.relation.name.clone(), entry);
            }
            Entry::Connector(definition) => {
                self.connectors.insert(definition.name.clone(), definition);
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        match key.split_once('/') {
            Some(("relation", name)) => drop(self.relations.remove(name)),
            Some(("connector", name)) => drop(self.connectors.remove(name)),
            _ => {}
        }
    }

    /// The relations whose queries read `name`.
    pub(crate) fn readers(&self, name: &str) -> Vec<String> {
        let reads = |entry: &&RelationEntry| entry.relation.query.as_ref().is_some_and(|query| query.reads.iter().any(|read| read == name));
        self.relations.values().filter(reads).map(|entry| entry.relation.name.clone()).collect()
    }

    /// The relations with queries, each after those whose topics it reads. Dependencies go by topic, so they hold across several relations of one topic.
    pub(crate) fn queries_in_order(&self) -> Vec<Arc<Relation>> {
        let mut ordered = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in self.relations.values() {
            self.visit(&entry.relation, &mut seen, &mut ordered);
        }
        ordered
    }

    fn visit(&self, relation: &Arc<Relation>, seen: &mut BTreeSet<String>, ordered: &mut Vec<Arc<Relation>>) {
        if !seen.insert(relation.name.clone()) {
            return;
        }
        let Some(query) = &relation.query else { return };
        for read in &query.reads {
            let Some(source) = self.relations.get(read) else { continue };
            for writer in self.relations.values().filter(|entry| entry.relation.topic == source.relation.topic) {
                self.visit(&writer.relation, seen, ordered);
            }
        }
        ordered.push(Arc::clone(relation));
    }
}

impl Relations for CatalogState {
    fn relation(&self, name: &str) -> Option<Arc<Relation>> {
        self.relations.get(name).map(|entry| Arc::clone(&entry.relation))
    }

    fn names(&self) -> Vec<String> {
        self.relations.keys().cloned().collect()
    }
}
