//! What flows where: which topics queries read and which they write. It goes by topic, because several relations may share one.

use super::CatalogState;
use sql_planner::Relation;
use std::collections::BTreeMap;

impl CatalogState {
    /// Who writes records to a topic, in words; connectors and INSERT apart.
    pub(crate) fn writer_of(&self, topic: &str) -> Option<String> {
        let relations = || self.relations.values().map(|entry| &entry.relation);
        let filled = relations().find(|relation| relation.query.is_some() && relation.topic == topic);
        let letters = || relations().find(|relation| relation.dead_letter.as_deref() == Some(topic));
        filled
            .map(|relation| format!("the query of {} \"{}\" fills it", relation.kind, relation.name))
            .or_else(|| letters().map(|relation| format!("it takes the dead letters of {} \"{}\"", relation.kind, relation.name)))
    }

    /// The way from what a new query writes back to what it reads, topic by topic, if there is one: it would read its own output for ever.
    pub(crate) fn way_back(&self, new: &Relation) -> Option<Vec<String>> {
        let steps = self.steps();
        let written = self.topics_written(new);
        let read = self.topics_read(new);
        let mut ways: Vec<Vec<String>> =
            read.iter().flat_map(|read| written.iter().map(|written| vec![read.clone(), written.clone()])).collect();
        let mut seen = written.clone();
        while let Some(way) = ways.pop() {
            let last = &way[way.len() - 1];
            if read.contains(last) {
                return Some(way);
            }
            for next in steps.get(last.as_str()).into_iter().flatten().filter(|next| read.contains(next) || !seen.contains(next)) {
                ways.push(way.iter().chain([next]).cloned().collect());
            }
            seen.extend(steps.get(last.as_str()).into_iter().flatten().cloned());
        }
        None
    }

    /// For each topic that queries read, the topics to which they carry it on.
    fn steps(&self) -> BTreeMap<String, Vec<String>> {
        let mut steps = BTreeMap::<String, Vec<String>>::new();
        for entry in self.relations.values().filter(|entry| entry.relation.query.is_some()) {
            for read in self.topics_read(&entry.relation) {
                steps.entry(read).or_default().extend(self.topics_written(&entry.relation));
            }
        }
        steps
    }

    fn sources<'a>(&'a self, relation: &'a Relation) -> impl Iterator<Item = &'a Relation> {
        let names = relation.query.iter().flat_map(|query| &query.reads);
        names.filter_map(|name| self.relations.get(name)).map(|entry| entry.relation.as_ref())
    }

    fn topics_read(&self, relation: &Relation) -> Vec<String> {
        self.sources(relation).map(|source| source.topic.clone()).collect()
    }

    /// The topic a relation's query fills, and those that take the dead letters of what it reads.
    fn topics_written(&self, relation: &Relation) -> Vec<String> {
        let letters = self.sources(relation).filter_map(|source| source.dead_letter.clone());
        std::iter::once(relation.topic.clone()).chain(letters).collect()
    }
}
