//! A stream grouped by key: aggregations without windows.

use crate::graph::{Graph, Need};
use crate::kstream::KStream;
use crate::ktable::KTable;
use crate::operators::{Aggregate, Fold, ResultTime, Step, Updates};
use crate::options::{Grouped, Materialized};
use crate::row::Data;
use crate::serdes::{Integer, SerdeRef};
use crate::time_windowed_kstream::TimeWindowedKStream;
use crate::window::TimeWindows;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use streams_runtime::Operator;
use streams_runtime::topology::{NodeId, OperatorFactory, OperatorSpec, StoreSpec};

/// Rows grouped by key, to be aggregated.
///
/// Rows without a key or without a value are dropped and counted. The time of a result is the largest of its rows.
pub struct KGroupedStream<K, V> {
    stream: KStream<K, V>,
    grouped: Grouped<K, V>,
    /// The stream with equal keys in one task: made once, by the first aggregation.
    partitioned: Arc<Mutex<Option<KStream<K, V>>>>,
    /// Whether some aggregation looks at values; if none does, they need not travel through a repartition topic.
    values: Arc<AtomicBool>,
}

impl<K, V> Clone for KGroupedStream<K, V> {
    fn clone(&self) -> Self {
        let (partitioned, values) = (Arc::clone(&self.partitioned), Arc::clone(&self.values));
        KGroupedStream { stream: self.stream.clone(), grouped: self.grouped.clone(), partitioned, values }
    }
}

/// What an aggregation is before its operator is made: the parts windowed and plain ones share.
pub(crate) struct Aggregation<K, V, A> {
    pub(crate) kind: &'static str,
    pub(crate) step: Step<K, V, A>,
    /// The serde of the state if none is given.
    pub(crate) state: Option<SerdeRef<A>>,
    /// Whether rows without a value count in windows.
    pub(crate) null_values: bool,
}

impl<K: Data, V: Data> KGroupedStream<K, V> {
    pub(crate) fn new(stream: KStream<K, V>, grouped: Grouped<K, V>) -> Self {
        let values = Arc::new(AtomicBool::new(!stream.rekeyed));
        KGroupedStream { stream, grouped, partitioned: Arc::default(), values }
    }

    /// How many rows each key has. If the rows have to be repartitioned for it, only their keys are.
    pub fn count(&self, materialized: Materialized<K, i64>) -> KTable<K, i64> {
        let values = Arc::clone(&self.values);
        let count = count::<K, V>();
        let state = count.state.clone();
        self.table(count.kind, state, materialized, move |key, parts| {
            if values.load(Ordering::Relaxed) {
                Box::new(Aggregate::new(key, parts.fold(Arc::clone(&count.step))))
            } else {
                Box::new(Aggregate::new(key, parts.fold(count_keys())))
            }
        })
    }

    /// The values of each key combined two by two, in their order. A reducer that returns `None` deletes the row, and the next value
    /// starts anew.
    pub fn reduce<R: Into<Option<V>>>(
        &self,
        reducer: impl Fn(V, V) -> R + Send + Sync + 'static,
        materialized: Materialized<K, V>,
    ) -> KTable<K, V> {
        self.aggregation(self.reduction(reducer), materialized)
    }

    /// A state of its own type for each key: made by `initializer` for the first value, then taken from value to value by `aggregator`. An
    /// aggregator that returns `None` deletes the row, and the next value starts anew.
    ///
    /// # Examples
    /// ```
    /// use streams_dsl::{Consumed, Grouped, KStream, Materialized, Produced, StreamsBuilder};
    ///
    /// let builder = StreamsBuilder::new();
    /// let payments: KStream<String, i64> = builder.stream("payments", Consumed::default());
    /// let balance = payments
    ///     .group_by_key(Grouped::default())
    ///     .aggregate(|| 0, |_account, amount, balance| balance + amount, Materialized::named("balance"));
    /// balance.to_stream().to("balances", Produced::default());
    /// assert!(builder.build().is_ok());
    /// ```
    pub fn aggregate<A: Data, R: Into<Option<A>>>(
        &self,
        initializer: impl Fn() -> A + Send + Sync + 'static,
        aggregator: impl Fn(&K, V, A) -> R + Send + Sync + 'static,
        materialized: Materialized<K, A>,
    ) -> KTable<K, A> {
        self.aggregation(aggregation(initializer, aggregator), materialized)
    }

    /// The same groups cut into windows of time.
    pub fn windowed_by(&self, windows: TimeWindows) -> TimeWindowedKStream<K, V> {
        TimeWindowedKStream::new(self.clone(), windows)
    }

    pub(crate) fn reduction<R: Into<Option<V>>>(&self, reducer: impl Fn(V, V) -> R + Send + Sync + 'static) -> Aggregation<K, V, V> {
        let step: Step<K, V, V> = Arc::new(move |_key, value, state| match (state, value) {
            (Some(state), Some(value)) => reducer(state, value).into(),
            (state, value) => value.or(state),
        });
        let state = self.grouped.value.clone().or_else(|| self.stream.value.clone());
        Aggregation { kind: "reduce", step, state, null_values: false }
    }

    /// The stream to aggregate. Its repartition topic, if it needs one, is named by the grouping, else after the store.
    pub(crate) fn input(&self, store: Option<&String>) -> KStream<K, V> {
        let mut partitioned = self.partitioned.lock();
        let Grouped { key, value, name } = &self.grouped;
        let name = name.clone().or_else(|| store.cloned());
        let make = || self.stream.partitioned_by_key(name, key.clone(), value.clone(), Arc::clone(&self.values));
        partitioned.get_or_insert_with(make).clone()
    }

    /// Whether rows come with their values, as it will be when tasks are built.
    pub(crate) fn values(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.values)
    }

    /// An aggregation that looks at values.
    fn aggregation<A: Data>(&self, aggregation: Aggregation<K, V, A>, materialized: Materialized<K, A>) -> KTable<K, A> {
        self.values.store(true, Ordering::Relaxed);
        let Aggregation { kind, step, state, .. } = aggregation;
        self.table(kind, state, materialized, move |key, parts| Box::new(Aggregate::new(key, parts.fold(Arc::clone(&step)))))
    }

    fn table<A: Data>(
        &self,
        kind: &'static str,
        state: Option<SerdeRef<A>>,
        materialized: Materialized<K, A>,
        make: impl Fn(SerdeRef<K>, FoldParts<A>) -> Box<dyn Operator> + Send + Sync + 'static,
    ) -> KTable<K, A> {
        let input = self.input(materialized.name.as_ref());
        let need = Need { operation: kind, option: "Materialized::with" };
        let key = input.graph.key_serde(materialized.key, input.key.as_ref(), need);
        let state = input.graph.value_serde(materialized.value, state.as_ref(), need);
        let updates = if materialized.caching { Updates::Last } else { Updates::Each };
        let (key_of_rows, state_of_rows) = (Arc::clone(&key), Arc::clone(&state));
        let factory: OperatorFactory =
            Arc::new(move || make(Arc::clone(&key_of_rows), FoldParts { state: Arc::clone(&state_of_rows), updates }));
        let store = StoreSpec {
            name: materialized.name,
            describe: format!("{} {}", key.describe(), state.describe()),
            kind: materialized.kind,
            changelog: materialized.changelog,
            changelog_config: Vec::new(),
        };
        let node = stateful(&input, kind, store, factory);
        KTable::new(input.graph, node, key, state)
    }
}

/// What a fold is made of beside its step.
struct FoldParts<A> {
    state: SerdeRef<A>,
    updates: Updates,
}

impl<A> FoldParts<A> {
    fn fold<K, R>(self, step: Step<K, R, A>) -> Fold<K, K, R, A> {
        Fold { step, key_of: |key| key, state: self.state, time: ResultTime::Largest, updates: self.updates }
    }
}

/// Adds an operator with one store.
pub(crate) fn stateful<K, V>(input: &KStream<K, V>, kind: &'static str, store: StoreSpec, factory: OperatorFactory) -> NodeId {
    let graph: &Graph = &input.graph;
    graph.add(|builder| {
        let describe = store.describe.clone();
        let stores = vec![builder.store(store)];
        builder.operator(OperatorSpec { name: None, kind, describe, factory, stores, outputs: 1 }, &[input.from])
    })
}

/// Counts rows that come without their values.
pub(crate) fn count_keys<K: 'static>() -> Step<K, (), i64> {
    count::<K, ()>().step
}

/// Counts rows.
pub(crate) fn count<K: 'static, V: 'static>() -> Aggregation<K, V, i64> {
    let step: Step<K, V, i64> = Arc::new(|_key, _value, count| Some(count.unwrap_or(0) + 1));
    Aggregation { kind: "count", step, state: Some(Arc::new(Integer)), null_values: true }
}

/// Takes a state from value to value.
pub(crate) fn aggregation<K, V, A, R: Into<Option<A>>>(
    initializer: impl Fn() -> A + Send + Sync + 'static,
    aggregator: impl Fn(&K, V, A) -> R + Send + Sync + 'static,
) -> Aggregation<K, V, A> {
    let step: Step<K, V, A> = Arc::new(move |key, value, state| match value {
        Some(value) => aggregator(key, value, state.unwrap_or_else(&initializer)).into(),
        None => state,
    });
    Aggregation { kind: "aggregate", step, state: None, null_values: false }
}
