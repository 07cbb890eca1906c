//! The operators at work in a task: lines in, dead letters, windows and JSON out, as the engine wires them.

use crate::formats::{Format, FormatSpec, RelationKind, WriteOptions, decoder, encoder};
use crate::testing::physical;
use crate::{
    AggregateCall, AggregateFunction, AggregateSpec, EmitMode, Letters, TumbleSpec, Window, aggregate, filter, only_in_time, project,
    shuffle_decoder, shuffle_encoder, tumble_aggregate, upsert_to_delta, watermark,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use log_model::{Timestamp, TopicName};
use proptest::prelude::*;
use std::sync::Arc;
use streams_runtime::task::{CollectedOutput, CollectedRecord, TaskCore};
use streams_runtime::topology::{
    NodeOutput, OperatorFactory, OperatorSpec, RepartitionSpec, SinkSpec, SourceSpec, StoreKind, StoreSpec, Topology, TopologyBuilder,
};
use streams_runtime::{ConsumedRecord, DropReason};

fn schema(columns: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect::<Vec<_>>()))
}

fn topic(name: &str) -> TopicName {
    TopicName::new(name).unwrap()
}

fn json() -> FormatSpec {
    FormatSpec::new(Format::Json)
}

fn source(builder: &mut TopologyBuilder, columns: &SchemaRef, kind: &RelationKind) -> NodeOutput {
    let spec = SourceSpec {
        name: None,
        topics: vec![topic("input")],
        decoder: decoder(&json(), columns, None, kind, Letters::default()).unwrap(),
        dead_letter: Some(topic("dead")),
        describe: "json".into(),
    };
    builder.source(spec).into()
}

fn operator(builder: &mut TopologyBuilder, kind: &'static str, factory: OperatorFactory, stateful: bool, input: NodeOutput) -> NodeOutput {
    let store = StoreSpec { name: None, describe: kind.into(), kind: StoreKind::Memory, changelog: false, changelog_config: vec![] };
    let stores = if stateful { vec![builder.store(store)] } else { vec![] };
    builder.operator(OperatorSpec { name: None, kind, describe: kind.into(), factory, stores, outputs: 1 }, &[input]).into()
}

fn sink(builder: &mut TopologyBuilder, columns: &SchemaRef, options: &WriteOptions, input: NodeOutput) {
    let encoder = encoder(&json(), columns, options).unwrap();
    builder.sink(SinkSpec { name: None, topic: topic("output"), encoder, describe: "json".into() }, input);
}

/// A task of one topology, fed by hand.
struct Task {
    core: TaskCore,
    out: CollectedOutput,
    next_offset: i64,
}

impl Task {
    fn new(topology: &Topology) -> Task {
        let core = TaskCore::in_memory(topology, 0).unwrap();
        let out = CollectedOutput::new(core.output_topics());
        Task { core, out, next_offset: 0 }
    }

    fn feed(&mut self, values: &[(Option<&str>, Option<&str>)]) {
        let bytes = |text: &&str| text.as_bytes().to_vec().into();
        let record = |(key, value): &(Option<&str>, Option<&str>)| {
            self.next_offset += 1;
            ConsumedRecord {
                offset: (self.next_offset - 1).into(),
                timestamp: Timestamp(0),
                key: key.as_ref().map(bytes),
                value: value.as_ref().map(bytes),
                headers: Vec::new(),
            }
        };
        let records = values.iter().map(record).collect();
        self.core.feed(&topic("input").partition(0), records).unwrap();
        self.core.run(&mut self.out).unwrap();
    }

    fn finish_epoch(&mut self) {
        self.core.finish_epoch(false, &mut self.out).unwrap();
    }

    /// How many rows were late so far.
    fn late(&self) -> u64 {
        let late = DropReason::ALL.iter().position(|reason| *reason == DropReason::Late).unwrap();
        self.core.counters().nodes.iter().map(|node| node.drops[late]).sum()
    }

    /// What was written since the last call, as `topic key value`.
    fn written(&mut self) -> Vec<String> {
        let text =
            |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or("-".to_string(), |bytes| String::from_utf8_lossy(bytes).into_owned());
        self.out
            .take()
            .iter()
            .map(|record: &CollectedRecord| format!("{} {} {}", record.topic, text(&record.key), text(&record.value)))
            .collect()
    }
}

fn requests() -> SchemaRef {
    schema(&[("ts", DataType::Timestamp(TimeUnit::Millisecond, None)), ("status", DataType::Int64), ("bytes", DataType::Int64)])
}

fn count_and_sum(input: &SchemaRef) -> Vec<AggregateCall> {
    let sum = Some(physical("bytes", input));
    vec![
        AggregateCall { function: AggregateFunction::CountStar, argument: None, filter: None },
        AggregateCall { function: AggregateFunction::Sum, argument: sum, filter: None },
    ]
}

/// Ten-second windows of `ts`, counted by `status` and put out when they close. With `shuffled` late rows are left out before the grouping already.
fn late_topology(shuffled: bool) -> Topology {
    let mut builder = TopologyBuilder::new();
    let input = requests();
    let window = Window { size_ms: 10_000, offset_ms: 0, grace_ms: 1_000 };
    let rows = source(&mut builder, &input, &RelationKind::Stream);
    let mut rows = operator(&mut builder, "watermark", watermark(0, 3_000, &input).unwrap(), true, rows);
    if shuffled {
        rows = operator(&mut builder, "in_time", only_in_time(window, 0, &input).unwrap(), false, rows);
    }
    let start = input.field(0).data_type().clone();
    let output = schema(&[("start", start), ("status", DataType::Int64), ("requests", DataType::Int64), ("bytes", DataType::Int64)]);
    let spec = TumbleSpec {
        output: SchemaRef::clone(&output),
        window,
        time_column: 0,
        groups: vec![physical("status", &input)],
        aggregates: count_and_sum(&input),
        emit: EmitMode::OnWindowClose,
        closes: true,
        append_only: true,
        input,
    };
    let rows = operator(&mut builder, "tumble", tumble_aggregate(spec).unwrap(), true, rows);
    sink(&mut builder, &output, &WriteOptions::append(), rows);
    builder.build().unwrap()
}

/// All that is written, and how many rows were late, if batches end after these rows.
fn run_cut(topology: &Topology, values: &[String], cuts: &[usize]) -> (Vec<String>, u64) {
    let mut task = Task::new(topology);
    let mut from = 0;
    for to in cuts.iter().map(|cut| cut % (values.len() + 1)).chain([values.len()]) {
        let part: Vec<_> = values[from.min(to)..to].iter().map(|value| (None, Some(value.as_str()))).collect();
        task.feed(&part);
        from = from.max(to);
    }
    if let Some(until) = task.core.open_until() {
        task.core.advance_to(until, &mut task.out).unwrap();
    }
    task.finish_epoch();
    (task.written(), task.late())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_late_does_not_depend_on_how_rows_are_cut_into_batches(
        rows in proptest::collection::vec((0i64..60_000, 0i64..3), 1..40),
        mut cuts in proptest::collection::vec(any::<usize>(), 0..8),
        shuffled in any::<bool>(),
    ) {
        let values: Vec<String> =
            rows.iter().map(|(ts, status)| format!(r#"{{"ts":{ts},"status":{status},"bytes":1}}"#)).collect();
        cuts.iter_mut().for_each(|cut| *cut %= values.len() + 1);
        cuts.sort_unstable();
        let topology = late_topology(shuffled);
        let whole = run_cut(&topology, &values, &[]);
        let each: Vec<usize> = (1..values.len()).collect();
        prop_assert_eq!(&run_cut(&topology, &values, &cuts), &whole);
        prop_assert_eq!(&run_cut(&topology, &values, &each), &whole);
        let mut greatest = 0;
        let late = rows.iter().filter(|(ts, _)| {
            let late = ts - ts % 10_000 + 11_000 <= greatest - 3_000;
            greatest = greatest.max(*ts);
            late
        });
        prop_assert_eq!(late.count() as u64, whole.1);
    }
}

fn windows_topology() -> Topology {
    let mut builder = TopologyBuilder::new();
    let input = requests();
    let rows = source(&mut builder, &input, &RelationKind::Stream);
    let rows = operator(&mut builder, "watermark", watermark(0, 1_000, &input).unwrap(), true, rows);
    let rows = operator(&mut builder, "filter", filter(physical("bytes >= 0 OR bytes IS NULL", &input), &input).unwrap(), false, rows);
    let columns = vec![
        (physical("ts", &input), "ts".to_string()),
        (physical("600 / status", &input), "class".to_string()),
        (physical("bytes", &input), "bytes".to_string()),
    ];
    let rows = operator(&mut builder, "project", project(columns, &input).unwrap(), false, rows);
    let input = schema(&[("ts", input.field(0).data_type().clone()), ("class", DataType::Int64), ("bytes", DataType::Int64)]);
    let output = schema(&[
        ("start", input.field(0).data_type().clone()),
        ("class", DataType::Int64),
        ("requests", DataType::Int64),
        ("bytes", DataType::Int64),
    ]);
    let spec = TumbleSpec {
        output: SchemaRef::clone(&output),
        window: Window { size_ms: 10_000, offset_ms: 0, grace_ms: 0 },
        time_column: 0,
        groups: vec![physical("class", &input)],
        aggregates: count_and_sum(&input),
        emit: EmitMode::OnWindowClose,
        closes: true,
        append_only: true,
        input,
    };
    let rows = operator(&mut builder, "tumble", tumble_aggregate(spec).unwrap(), true, rows);
    sink(&mut builder, &output, &WriteOptions::upsert(vec![0, 1]), rows);
    builder.build().unwrap()
}

#[test]
fn lines_become_windows_once_and_bad_ones_dead_letters() {
    let mut task = Task::new(&windows_topology());
    task.feed(&[
        (None, Some(r#"{"ts":"2015-05-17T10:05:03Z","status":200,"bytes":5}"#)),
        (None, Some(r#"{"ts":"2015-05-17T10:05:01Z","status":300,"bytes":null}"#)),
        (None, Some(r#"{"ts":"2015-05-17T10:05:02Z","status":200,"bytes":7}"#)),
        (None, Some(r#"{"ts":"2015-05-17T10:05:02Z","status":200,"bytes":-7}"#)),
        (None, Some("no json")),
        (None, Some(r#"{"ts":"2015-05-17T10:05:04Z","status":0,"bytes":1}"#)),
        (None, Some(r#"{"status":200,"bytes":1}"#)),
        (None, None),
    ]);
    task.finish_epoch();
    let mut dead = task.written();
    dead.sort();
    assert_eq!(
        dead,
        ["dead - no json", r#"dead - {"status":200,"bytes":1}"#, r#"dead - {"ts":"2015-05-17T10:05:04Z","status":0,"bytes":1}"#]
    );
    task.feed(&[(None, Some(r#"{"ts":"2015-05-17T10:05:11Z","status":200,"bytes":1}"#))]);
    assert_eq!(
        task.written(),
        [
            r#"output {"start":"2015-05-17T10:05:00Z","class":2} {"start":"2015-05-17T10:05:00Z","class":2,"requests":1,"bytes":null}"#,
            r#"output {"start":"2015-05-17T10:05:00Z","class":3} {"start":"2015-05-17T10:05:00Z","class":3,"requests":2,"bytes":12}"#,
        ]
    );
    task.feed(&[(None, Some(r#"{"ts":"2015-05-17T10:05:09Z","status":200,"bytes":1}"#))]);
    let until = task.core.open_until().unwrap();
    task.core.advance_to(until, &mut task.out).unwrap();
    let last = r#"output {"start":"2015-05-17T10:05:10Z","class":3} {"start":"2015-05-17T10:05:10Z","class":3,"requests":1,"bytes":1}"#;
    assert_eq!(task.written(), [last]);
    assert_eq!(task.core.open_until(), None);
}

#[test]
fn a_tables_upserts_become_upserts_of_its_groups() {
    let mut builder = TopologyBuilder::new();
    let input = schema(&[("id", DataType::Int64), ("city", DataType::Utf8), ("bytes", DataType::Int64)]);
    let rows = source(&mut builder, &input, &RelationKind::Table { key: vec![0] });
    let rows = operator(&mut builder, "upsert", upsert_to_delta(&input, &[0]).unwrap(), true, rows);
    let output = schema(&[("city", DataType::Utf8), ("count", DataType::Int64), ("bytes", DataType::Int64)]);
    let spec = AggregateSpec {
        output: SchemaRef::clone(&output),
        groups: vec![physical("city", &input)],
        aggregates: count_and_sum(&input),
        append_only: false,
        input,
    };
    let rows = operator(&mut builder, "aggregate", aggregate(spec).unwrap(), true, rows);
    sink(&mut builder, &output, &WriteOptions::upsert(vec![0]), rows);
    let mut task = Task::new(&builder.build().unwrap());
    task.feed(&[(None, Some(r#"{"id":1,"city":"a","bytes":1}"#)), (None, Some(r#"{"id":2,"city":"a","bytes":2}"#))]);
    task.finish_epoch();
    assert_eq!(task.written(), [r#"output {"city":"a"} {"city":"a","count":2,"bytes":3}"#]);
    task.feed(&[(None, Some(r#"{"id":1,"city":"b","bytes":5}"#))]);
    task.feed(&[(Some(r#"{"id":2}"#), None)]);
    task.finish_epoch();
    assert_eq!(task.written(), [r#"output {"city":"a"} -"#, r#"output {"city":"b"} {"city":"b","count":1,"bytes":5}"#]);
    task.finish_epoch();
    assert!(task.written().is_empty());
}

#[test]
fn rows_pass_a_repartition_topic() {
    let mut builder = TopologyBuilder::new();
    let input = requests();
    let rows = source(&mut builder, &input, &RelationKind::Stream);
    let spec = RepartitionSpec {
        name: Some("by-status".into()),
        partition_count: None,
        encoder: shuffle_encoder(&input, &[1]).unwrap(),
        decoder: shuffle_decoder(&input).unwrap(),
        describe: "by status".into(),
    };
    let rows = builder.repartition(spec, rows).into();
    sink(&mut builder, &input, &WriteOptions::append(), rows);
    let topology = builder.build().unwrap();
    let mut task = Task::new(&topology);
    task.feed(&[(None, Some(r#"{"ts":"2015-05-17T10:05:03Z","status":200,"bytes":5}"#))]);
    let sent = task.out.take().remove(0);
    let mut second = TaskCore::in_memory(&topology, 1).unwrap();
    let mut out = CollectedOutput::new(second.output_topics());
    let record = ConsumedRecord { offset: 0.into(), timestamp: sent.timestamp, key: sent.key, value: sent.value, headers: sent.headers };
    let partition = second.inputs().remove(0);
    second.feed(&partition, vec![record]).unwrap();
    second.run(&mut out).unwrap();
    let value = out.take().remove(0).value.unwrap();
    assert_eq!(value, r#"{"ts":"2015-05-17T10:05:03Z","status":200,"bytes":5}"#.as_bytes());
}
