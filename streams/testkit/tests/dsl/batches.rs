//! How the input is cut into batches changes which intermediate results appear, and nothing else.

use bytes::Bytes;
use log_model::{Offset, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use streams_dsl::{Consumed, EmitStrategy, Grouped, KStream, Materialized, Produced, StreamsBuilder, TimeWindows};
use streams_runtime::task::{CollectedOutput, NodeCounters, TaskCore};
use streams_runtime::topology::Topology;
use streams_runtime::{ConsumedRecord, DropReason};

/// Key (or none), value (or none) and timestamp.
type Input = (Option<u8>, Option<u8>, i64);

/// Key, value and timestamp of a record.
type Output = (Option<Bytes>, Option<Bytes>, i64);

/// What a run gives: the records of each output topic, and the drops.
struct Outcome {
    outputs: BTreeMap<String, Vec<Output>>,
    drops: [u64; DropReason::ALL.len()],
}

impl Outcome {
    /// The last record of each key of a topic.
    fn last(&self, topic: &str) -> BTreeMap<Option<Bytes>, (Option<Bytes>, i64)> {
        let records = self.outputs.get(topic).into_iter().flatten();
        let last: BTreeMap<_, _> = records.map(|(key, value, timestamp_ms)| (key.clone(), (value.clone(), *timestamp_ms))).collect();
        // A row that came and went leaves a tombstone or nothing, by the batches.
        last.into_iter().filter(|(_, (value, _))| value.is_some()).collect()
    }
}

fn program() -> Topology {
    let builder = StreamsBuilder::new();
    let words: KStream<String, String> = builder.stream("in", Consumed::default());
    let grouped = words.group_by_key(Grouped::default());
    grouped.count(Materialized::named("counts")).to_stream().to("counts", Produced::default());
    grouped
        .reduce(|left, right| (left.len() < 3).then_some(left + &right), Materialized::named("texts"))
        .to_stream()
        .to("texts", Produced::default());
    words.to_table(Materialized::named("table")).filter(|_key, value| value != "b").to_stream().to("table", Produced::default());
    let windowed = grouped
        .windowed_by(TimeWindows::of(Duration::from_millis(10)).advance_by(Duration::from_millis(5)).grace(Duration::from_millis(4)));
    windowed.count(Materialized::named("windows")).to_stream().to("windows", Produced::default());
    windowed
        .emit_strategy(EmitStrategy::OnWindowClose)
        .aggregate(|| 0i64, |_key, value, total| total + value.len() as i64, Materialized::named("closed"))
        .to_stream()
        .to("closed", Produced::default());
    builder.build().unwrap()
}

fn run(topology: &Topology, rows: &[Input], batch: usize) -> Outcome {
    let mut core = TaskCore::in_memory(topology, 0).unwrap();
    let mut out = CollectedOutput::new(core.output_topics());
    let partition = core.inputs()[0].clone();
    let record = |(index, (key, value, timestamp_ms)): (usize, &Input)| ConsumedRecord {
        offset: Offset(index as i64),
        timestamp: Timestamp(*timestamp_ms),
        key: key.map(|key| Bytes::from(vec![b'a' + key])),
        value: value.map(|value| Bytes::from(vec![b'a' + value])),
        headers: Vec::new(),
    };
    let records: Vec<_> = rows.iter().enumerate().map(record).collect();
    for records in records.chunks(batch) {
        core.feed(&partition, records.to_vec()).unwrap();
        core.run(&mut out).unwrap();
    }
    if let Some(until) = core.open_until() {
        core.advance_to(until, &mut out).unwrap();
    }
    let mut outputs: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for record in out.take() {
        outputs.entry(record.topic.to_string()).or_default().push((record.key, record.value, record.timestamp.0));
    }
    let mut total = NodeCounters::default();
    core.counters().nodes.iter().for_each(|node| total.add(node));
    Outcome { outputs, drops: total.drops }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batches_of_any_size_end_in_the_same_results(
        rows in proptest::collection::vec((proptest::option::weighted(0.9, 0u8..3), proptest::option::weighted(0.9, 0u8..3), 0i64..60), 1..40),
        batch in 2usize..40,
    ) {
        let topology = program();
        let (one_by_one, in_batches) = (run(&topology, &rows, 1), run(&topology, &rows, batch));
        for topic in ["counts", "texts", "table", "windows"] {
            prop_assert_eq!(one_by_one.last(topic), in_batches.last(topic), "{}", topic);
        }
        prop_assert_eq!(one_by_one.outputs.get("closed"), in_batches.outputs.get("closed"), "closed windows are emitted once, in order");
        prop_assert_eq!(one_by_one.drops, in_batches.drops);
    }
}
