//! Windowed aggregations: out-of-order and late rows, grace, emission on close, hopping windows.

use crate::support::{Case, driver, read, run, text};
use std::time::Duration;
use streams_dsl::{
    Consumed, EmitStrategy, Grouped, Integer, KStream, Materialized, Produced, Text, TimeWindowed, TimeWindowedKStream, TimeWindows,
    Window, Windowed,
};
use streams_runtime::DropReason;
use streams_testkit::{TestTopic, TopologyTestDriver};

const SIZE: Duration = Duration::from_millis(10);

type Words = TimeWindowedKStream<String, String>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A windowed count from `in` to `out`.
fn counting(windows: TimeWindows, configure: impl FnOnce(Words) -> Words) -> TopologyTestDriver {
    driver(|builder| {
        let words: KStream<String, String> = builder.stream("in", Consumed::default());
        configure(words.group_by_key(Grouped::default()).windowed_by(windows))
            .count(Materialized::named("counts"))
            .to_stream()
            .to("out", Produced::default());
    })
}

/// A result: key, start of the 10 ms window, count, timestamp.
fn count(key: &str, start_ms: i64, count: i64, timestamp_ms: i64) -> Case<Windowed<String>, i64> {
    let window = Window { start_ms, end_ms: start_ms + 10 };
    (Some(Windowed { key: key.to_string(), window }), Some(count), timestamp_ms)
}

fn out_serdes() -> (TimeWindowed<String>, Integer) {
    (TimeWindowed::new(Text, SIZE), Integer)
}

/// A row in, and what it brings out.
type Step<'a> = (Case<String, String>, &'a [Case<Windowed<String>, i64>]);

fn check(driver: &mut TopologyTestDriver, cases: &[Step<'_>]) {
    let rows: Vec<_> = cases.iter().map(|(row, _)| row.clone()).collect();
    let out = run(driver, (Text, Text), rows, out_serdes());
    for ((row, expected), out) in cases.iter().zip(out) {
        assert_eq!(out, *expected, "{row:?}");
    }
}

#[test]
fn a_row_is_late_once_its_window_ended_a_grace_ago() {
    let mut driver = counting(TimeWindows::of(SIZE).grace(ms(5)), |windowed| windowed);
    check(
        &mut driver,
        &[
            (text("a", "x", 3), &[count("a", 0, 1, 3)]),
            (text("a", "x", 9), &[count("a", 0, 2, 9)]),
            (text("a", "x", 10), &[count("a", 10, 1, 10)]),
            (text("a", "out of order", 0), &[count("a", 0, 3, 9)]),
            (text("b", "x", 14), &[count("b", 10, 1, 14)]),
            (text("a", "just in time: 10 > 14 - 5", 9), &[count("a", 0, 4, 9)]),
            (text("a", "x", 15), &[count("a", 10, 2, 15)]),
            (text("a", "late: 10 > 15 - 5 is false", 9), &[]),
            (text("-", "moves nothing", 100), &[]),
            (text("b", "x", 12), &[count("b", 10, 2, 14)]),
            (text("a", "moves time for all keys", 30), &[count("a", 30, 1, 30)]),
            (text("b", "late", 12), &[]),
        ],
    );
    assert_eq!((driver.dropped(DropReason::Late), driver.dropped(DropReason::NullKey)), (2, 1));
}

#[test]
fn without_grace_a_row_is_late_at_the_end_of_its_window() {
    let mut driver = counting(TimeWindows::of(SIZE), |windowed| windowed);
    check(&mut driver, &[(text("a", "x", 10), &[count("a", 10, 1, 10)]), (text("a", "late", 9), &[])]);
}

#[test]
fn rows_without_a_value_count_in_windows() {
    let mut driver = counting(TimeWindows::of(SIZE), |windowed| windowed);
    check(&mut driver, &[(text("a", "-", 1), &[count("a", 0, 1, 1)])]);
}

#[test]
fn on_window_close_each_window_is_emitted_once_in_the_order_of_time_and_key() {
    let mut driver = counting(TimeWindows::of(SIZE).grace(ms(5)), |windowed| windowed.emit_strategy(EmitStrategy::OnWindowClose));
    check(
        &mut driver,
        &[
            (text("b", "x", 1), &[]),
            (text("a", "x", 2), &[]),
            (text("b", "x", 0), &[]),
            (text("a", "x", 11), &[]),
            (text("a", "still open", 14), &[]),
            (text("a", "closes the first", 15), &[count("a", 0, 1, 2), count("b", 0, 2, 1)]),
            (text("b", "late", 9), &[]),
            (text("c", "closes all before 40", 45), &[count("a", 10, 3, 15)]),
        ],
    );
    driver.close_windows().unwrap();
    let (key, value) = out_serdes();
    assert_eq!(read(&mut driver, &TestTopic::new("out", key, value)), [count("c", 40, 1, 45)]);
}

#[test]
fn each_window_of_a_hopping_row_is_judged_by_itself() {
    let mut driver = counting(TimeWindows::of(SIZE).advance_by(ms(5)), |windowed| windowed);
    check(
        &mut driver,
        &[
            (text("a", "x", 7), &[count("a", 0, 1, 7), count("a", 5, 1, 7)]),
            (text("a", "x", 12), &[count("a", 5, 2, 12), count("a", 10, 1, 12)]),
            (text("a", "late for [0, 10) only", 6), &[count("a", 5, 3, 12)]),
        ],
    );
    assert_eq!(driver.dropped(DropReason::Late), 1);
}

#[test]
fn reduce_and_aggregate_work_by_window_and_drop_null_values() {
    let mut driver = driver(|builder| {
        let words: KStream<String, String> = builder.stream("in", Consumed::default());
        let windowed = words.group_by_key(Grouped::default()).windowed_by(TimeWindows::of(SIZE));
        windowed.reduce(|left, right| left + &right, Materialized::default()).to_stream().to("reduced", Produced::default());
        windowed
            .aggregate(|| 0i64, |_key, value, total| total + value.len() as i64, Materialized::default())
            .to_stream()
            .to("out", Produced::default());
    });
    check(
        &mut driver,
        &[
            (text("a", "xy", 1), &[count("a", 0, 2, 1)]),
            (text("a", "-", 2), &[]),
            (text("a", "z", 3), &[count("a", 0, 3, 3)]),
            (text("a", "z", 13), &[count("a", 10, 1, 13)]),
        ],
    );
    let reduced = read(&mut driver, &TestTopic::new("reduced", TimeWindowed::new(Text, SIZE), Text));
    assert_eq!(reduced.into_iter().map(|(_, value, _)| value.unwrap()).collect::<Vec<_>>(), ["xy", "xyz", "z"]);
    assert_eq!(driver.dropped(DropReason::NullValue), 2);
}

#[test]
fn a_window_is_forgotten_when_its_retention_has_passed() {
    let stored = |retention: Option<Duration>| {
        let mut driver = driver(|builder| {
            let words: KStream<String, String> = builder.stream("in", Consumed::default());
            let mut materialized = Materialized::named("counts");
            if let Some(retention) = retention {
                materialized = materialized.retention(retention);
            }
            words.group_by_key(Grouped::default()).windowed_by(TimeWindows::of(SIZE).grace(ms(5))).count(materialized);
        });
        let input = TestTopic::new("in", Text, Text);
        for timestamp_ms in [1, 12, 25] {
            driver.pipe_input(&input, "a".to_string(), "x".to_string(), timestamp_ms).unwrap();
        }
        let mut store = driver.window_store("counts", Text, Integer, SIZE).unwrap();
        let all: Vec<(Windowed<String>, i64, i64)> = store.all().unwrap();
        all.into_iter().map(|(key, _, _)| key.window.start_ms).collect::<Vec<_>>()
    };
    assert_eq!(stored(None), [20], "kept for size and grace: 15 ms");
    assert_eq!(stored(Some(ms(20))), [10, 20]);
    assert_eq!(stored(Some(ms(100))), [0, 10, 20]);
}

#[test]
fn the_window_store_finds_a_window_of_a_key() {
    let mut driver = counting(TimeWindows::of(SIZE), |windowed| windowed);
    check(&mut driver, &[(text("a", "x", 13), &[count("a", 10, 1, 13)])]);
    let mut store = driver.window_store("counts", Text, Integer, SIZE).unwrap();
    assert_eq!(store.fetch(&"a".to_string(), 10).unwrap(), Some((1i64, 13)));
    assert_eq!(store.fetch(&"a".to_string(), 0).unwrap(), None);
    assert_eq!(store.fetch(&"b".to_string(), 10).unwrap(), None);
}

#[test]
fn a_window_with_more_rows_than_are_emitted_at_once_is_emitted_whole_and_once() {
    let words = 20_000;
    let mut driver = driver(|builder| {
        let lines: KStream<String, String> = builder.stream("in", Consumed::default());
        lines
            .flat_map(move |_, _| (0..words).map(|word| (Some(format!("{word:05}")), Some(String::new()))))
            .group_by_key(Grouped::default())
            .windowed_by(TimeWindows::of(SIZE))
            .emit_strategy(EmitStrategy::OnWindowClose)
            .count(Materialized::named("counts"))
            .to_stream()
            .to("out", Produced::default());
    });
    let rows = vec![text("-", "first", 5), text("-", "second", 12), text("-", "third", 25)];
    let out = run(&mut driver, (Text, Text), rows, out_serdes());
    let expected =
        |start_ms, timestamp_ms| -> Vec<_> { (0..words).map(|word| count(&format!("{word:05}"), start_ms, 1, timestamp_ms)).collect() };
    assert!(out[0].is_empty());
    assert!(out[1] == expected(0, 5), "{} rows", out[1].len());
    assert!(out[2] == expected(10, 12), "{} rows", out[2].len());
    driver.close_windows().unwrap();
    let rest = read(&mut driver, &TestTopic::new("out", TimeWindowed::new(Text, SIZE), Integer));
    assert!(rest == expected(20, 25), "{} rows", rest.len());
}
