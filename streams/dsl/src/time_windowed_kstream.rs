//! A grouped stream cut into windows of time.

use crate::error::BuildError;
use crate::graph::Need;
use crate::kgrouped_stream::{Aggregation, KGroupedStream, aggregation, count, stateful};
use crate::ktable::KTable;
use crate::operators::{Fold, ResultTime, Updates, WindowAggregate, WindowAggregateSpec};
use crate::options::Materialized;
use crate::row::Data;
use crate::serdes::{SerdeRef, TimeWindowed};
use crate::window::{EmitStrategy, TimeWindows, Windowed};
use std::sync::Arc;
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
        self.table(count(), materialized)
    }

    /// The values of each key and window combined two by two; see [`KGroupedStream::reduce`].
    pub fn reduce<R: Into<Option<V>>>(
        &self,
        reducer: impl Fn(V, V) -> R + Send + Sync + 'static,
        materialized: Materialized<K, V>,
    ) -> KTable<Windowed<K>, V> {
        self.table(self.grouped.reduction(reducer), materialized)
    }

    /// A state of its own type for each key and window; see [`KGroupedStream::aggregate`].
    pub fn aggregate<A: Data, R: Into<Option<A>>>(
        &self,
        initializer: impl Fn() -> A + Send + Sync + 'static,
        aggregator: impl Fn(&K, V, A) -> R + Send + Sync + 'static,
        materialized: Materialized<K, A>,
    ) -> KTable<Windowed<K>, A> {
        self.table(aggregation(initializer, aggregator), materialized)
    }

    fn table<A: Data>(&self, aggregation: Aggregation<K, V, A>, materialized: Materialized<K, A>) -> KTable<Windowed<K>, A> {
        let input = self.grouped.input(materialized.name.as_ref());
        let need = Need { operation: aggregation.kind, option: "Materialized::with" };
        let key = input.graph.key_serde(materialized.key.clone(), input.key.as_ref(), need);
        let state = input.graph.value_serde(materialized.value.clone(), aggregation.state.as_ref(), need);
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
        let kind = windowed_kind(aggregation.kind);
        let factory = self.factory(aggregation, &key, &state, retention_ms, materialized.caching);
        let node = stateful(&input, kind, store, factory);
        let windowed_key = Arc::new(TimeWindowed::shared(key, self.windows.size_ms));
        KTable::new(input.graph, node, windowed_key, state)
    }

    fn factory<A: Data>(
        &self,
        aggregation: Aggregation<K, V, A>,
        key: &SerdeRef<K>,
        state: &SerdeRef<A>,
        retention_ms: i64,
        caching: bool,
    ) -> OperatorFactory {
        let (windows, emit, null_values, step) = (self.windows, self.emit, aggregation.null_values, aggregation.step);
        let (key, state) = (Arc::clone(key), Arc::clone(state));
        let updates = match (emit, caching) {
            (EmitStrategy::OnWindowClose, _) => Updates::Silent,
            (EmitStrategy::OnUpdate, true) => Updates::Last,
            (EmitStrategy::OnUpdate, false) => Updates::Each,
        };
        Arc::new(move || {
            let fold = Fold {
                step: Arc::clone(&step),
                key_of: (|windowed| &windowed.key) as fn(&Windowed<K>) -> &K,
                state: Arc::clone(&state),
                time: ResultTime::Largest,
                updates,
            };
            let spec = WindowAggregateSpec { key: Arc::clone(&key), windows, emit, retention_ms, null_values, fold };
            Box::new(WindowAggregate::new(spec)) as Box<dyn Operator>
        })
    }
}

fn windowed_kind(kind: &str) -> &'static str {
    match kind {
        "count" => "window-count",
        "reduce" => "window-reduce",
        _ => "window-aggregate",
    }
}
