//! A stream of rows: the operations that need no state.

use crate::branched::BranchedKStream;
use crate::error::BuildError;
use crate::graph::{Graph, Need, decoder_of_asked, encoder, encoder_of_asked};
use crate::kgrouped_stream::KGroupedStream;
use crate::ktable::KTable;
use crate::operators;
use crate::options::{Grouped, Materialized, Produced, Repartitioned};
use crate::row::Data;
use crate::serdes::SerdeRef;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use streams_runtime::topology::{NodeId, NodeOutput, OperatorFactory, OperatorSpec, RepartitionSpec, SinkSpec};

/// An unbounded stream of rows, each with an optional key, an optional value (none is a tombstone), a timestamp and headers.
///
/// Every operation gives a new stream and leaves this one usable. Functions given to operations are shared by all tasks and should depend on
/// their arguments only.
///
/// Operations that may change the key mark the stream; when an operation that depends on the key follows, the rows first go through an internal
/// repartition topic, so that equal keys meet in one task.
///
/// Timestamps and headers go along unchanged.
pub struct KStream<K, V> {
    pub(crate) graph: Graph,
    pub(crate) from: NodeOutput,
    pub(crate) key: Option<SerdeRef<K>>,
    pub(crate) value: Option<SerdeRef<V>>,
    /// Whether rows of one key may be in several partitions.
    pub(crate) rekeyed: bool,
    /// The name of the next step.
    pub(crate) name: Option<String>,
}

impl<K, V> Clone for KStream<K, V> {
    fn clone(&self) -> Self {
        KStream {
            graph: self.graph.clone(),
            from: self.from,
            key: self.key.clone(),
            value: self.value.clone(),
            rekeyed: self.rekeyed,
            name: self.name.clone(),
        }
    }
}

impl<K: Data, V: Data> KStream<K, V> {
    pub(crate) fn new(graph: Graph, from: NodeOutput, key: Option<SerdeRef<K>>, value: Option<SerdeRef<V>>) -> Self {
        KStream { graph, from, key, value, rekeyed: false, name: None }
    }

    /// This stream, with a name for the step that is made of it next.
    ///
    /// A named step, and what follows it, keeps its identity when something before it changes.
    pub fn named(&self, name: impl Into<String>) -> Self {
        KStream { name: Some(name.into()), ..self.clone() }
    }

    /// The rows for which `predicate` holds.
    pub fn filter(&self, predicate: impl Fn(Option<&K>, Option<&V>) -> bool + Send + Sync + 'static) -> Self {
        self.same_rows(self.step("filter", operators::filter(true, predicate)))
    }

    /// The rows for which `predicate` does not hold.
    pub fn filter_not(&self, predicate: impl Fn(Option<&K>, Option<&V>) -> bool + Send + Sync + 'static) -> Self {
        self.same_rows(self.step("filter-not", operators::filter(false, predicate)))
    }

    /// Another key and another value for each row. The key may change: use [`KStream::map_values`] where it does not.
    pub fn map<K2: Data, V2: Data>(
        &self,
        mapper: impl Fn(Option<K>, Option<V>) -> (Option<K2>, Option<V2>) + Send + Sync + 'static,
    ) -> KStream<K2, V2> {
        self.rekeyed_rows(self.step("map", operators::map(mapper)), None)
    }

    /// Another value for each row that has one; tombstones stay tombstones.
    pub fn map_values<V2: Data>(&self, mapper: impl Fn(V) -> V2 + Send + Sync + 'static) -> KStream<K, V2> {
        self.other_values(self.step("map-values", operators::map_values::<K, V, V2>(mapper)))
    }

    /// Any number of rows for each row. The key may change: use [`KStream::flat_map_values`] where it does not.
    pub fn flat_map<K2: Data, V2: Data, I>(&self, mapper: impl Fn(Option<K>, Option<V>) -> I + Send + Sync + 'static) -> KStream<K2, V2>
    where
        I: IntoIterator<Item = (Option<K2>, Option<V2>)>,
    {
        self.rekeyed_rows(self.step("flat-map", operators::flat_map(mapper)), None)
    }

    /// Any number of values for each value, all under its key. A tombstone has no value to map: it is dropped and counted.
    pub fn flat_map_values<V2: Data, I>(&self, mapper: impl Fn(V) -> I + Send + Sync + 'static) -> KStream<K, V2>
    where
        I: IntoIterator<Item = V2>,
    {
        self.other_values(self.step("flat-map-values", operators::flat_map_values::<K, V, V2, I>(mapper)))
    }

    /// Another key for each row; `None` leaves the row without one.
    pub fn select_key<K2: Data>(&self, mapper: impl Fn(Option<&K>, Option<&V>) -> Option<K2> + Send + Sync + 'static) -> KStream<K2, V> {
        self.rekeyed_rows(self.step("select-key", operators::select_key(mapper)), self.value.clone())
    }

    /// Shows each row to `action` and hands it on. After a failure it may see a row again.
    pub fn peek(&self, action: impl Fn(Option<&K>, Option<&V>) + Send + Sync + 'static) -> Self {
        self.same_rows(self.step("peek", operators::peek(action)))
    }

    /// Hands each row to `action`: the end of the stream. After a failure it may see a row again.
    pub fn for_each(&self, action: impl Fn(Option<K>, Option<V>) + Send + Sync + 'static) {
        let spec = OperatorSpec {
            name: self.name.clone(),
            kind: "for-each",
            describe: String::new(),
            factory: operators::for_each(action),
            stores: Vec::new(),
            outputs: 0,
        };
        self.graph.add(|builder| builder.operator(spec, &[self.from]));
    }

    /// Splits the stream: each row goes to the first branch whose predicate holds.
    pub fn split(&self) -> BranchedKStream<K, V> {
        BranchedKStream::new(self.clone())
    }

    /// The rows of this stream and of another as one, in no promised order between the two.
    pub fn merge(&self, other: &KStream<K, V>) -> Self {
        if !self.graph.is(&other.graph) {
            self.graph.mistake(BuildError::TwoBuilders { operation: "merge" });
            return self.clone();
        }
        let merged = self.graph.step("merge", self.name.clone(), operators::merge::<K, V>(), &[self.from, other.from]);
        KStream { rekeyed: self.rekeyed || other.rekeyed, ..self.same_rows(merged) }
    }

    /// Writes the rows to a topic.
    pub fn to(&self, topic: impl AsRef<str>, produced: Produced<K, V>) {
        let Some(topic) = self.graph.topic(topic.as_ref()) else { return };
        let operation = format!("to {topic}");
        let need = Need { operation: &operation, option: "Produced::with" };
        let key = self.graph.key_serde(produced.key, self.key.as_ref(), need);
        let value = self.graph.value_serde(produced.value, self.value.as_ref(), need);
        let describe = format!("{} {}", key.describe(), value.describe());
        let name = produced.name.or_else(|| self.name.clone());
        let spec = SinkSpec { name, topic, encoder: encoder(&key, &value), describe };
        self.graph.add(|builder| builder.sink(spec, self.from));
    }

    /// Sends the rows through an internal topic, so that equal keys meet in one task.
    pub fn repartition(&self, repartitioned: Repartitioned<K, V>) -> Self {
        let Repartitioned { key, value, name, partition_count } = repartitioned;
        let name = name.or_else(|| self.name.clone());
        self.through_repartition((name, partition_count), (key, value), "Repartitioned::with", Arc::new(AtomicBool::new(true)))
    }

    /// The rows as updates of a table: the last row of a key is the table's, a tombstone deletes it. Repartitions first if the key may have
    /// changed. The rows are kept in a store if `materialized` has a name.
    pub fn to_table(&self, materialized: Materialized<K, V>) -> KTable<K, V> {
        self.table("to-table", materialized)
    }

    /// Groups the rows by another key.
    pub fn group_by<K2: Data>(
        &self,
        mapper: impl Fn(Option<&K>, Option<&V>) -> Option<K2> + Send + Sync + 'static,
        grouped: Grouped<K2, V>,
    ) -> KGroupedStream<K2, V> {
        KGroupedStream::new(self.select_key(mapper), grouped)
    }

    /// Groups the rows by their key.
    pub fn group_by_key(&self, grouped: Grouped<K, V>) -> KGroupedStream<K, V> {
        KGroupedStream::new(self.clone(), grouped)
    }

    /// This stream with equal keys in one partition: itself, or its repartitioning.
    ///
    /// `values` is asked when tasks are built: if nobody behind the repartition looks at values, they do not travel and rows come as `Row<K, ()>`.
    pub(crate) fn partitioned_by_key(
        &self,
        name: Option<String>,
        key: Option<SerdeRef<K>>,
        value: Option<SerdeRef<V>>,
        values: Arc<AtomicBool>,
    ) -> Self {
        if self.rekeyed {
            self.through_repartition((name, None), (key, value), "Grouped::with", values)
        } else {
            KStream { key: key.or_else(|| self.key.clone()), value: value.or_else(|| self.value.clone()), ..self.clone() }
        }
    }

    fn through_repartition(
        &self,
        (name, partition_count): (Option<String>, Option<i32>),
        (key, value): (Option<SerdeRef<K>>, Option<SerdeRef<V>>),
        option: &'static str,
        values: Arc<AtomicBool>,
    ) -> Self {
        let need = Need { operation: "repartition", option };
        let key = self.graph.key_serde(key, self.key.as_ref(), need);
        let value = self.graph.value_serde(value, self.value.as_ref(), need);
        let spec = RepartitionSpec {
            name,
            partition_count,
            encoder: encoder_of_asked(&key, &value, Arc::clone(&values)),
            decoder: decoder_of_asked(&key, &value, values),
            describe: format!("{} {}", key.describe(), value.describe()),
        };
        let source: NodeId = self.graph.add(|builder| builder.repartition(spec, self.from));
        KStream::new(self.graph.clone(), source.into(), Some(key), Some(value))
    }

    fn step(&self, kind: &'static str, factory: OperatorFactory) -> NodeId {
        self.graph.step(kind, self.name.clone(), factory, &[self.from])
    }

    pub(crate) fn same_rows(&self, node: impl Into<NodeOutput>) -> Self {
        KStream { from: node.into(), name: None, ..self.clone() }
    }

    fn other_values<V2>(&self, node: NodeId) -> KStream<K, V2> {
        let key = self.key.clone();
        KStream { graph: self.graph.clone(), from: node.into(), key, value: None, rekeyed: self.rekeyed, name: None }
    }

    fn rekeyed_rows<K2, V2>(&self, node: NodeId, value: Option<SerdeRef<V2>>) -> KStream<K2, V2> {
        KStream { graph: self.graph.clone(), from: node.into(), key: None, value, rekeyed: true, name: None }
    }
}
