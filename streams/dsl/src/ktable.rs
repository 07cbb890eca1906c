//! A table: the last row of each key, as a stream of updates.

use crate::graph::{Graph, Need};
use crate::kstream::KStream;
use crate::operators::{self, Fold, ResultTime, Step, TableSource, Updates};
use crate::options::Materialized;
use crate::row::Data;
use crate::serdes::SerdeRef;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use streams_runtime::topology::{NodeId, NodeOutput, OperatorSpec, StoreSpec};

/// A table that changes: every operation sees its updates.
pub struct KTable<K, V> {
    graph: Graph,
    from: NodeOutput,
    key: Option<SerdeRef<K>>,
    value: Option<SerdeRef<V>>,
    name: Option<String>,
}

impl<K, V> Clone for KTable<K, V> {
    fn clone(&self) -> Self {
        KTable { graph: self.graph.clone(), from: self.from, key: self.key.clone(), value: self.value.clone(), name: self.name.clone() }
    }
}

impl<K: Data, V: Data> KTable<K, V> {
    pub(crate) fn new(graph: Graph, node: NodeId, key: SerdeRef<K>, value: SerdeRef<V>) -> Self {
        KTable { graph, from: node.into(), key: Some(key), value: Some(value), name: None }
    }

    /// This table, with a name for the step that is made of it next.
    pub fn named(&self, name: impl Into<String>) -> Self {
        KTable { name: Some(name.into()), ..self.clone() }
    }

    /// The rows for which `predicate` holds. An update that does not match goes on as a tombstone.
    pub fn filter(&self, predicate: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        let node = self.step("table-filter", operators::table_filter(true, predicate));
        KTable { from: node.into(), name: None, ..self.clone() }
    }

    /// The rows for which `predicate` does not hold. An update that matches goes on as a tombstone.
    pub fn filter_not(&self, predicate: impl Fn(&K, &V) -> bool + Send + Sync + 'static) -> Self {
        let node = self.step("table-filter-not", operators::table_filter(false, predicate));
        KTable { from: node.into(), name: None, ..self.clone() }
    }

    /// Another value for each row. `mapper` should depend on its argument only.
    pub fn map_values<V2: Data>(&self, mapper: impl Fn(V) -> V2 + Send + Sync + 'static) -> KTable<K, V2> {
        let node = self.step("table-map-values", operators::table_map_values::<K, V, V2>(mapper));
        KTable { graph: self.graph.clone(), from: node.into(), key: self.key.clone(), value: None, name: None }
    }

    /// The updates as a stream: the new row of each, a tombstone where it was deleted.
    pub fn to_stream(&self) -> KStream<K, V> {
        let node = self.step("to-stream", operators::to_stream::<K, V>());
        KStream::new(self.graph.clone(), node.into(), self.key.clone(), self.value.clone())
    }

    fn step(&self, kind: &'static str, factory: streams_runtime::topology::OperatorFactory) -> NodeId {
        self.graph.step(kind, self.name.clone(), factory, &[self.from])
    }
}

impl<K: Data, V: Data> KStream<K, V> {
    /// The rows as updates of a table, kept in a store if `materialized` has a name.
    pub(crate) fn table(&self, kind: &'static str, materialized: Materialized<K, V>) -> KTable<K, V> {
        let Materialized { key, value, name: store, kind: store_kind, caching, changelog, .. } = materialized;
        let stream = self.partitioned_by_key(store.clone(), key, value, Arc::new(AtomicBool::new(true)));
        let need = Need { operation: kind, option: "Materialized::with" };
        let key = self.graph.key_serde(stream.key, None, need);
        let value = self.graph.value_serde(stream.value, None, need);
        let describe = format!("{} {}", key.describe(), value.describe());
        let store = store.map(|name| StoreSpec {
            name: Some(name),
            describe: describe.clone(),
            kind: store_kind,
            changelog,
            changelog_config: Vec::new(),
        });
        let updates = if caching { Updates::Last } else { Updates::Each };
        let step: Step<K, V, V> = Arc::new(|_key, value, _row| value);
        let kept = store.is_some();
        let (key_of_rows, value_of_rows) = (Arc::clone(&key), Arc::clone(&value));
        let factory = move || {
            let fold = Fold {
                step: Arc::clone(&step),
                key_of: (|key| key) as fn(&K) -> &K,
                state: Arc::clone(&value_of_rows),
                time: ResultTime::Last,
                updates,
            };
            Box::new(TableSource::new(Arc::clone(&key_of_rows), kept.then_some(fold))) as Box<dyn streams_runtime::Operator>
        };
        let name = self.name.clone();
        let node = self.graph.add(|builder| {
            let stores = store.into_iter().map(|store| builder.store(store)).collect();
            builder.operator(OperatorSpec { name, kind, describe, factory: Arc::new(factory), stores, outputs: 1 }, &[stream.from])
        });
        KTable::new(self.graph.clone(), node, key, value)
    }
}
