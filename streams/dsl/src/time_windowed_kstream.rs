//! A grouped stream cut into windows of time.

use crate::error::BuildError;
use crate::graph::Need;
use crate::kgrouped_stream::{Aggregation, KGroupedStream, aggregation, count, count_keys, stateful};
use crate::ktable::KTable;
use crate::operators::{Fold, ResultTime, Step, Updates, WindowAggregate, WindowAggregateSpec};
use crate::options::Materialized;
use crate::row::Data;
use crate::serdes::{SerdeRef, TimeWindowed};
use crate::window::{EmitStrategy, TimeWindows, Windowed};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use streams_runtime::Operator;
use streams_runtime::topology::{OperatorFactory, StoreSpec};

/// Rows grouped by key and window, to be aggregated.
///
/// A row is accepted into a window while the window's end is after the observed stream time (the largest timestamp so far, this row's
/// included) less the grace; later rows are dropped and counted as late. Rows without a key are dropped and counted; rows without a value too,
/// except that they count in [`TimeWindowedKStream::count`], as in Kafka Streams.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use streams_dsl::{Consumed, EmitStrategy, Grouped, KStream, Materialized, Produced, StreamsBuilder, TimeWindows};
///
/// let builder = StreamsBuilder::new();
/// let clicks: KStream<String, String> = builder.stream("clicks", Consumed::default());
/// clicks
///     .group_by_key(Grouped::default())
///     .windowed_by(TimeWindows::of(Duration::from_secs(60)).grace(Duration::from_secs(5)))
///     .emit_strategy(EmitStrategy::OnWindowClose)
///     .count(Materialized::named("clicks-per-minute"))
///     .to_stream()
///     .to("clicks-per-minute", Produced::default());
/// assert!(builder.build().is_ok());
/// ```
#[derive(Clone)]
pub struct TimeWindowedKStream<K, V> {
    grouped: KGroupedStream<K, V>,
    windows: TimeWindows,
    emit: EmitStrategy,
}

impl<K: Data, V: Data> TimeWindowedKStream<K, V> {
    pub(crate) fn new(grouped: KGroupedStream<K, V>, windows: TimeWindows) -> Self {
        TimeWindowedKStream { grouped, windows, emit: EmitStrategy::default() }
    }

    /// When results go on.
    pub fn emit_strategy(mut self, emit: EmitStrategy) -> Self {
        self.emit = emit;
        self
    }

    /// How many rows each key has in each window.
    pub fn count(&self, materialized: Materialized<K, i64>) -> KTable<Windowed<K>, i64> {
        let values = self.grouped.values();
        let count = count::<K, V>();
        let state = count.state.clone();
        self.table(count.kind, state, materialized, move |parts| {
            if values.load(Ordering::Relaxed) {
                parts.operator(count.null_values, Arc::clone(&count.step))
            } else {
                parts.operator(count.null_values, count_keys())
            }
        })
    }

    /// The values of each key and window combined two by two; see [`KGroupedStream::reduce`].
    pub fn reduce<R: Into<Option<V>>>(
        &self,
        reducer: impl Fn(V, V) -> R + Send + Sync + 'static,
        materialized: Materialized<K, V>,
    ) -> KTable<Windowed<K>, V> {
        self.aggregation(self.grouped.reduction(reducer), materialized)
    }

    /// A state of its own type for each key and window; see [`KGroupedStream::aggregate`].
    pub fn aggregate<A: Data, R: Into<Option<A>>>(
        &self,
        initializer: impl Fn() -> A + Send + Sync + 'static,
        aggregator: impl Fn(&K, V, A) -> R + Send + Sync + 'static,
        materialized: Materialized<K, A>,
    ) -> KTable<Windowed<K>, A> {
        self.aggregation(aggregation(initializer, aggregator), materialized)
    }

    /// An aggregation that looks at values.
    fn aggregation<A: Data>(&self, aggregation: Aggregation<K, V, A>, materialized: Materialized<K, A>) -> KTable<Windowed<K>, A> {
        self.grouped.values().store(true, Ordering::Relaxed);
        let Aggregation { kind, step, state, null_values } = aggregation;
        self.table(kind, state, materialized, move |parts| parts.operator(null_values, Arc::clone(&step)))
    }

    fn table<A: Data>(
        &self,
        kind: &'static str,
        state: Option<SerdeRef<A>>,
        materialized: Materialized<K, A>,
        make: impl Fn(WindowParts<K, A>) -> Box<dyn Operator> + Send + Sync + 'static,
    ) -> KTable<Windowed<K>, A> {
        let input = self.grouped.input(materialized.name.as_ref());
        let need = Need { operation: kind, option: "Materialized::with" };
        let key = input.graph.key_serde(materialized.key.clone(), input.key.as_ref(), need);
        let state = input.graph.value_serde(materialized.value.clone(), state.as_ref(), need);
        let span_ms = self.windows.span_ms();
        let retention_ms = materialized.retention_ms.unwrap_or(span_ms);
        if retention_ms < span_ms {
            let store = materialized.name.clone().unwrap_or_else(|| "of this window".into());
            input.graph.mistake(BuildError::Retention { store, retention_ms, span_ms });
        }
        let store = StoreSpec {
            name: materialized.name,
            describe: format!("{} {} {}", self.windows.describe(), key.describe(), state.describe()),
            kind: materialized.kind,
            changelog: materialized.changelog,
            changelog_config: Vec::new(),
        };
        let updates = match (self.emit, materialized.caching) {
            (EmitStrategy::OnWindowClose, _) => Updates::Silent,
            (EmitStrategy::OnUpdate, true) => Updates::Last,
            (EmitStrategy::OnUpdate, false) => Updates::Each,
        };
        let parts =
            WindowParts { key: Arc::clone(&key), state: Arc::clone(&state), windows: self.windows, emit: self.emit, retention_ms, updates };
        let factory: OperatorFactory = Arc::new(move || make(parts.clone()));
        let node = stateful(&input, windowed_kind(kind), store, factory);
        let windowed_key = Arc::new(TimeWindowed::shared(key, self.windows.size_ms));
        KTable::new(input.graph, node, windowed_key, state)
    }
}

/// What a windowed aggregate is made of beside its step.
struct WindowParts<K, A> {
    key: SerdeRef<K>,
    state: SerdeRef<A>,
    windows: TimeWindows,
    emit: EmitStrategy,
    retention_ms: i64,
    updates: Updates,
}

impl<K, A> Clone for WindowParts<K, A> {
    fn clone(&self) -> Self {
        WindowParts { key: Arc::clone(&self.key), state: Arc::clone(&self.state), ..*self }
    }
}

impl<K: Data, A: Data> WindowParts<K, A> {
    fn operator<R: Data>(self, null_values: bool, step: Step<K, R, A>) -> Box<dyn Operator> {
        let WindowParts { key, state, windows, emit, retention_ms, updates } = self;
        let fold = Fold { step, key_of: (|windowed| &windowed.key) as fn(&Windowed<K>) -> &K, state, time: ResultTime::Largest, updates };
        Box::new(WindowAggregate::new(WindowAggregateSpec { key, windows, emit, retention_ms, null_values, fold }))
    }
}

fn windowed_kind(kind: &str) -> &'static str {
    match kind {
        "count" => "window-count",
        "reduce" => "window-reduce",
        _ => "window-aggregate",
    }
}
