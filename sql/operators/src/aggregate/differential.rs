//! The truth to test against: after any changes, in any batches and epochs and across restarts, what a grouping has put out sums up to DataFusion's answer
//! over the net rows.

use super::plain::AggregateState;
use super::spec::{AggregateCall, AggregateFunction, AggregateSpec, EmitMode, TumbleSpec, Window};
use super::tumble::TumbleState;
use crate::columns::{Cell, RowBuilder};
use crate::testing::{memory_store, physical, rows_of};
use crate::{DeltaBatch, Result};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::datasource::MemTable;
use datafusion::prelude::SessionContext;
use log_model::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use streams_state::{CachedStore, Store};

const TIME: DataType = DataType::Timestamp(TimeUnit::Millisecond, None);

fn schema() -> SchemaRef {
    let columns = [
        ("ts", TIME),
        ("k", DataType::Utf8),
        ("g", DataType::Int64),
        ("x", DataType::Int64),
        ("f", DataType::Float64),
        ("s", DataType::Utf8),
        ("d", DataType::Decimal128(10, 2)),
    ];
    Arc::new(Schema::new(columns.map(|(name, data_type)| Field::new(name, data_type, true)).to_vec()))
}

/// An aggregate: function, argument, filter, result type.
type Call = (AggregateFunction, Option<&'static str>, Option<&'static str>, DataType);

fn calls() -> Vec<Call> {
    use AggregateFunction::{Avg, Count, CountDistinct, CountStar, Max, Min, Sum};
    use DataType::{Decimal128, Float64, Int64, Utf8};
    vec![
        (CountStar, None, None, Int64),
        (Count, Some("x"), None, Int64),
        (Count, Some("x"), Some("f > 0"), Int64),
        (CountDistinct, Some("s"), None, Int64),
        (CountDistinct, Some("x"), Some("x > 1"), Int64),
        (Sum, Some("x"), None, Int64),
        (Sum, Some("x + g"), Some("f > 0"), Int64),
        (Sum, Some("f"), None, Float64),
        (Sum, Some("d"), None, Decimal128(20, 2)),
        (Min, Some("x"), None, Int64),
        (Max, Some("x"), Some("s <> 'y'"), Int64),
        (Min, Some("s"), None, Utf8),
        (Max, Some("s"), None, Utf8),
        (Max, Some("f"), None, Float64),
        (Min, Some("ts"), None, TIME),
        (Max, Some("d"), None, Decimal128(10, 2)),
        (Avg, Some("x"), None, Float64),
        (Avg, Some("f"), Some("x > 0"), Float64),
        (Avg, Some("d"), None, Decimal128(14, 6)),
    ]
}

fn sql_of((function, argument, filter, _): &Call) -> String {
    use AggregateFunction::{Avg, Count, CountDistinct, CountStar, Max, Min, Sum};
    let argument = argument.unwrap_or("*");
    let call = match function {
        CountStar | Count => format!("count({argument})"),
        CountDistinct => format!("count(DISTINCT {argument})"),
        Sum => format!("sum({argument})"),
        Min => format!("min({argument})"),
        Max => format!("max({argument})"),
        Avg => format!("avg({argument})"),
    };
    filter.map_or(call.clone(), |filter| format!("{call} FILTER (WHERE {filter})"))
}

fn aggregates(calls: &[Call]) -> Vec<AggregateCall> {
    let schema = schema();
    let expression = |sql: &Option<&str>| sql.map(|sql| physical(sql, &schema));
    calls
        .iter()
        .map(|(function, argument, filter, _)| AggregateCall {
            function: *function,
            argument: expression(argument),
            filter: expression(filter),
        })
        .collect()
}

fn output(first: Vec<Field>, calls: &[Call]) -> SchemaRef {
    let results = calls.iter().map(|call| Field::new(sql_of(call), call.3.clone(), true));
    Arc::new(Schema::new(first.into_iter().chain(results).collect::<Vec<_>>()))
}

type Row = Vec<Cell<'static>>;

fn row() -> impl Strategy<Value = Row> {
    let optional = |strategy: BoxedStrategy<Cell<'static>>| prop_oneof![1 => Just(Cell::Null), 5 => strategy];
    let text = |pattern: &'static str| optional(pattern.prop_map(|text| Cell::Text(text.into())).boxed());
    (
        (0i64..5_000).prop_map(Cell::Int),
        text("[ab]?"),
        optional((0i64..2).prop_map(Cell::Int).boxed()),
        optional((-3i64..4).prop_map(Cell::Int).boxed()),
        optional((-3i32..4).prop_map(|value| Cell::Float(f64::from(value) * 0.5)).boxed()),
        text("[xyz]{1,2}"),
        optional((-500i128..500).prop_map(Cell::Decimal).boxed()),
    )
        .prop_map(|(ts, k, g, x, f, s, d)| vec![ts, k, g, x, f, s, d].into_iter().map(plus_zero).collect())
}

/// -0.0 is 0.0 for us, and shown otherwise by DataFusion.
fn plus_zero(cell: Cell<'static>) -> Cell<'static> {
    if let Cell::Float(value) = cell { Cell::Float(value + 0.0) } else { cell }
}

/// What happens before the next row: nothing, a batch ends, an epoch too, a restart too.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Cut {
    None,
    Batch,
    Epoch,
    Restart,
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![6 => Just(Cut::None), 2 => Just(Cut::Batch), 1 => Just(Cut::Epoch), 1 => Just(Cut::Restart)]
}

/// A change: the row, how often, and whether to take back an earlier row instead of adding this one.
fn changes() -> impl Strategy<Value = Vec<(Row, i64, Option<usize>, Cut)>> {
    proptest::collection::vec((row(), 1i64..3, prop::option::weighted(0.4, any::<usize>()), cut()), 1..40)
}

/// The changes as weighted rows, and the rows that are left.
fn weighted(changes: &[(Row, i64, Option<usize>, Cut)]) -> (Vec<(Row, i64, Cut)>, Vec<Row>) {
    let mut live: Vec<Row> = Vec::new();
    let mut weighted = Vec::new();
    for (row, weight, taken_back, cut) in changes {
        match taken_back {
            Some(pick) if !live.is_empty() => weighted.push((live.swap_remove(pick % live.len()), -1, *cut)),
            _ => {
                live.extend(std::iter::repeat_n(row.clone(), *weight as usize));
                weighted.push((row.clone(), *weight, *cut));
            }
        }
    }
    (weighted, live)
}

fn batch_of(rows: &[Row], weights: Vec<i64>) -> DeltaBatch {
    let mut builder = RowBuilder::new(schema()).unwrap();
    rows.iter().for_each(|row| builder.append(row).unwrap());
    let time = |row: &Row| if let Cell::Int(time) = row[0] { time } else { 0 };
    DeltaBatch::new(builder.finish().unwrap(), rows.iter().map(time).collect::<Vec<_>>()).with_weights(weights)
}

/// The sums of weights of what was put out; every row as text.
#[derive(Debug, Default)]
struct Net(BTreeMap<String, i64>);

impl Net {
    fn add(&mut self, batch: &DeltaBatch) {
        for (row, text) in rows_of(batch).into_iter().enumerate() {
            *self.0.entry(text[1..].to_string()).or_default() += batch.weight(row);
        }
        self.0.retain(|_, weight| *weight != 0);
    }
}

/// DataFusion's answer over rows.
fn answer(rows: &[Row], sql: &str) -> BTreeMap<String, i64> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let found: Vec<RecordBatch> = runtime.block_on(async {
        let session = SessionContext::new();
        let table = MemTable::try_new(schema(), vec![vec![batch_of(rows, vec![1; rows.len()]).rows]]).unwrap();
        session.register_table("t", Arc::new(table)).unwrap();
        session.sql(sql).await.unwrap().collect().await.unwrap()
    });
    let mut net = Net::default();
    for rows in found {
        let count = rows.num_rows();
        net.add(&DeltaBatch::new(rows, vec![0; count]));
    }
    net.0
}

fn select(groups: &[&str], calls: &[Call]) -> String {
    let results = groups.iter().map(|group| group.to_string()).chain(calls.iter().map(sql_of)).collect::<Vec<_>>().join(", ");
    let grouping = if groups.is_empty() { String::new() } else { format!(" GROUP BY {}", groups.join(", ")) };
    format!("SELECT {results} FROM t{grouping}")
}

fn plain_spec(groups: &[&str], append_only: bool) -> AggregateSpec {
    let schema = schema();
    let calls = calls();
    let fields = groups.iter().map(|group| schema.field_with_name(group).unwrap().clone()).collect();
    AggregateSpec {
        output: output(fields, &calls),
        groups: groups.iter().map(|group| physical(group, &schema)).collect(),
        aggregates: aggregates(&calls),
        input: schema,
        append_only,
    }
}

fn run_plain(spec: &AggregateSpec, changes: &[(Row, i64, Cut)]) -> Result<Net> {
    let mut store = memory_store();
    let mut state = AggregateState::new(spec)?;
    let mut net = Net::default();
    let (mut rows, mut weights) = (Vec::new(), Vec::new());
    for (index, (row, weight, cut)) in changes.iter().enumerate() {
        rows.push(row.clone());
        weights.push(*weight);
        let last = index + 1 == changes.len();
        let mut take = |batch: DeltaBatch| {
            net.add(&batch);
            Ok(())
        };
        if *cut >= Cut::Batch || last {
            let batch = batch_of(&std::mem::take(&mut rows), std::mem::take(&mut weights));
            assert_eq!(state.apply(batch, &mut store, &mut take)?, []);
        }
        if *cut >= Cut::Epoch || last {
            state.finish_epoch(&mut store, &mut take)?;
        }
        if *cut == Cut::Restart {
            state = AggregateState::new(spec)?;
        }
    }
    Ok(net)
}

const SECOND: Window = Window { size_ms: 1_000, offset_ms: 0, grace_ms: 200 };

fn tumble_spec(emit: EmitMode, closes: bool, append_only: bool) -> TumbleSpec {
    let schema = schema();
    let calls = calls();
    let start = Field::new("start", TIME, false);
    TumbleSpec {
        output: output(vec![start, schema.field(1).clone()], &calls),
        window: SECOND,
        time_column: 0,
        groups: vec![physical("k", &schema)],
        aggregates: aggregates(&calls),
        emit,
        closes,
        append_only,
        input: schema,
    }
}

fn tumble_sql() -> String {
    select(&["date_bin(INTERVAL '1 second', ts, TIMESTAMP '1970-01-01T00:00:00')", "k"], &calls())
}

/// A tumbling grouping being driven, and what it should have seen.
struct Driven {
    spec: TumbleSpec,
    state: TumbleState,
    store: CachedStore,
    net: Net,
    order: Vec<String>,
    accepted: Vec<Row>,
    late: u64,
    closed_until: i64,
}

impl Driven {
    fn new(spec: TumbleSpec) -> Driven {
        let state = TumbleState::new(&spec).unwrap();
        Driven {
            spec,
            state,
            store: memory_store(),
            net: Net::default(),
            order: Vec::new(),
            accepted: Vec::new(),
            late: 0,
            closed_until: i64::MIN,
        }
    }

    fn step(&mut self, step: impl FnOnce(&mut TumbleState, &mut CachedStore, super::render::Emit<'_>)) {
        let Driven { state, store, net, order, .. } = self;
        step(state, store, &mut |batch| {
            net.add(&batch);
            order.extend(rows_of(&batch));
            Ok(())
        });
    }

    fn apply(&mut self, rows: &[Row], weights: Vec<i64>) {
        let late = |row: &Row| matches!(row[0], Cell::Int(time) if time - time % 1_000 + 1_000 <= self.closed_until);
        let expected = rows.iter().filter(|row| late(row)).count() as u64;
        self.accepted.extend(rows.iter().filter(|row| !late(row)).cloned());
        self.late += expected;
        let batch = batch_of(rows, weights);
        self.step(|state, store, emit| {
            let applied = state.apply(batch, store, emit).unwrap();
            assert_eq!((applied.late, applied.failed.len()), (expected, 0));
        });
    }

    fn advance(&mut self, watermark: i64) {
        let reached = watermark - SECOND.grace_ms;
        self.closed_until = self.closed_until.max(reached - reached.rem_euclid(1_000));
        self.step(|state, store, emit| state.advance(Timestamp(watermark), store, emit).unwrap());
    }

    fn finish_epoch(&mut self) {
        self.step(|state, store, emit| state.finish_epoch(store, emit).unwrap());
    }

    fn restart(&mut self) {
        self.state = TumbleState::new(&self.spec).unwrap();
        self.state.open(&mut self.store).unwrap();
    }

    /// Feeds rows in their order; after each batch the watermark follows the greatest time by `delay`.
    fn feed(&mut self, rows: &[(Row, Cut)], delay: i64) {
        let mut waiting = Vec::new();
        let mut greatest = i64::MIN;
        for (row, cut) in rows {
            waiting.push(row.clone());
            if let Cell::Int(time) = row[0] {
                greatest = greatest.max(time);
            }
            if *cut >= Cut::Batch {
                let batch = std::mem::take(&mut waiting);
                self.apply(&batch, vec![1; batch.len()]);
                self.advance(greatest - delay);
            }
            if *cut >= Cut::Epoch {
                self.finish_epoch();
            }
            if *cut == Cut::Restart {
                self.restart();
            }
        }
        self.apply(&waiting, vec![1; waiting.len()]);
        self.finish_epoch();
    }

    fn close_all(&mut self) {
        if let Some(watermark) = self.state.open_until() {
            self.advance(watermark.0);
        }
        assert!(!self.state.is_closing());
        assert_eq!(self.state.open_until(), None);
    }

    fn stored_entries(&mut self) -> usize {
        let mut count = 0;
        let mut visit = |_: &[u8], _: &[u8]| {
            count += 1;
            Ok(ControlFlow::Continue(()))
        };
        self.store.scan(&[], None, &mut visit).unwrap();
        count
    }
}

fn timed_rows() -> impl Strategy<Value = Vec<(Row, Cut)>> {
    proptest::collection::vec((row(), cut()), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_grouping_of_changes_equals_the_batch_query(changes in changes()) {
        let (changes, live) = weighted(&changes);
        for groups in [&["k", "g"][..], &[]] {
            let net = run_plain(&plain_spec(groups, false), &changes).unwrap();
            prop_assert_eq!(net.0, answer(&live, &select(groups, &calls())));
        }
    }

    #[test]
    fn a_grouping_of_additions_equals_the_batch_query(rows in proptest::collection::vec((row(), cut()), 1..40)) {
        let changes: Vec<_> = rows.iter().map(|(row, cut)| (row.clone(), 1, *cut)).collect();
        let net = run_plain(&plain_spec(&["k", "g"], true), &changes).unwrap();
        let live: Vec<_> = rows.into_iter().map(|(row, _)| row).collect();
        prop_assert_eq!(net.0, answer(&live, &select(&["k", "g"], &calls())));
    }

    #[test]
    fn windows_of_changes_equal_the_batch_query(changes in changes()) {
        let (changes, live) = weighted(&changes);
        let mut driven = Driven::new(tumble_spec(EmitMode::Changes, false, false));
        for (row, weight, cut) in &changes {
            driven.apply(std::slice::from_ref(row), vec![*weight]);
            if *cut >= Cut::Epoch {
                driven.finish_epoch();
            }
            if *cut == Cut::Restart {
                driven.restart();
            }
        }
        driven.finish_epoch();
        prop_assert_eq!(driven.net.0, answer(&live, &tumble_sql()));
    }

    #[test]
    fn closed_windows_come_once_in_order_and_leave_nothing(rows in timed_rows(), delay in 0i64..3_000) {
        let mut driven = Driven::new(tumble_spec(EmitMode::OnWindowClose, true, true));
        driven.feed(&rows, delay);
        driven.restart();
        driven.close_all();
        let expected = answer(&driven.accepted, &tumble_sql());
        prop_assert_eq!(driven.order.len(), expected.len());
        prop_assert_eq!(&driven.net.0, &expected);
        let window_and_group = |row: &String| row.split(',').take(2).map(str::to_string).collect::<Vec<_>>();
        prop_assert!(driven.order.is_sorted_by_key(window_and_group));
        prop_assert_eq!(driven.late as usize + driven.accepted.len(), rows.len());
        prop_assert!(driven.stored_entries() <= 1);
    }

    #[test]
    fn windows_that_close_keep_the_changes_they_put_out(rows in timed_rows(), delay in 0i64..3_000) {
        let mut driven = Driven::new(tumble_spec(EmitMode::Changes, true, true));
        driven.feed(&rows, delay);
        driven.close_all();
        prop_assert_eq!(&driven.net.0, &answer(&driven.accepted, &tumble_sql()));
        prop_assert!(driven.stored_entries() <= 1);
    }
}

#[test]
fn a_large_window_closes_in_portions_also_across_restarts() {
    for mode in [EmitMode::OnWindowClose, EmitMode::Changes] {
        let mut driven = Driven::new(tumble_spec(mode, true, true));
        let group = |number: usize| format!("{number:05}{}", "x".repeat(1_000));
        let row = |number: usize| {
            let [k, s] = [group(number), format!("distinct {number}")].map(|text| Cell::Text(text.into()));
            vec![Cell::Int(number as i64 % 2_000), k, Cell::Null, Cell::Null, Cell::Null, s, Cell::Null]
        };
        let rows: Vec<Row> = (0..8_000).map(row).collect();
        driven.apply(&rows, vec![1; rows.len()]);
        let (mut portions, mut watermark) = (0, 2_300);
        while portions == 0 || driven.state.is_closing() {
            let before = (driven.order.len(), driven.stored_entries());
            driven.advance(watermark);
            let row_count = driven.order.len() - before.0;
            assert!(mode == EmitMode::Changes || row_count < 5_000, "{row_count} rows in one portion");
            assert!(driven.stored_entries() < before.1, "each portion forgets something");
            driven.finish_epoch();
            if portions % 2 == 0 {
                driven.restart();
            }
            // Time may go on meanwhile.
            watermark += 1;
            portions += 1;
        }
        assert!(portions > 3, "{portions} portions of {mode:?}");
        assert_eq!(driven.order.len(), rows.len());
        assert!(driven.net.0.values().all(|weight| *weight == 1) && driven.net.0.len() == rows.len());
        assert_eq!((driven.stored_entries(), driven.state.open_until()), (1, None));
    }
}

#[test]
fn a_sum_that_leaves_its_type_says_so_and_may_come_back() {
    let schema = schema();
    let big = |value: i64| vec![Cell::Int(0), Cell::Null, Cell::Null, Cell::Int(value), Cell::Null, Cell::Null, Cell::Null];
    let call: Vec<Call> = vec![(AggregateFunction::Sum, Some("x"), None, DataType::Int64)];
    let spec =
        AggregateSpec { output: output(vec![], &call), groups: vec![], aggregates: aggregates(&call), input: schema, append_only: false };
    let within = [(big(i64::MAX), 1, Cut::None), (big(1), 1, Cut::Batch), (big(i64::MAX), -1, Cut::None)];
    assert_eq!(run_plain(&spec, &within).unwrap().0.into_keys().collect::<Vec<_>>(), ["1"]);
    let beyond = [(big(i64::MAX), 1, Cut::None), (big(1), 1, Cut::Epoch)];
    let expected = "sum(x) is 9223372036854775808, which does not fit BIGINT; cast its argument to DECIMAL(38,0) or DOUBLE";
    assert_eq!(run_plain(&spec, &beyond).unwrap_err().to_string(), expected);
}

#[test]
fn nan_is_the_greatest_number_in_any_order() {
    let schema = schema();
    let row = |value: f64| vec![Cell::Int(0), Cell::Null, Cell::Null, Cell::Null, Cell::Float(value), Cell::Null, Cell::Null];
    let call: Vec<Call> =
        vec![(AggregateFunction::Min, Some("f"), None, DataType::Float64), (AggregateFunction::Max, Some("f"), None, DataType::Float64)];
    for (append_only, values) in [(true, [1.0, f64::NAN, 2.0]), (true, [f64::NAN, 2.0, 1.0]), (false, [2.0, f64::NAN, 1.0])] {
        let input = SchemaRef::clone(&schema);
        let spec = AggregateSpec { output: output(vec![], &call), groups: vec![], aggregates: aggregates(&call), input, append_only };
        let net = run_plain(&spec, &values.map(|value| (row(value), 1, Cut::None))).unwrap();
        assert_eq!(net.0.into_keys().collect::<Vec<_>>(), ["1.0,NaN"]);
    }
}

#[test]
fn what_does_not_fit_is_refused_before_it_runs() {
    let refused = |spec: TumbleSpec| TumbleState::new(&spec).err().unwrap().to_string();
    let base = || tumble_spec(EmitMode::OnWindowClose, true, true);
    assert!(refused(TumbleSpec { closes: false, ..base() }).contains("needs a watermark"));
    assert!(refused(TumbleSpec { time_column: 1, ..base() }).contains("window column \"k\", which must be TIMESTAMP"));
    assert!(refused(TumbleSpec { window: Window { size_ms: 0, ..SECOND }, ..base() }).contains("the size must be above zero"));
    let mut spec = plain_spec(&[], true);
    spec.aggregates[0] = AggregateCall { function: AggregateFunction::Sum, argument: Some(physical("s", &spec.input)), filter: None };
    let error = AggregateState::new(&spec).err().unwrap().to_string();
    assert_eq!(error, "type VARCHAR cannot be used in the sum or mean of \"count(*)\"; cast it to another type");
    let taken_back =
        run_plain(&plain_spec(&["k"], true), &[(vec![Cell::Int(0); 1].into_iter().chain(vec![Cell::Null; 6]).collect(), -1, Cut::None)]);
    assert!(taken_back.unwrap_err().to_string().contains("taken back"));
}
