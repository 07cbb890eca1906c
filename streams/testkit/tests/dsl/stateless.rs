//! Operations without state: one table of rows in and rows out for each.

use crate::support::{Case, driver, read, run, text};
use streams_dsl::{Consumed, KStream, Produced, Repartitioned, StreamsBuilder, Text};
use streams_testkit::{TestTopic, TopologyTestDriver};

type Stream = KStream<String, String>;

/// A program from `in` to `out`.
fn through(step: impl FnOnce(Stream) -> Stream) -> TopologyTestDriver {
    driver(|builder| step(builder.stream("in", Consumed::default())).to("out", Produced::default()))
}

fn check(step: impl FnOnce(Stream) -> Stream, rows: &[Case<String, String>], expected: &[Case<String, String>]) {
    let out = run(&mut through(step), (Text, Text), rows.to_vec(), (Text, Text));
    assert_eq!(out.concat(), expected);
}

fn is_long(_key: Option<&String>, value: Option<&String>) -> bool {
    value.is_some_and(|value| value.len() > 3)
}

#[test]
fn filter_keeps_and_filter_not_leaves_out_what_matches() {
    let rows = [text("a", "long one", 1), text("-", "no", 2), text("b", "-", 3), text("-", "also long", 4)];
    check(|stream| stream.filter(is_long), &rows, &[text("a", "long one", 1), text("-", "also long", 4)]);
    check(|stream| stream.filter_not(is_long), &rows, &[text("-", "no", 2), text("b", "-", 3)]);
}

#[test]
fn map_replaces_key_and_value_and_keeps_the_timestamp() {
    check(
        |stream| stream.map(|key, value| (value, key)),
        &[text("k", "v", 7), text("-", "v", 8), text("k", "-", 9)],
        &[text("v", "k", 7), text("v", "-", 8), text("-", "k", 9)],
    );
}

#[test]
fn map_values_leaves_keys_and_tombstones_alone() {
    check(
        |stream| stream.map_values(|value| value.to_uppercase()),
        &[text("k", "v", 7), text("-", "w", 8), text("k", "-", 9)],
        &[text("k", "V", 7), text("-", "W", 8), text("k", "-", 9)],
    );
}

#[test]
fn flat_map_makes_any_number_of_rows() {
    check(
        |stream| {
            stream.flat_map(|key, value| {
                let words = value.unwrap_or_default();
                words.split_whitespace().map(|word| (Some(word.to_string()), key.clone())).collect::<Vec<_>>()
            })
        },
        &[text("k", "x y", 1), text("k", "-", 2), text("-", "z", 3)],
        &[text("x", "k", 1), text("y", "k", 1), text("z", "-", 3)],
    );
}

#[test]
fn flat_map_values_counts_the_tombstones_it_cannot_map() {
    let mut driver = through(|stream| stream.flat_map_values(|value| value.split(' ').map(str::to_string).collect::<Vec<_>>()));
    let rows = [text("k", "x y", 1), text("k", "-", 2), text("-", "z", 3)];
    let out = run(&mut driver, (Text, Text), rows, (Text, Text));
    assert_eq!(out.concat(), [text("k", "x", 1), text("k", "y", 1), text("-", "z", 3)]);
    assert_eq!(driver.dropped(streams_runtime::DropReason::NullValue), 1);
}

#[test]
fn select_key_may_leave_a_row_without_a_key() {
    check(
        |stream| stream.select_key(|_key, value| value.filter(|value| *value != "none").cloned()),
        &[text("k", "v", 1), text("k", "none", 2), text("k", "-", 3)],
        &[text("v", "v", 1), text("-", "none", 2), text("-", "-", 3)],
    );
}

#[test]
fn peek_shows_and_for_each_takes_every_row() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (peeked, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (in_peek, in_for_each) = (Arc::clone(&peeked), Arc::clone(&taken));
    let rows = [text("a", "1", 1), text("-", "-", 2)];
    check(
        move |stream| {
            stream.for_each(move |_key, _value| {
                in_for_each.fetch_add(1, Ordering::Relaxed);
            });
            stream.peek(move |_key, _value| {
                in_peek.fetch_add(1, Ordering::Relaxed);
            })
        },
        &rows,
        &rows,
    );
    assert_eq!((peeked.load(Ordering::Relaxed), taken.load(Ordering::Relaxed)), (2, 2));
}

fn split(builder: &StreamsBuilder) -> streams_dsl::BranchedKStream<String, String> {
    let stream: Stream = builder.stream("in", Consumed::default());
    let starts_with = |letter: char| move |_: Option<&String>, value: Option<&String>| value.is_some_and(|value| value.starts_with(letter));
    stream.split().branch("a", starts_with('a')).branch("any", |_, value| value.is_some()).branch("b", starts_with('b'))
}

#[test]
fn split_sends_each_row_to_the_first_match_and_the_rest_to_the_default() {
    let rows = [text("1", "ab", 1), text("2", "ba", 2), text("3", "-", 3)];
    let mut driver = driver(|builder| {
        for (name, branch) in split(builder).default_branch("rest") {
            branch.to(format!("out-{name}"), Produced::default());
        }
    });
    let input = TestTopic::new("in", Text, Text);
    for (key, value, timestamp_ms) in rows {
        driver.pipe_input(&input, key, value, timestamp_ms).unwrap();
    }
    let cases: [(&str, &[Case<String, String>]); 4] =
        [("out-a", &[text("1", "ab", 1)]), ("out-any", &[text("2", "ba", 2)]), ("out-b", &[]), ("out-rest", &[text("3", "-", 3)])];
    for (topic, expected) in cases {
        assert_eq!(read(&mut driver, &TestTopic::new(topic, Text, Text)), expected, "{topic}");
    }
}

#[test]
fn without_a_default_branch_the_rest_goes_nowhere() {
    let mut driver = driver(|builder| split(builder).no_default_branch()["a"].to("out", Produced::default()));
    let out = run(&mut driver, (Text, Text), [text("1", "ab", 1), text("3", "-", 3)], (Text, Text));
    assert_eq!(out, [vec![text("1", "ab", 1)], vec![]]);
}

#[test]
fn merge_has_the_rows_of_both_streams() {
    let mut driver = driver(|builder| {
        let left: Stream = builder.stream("in", Consumed::default());
        let right: Stream = builder.stream("other", Consumed::default());
        left.merge(&right).to("out", Produced::default());
    });
    let output = TestTopic::new("out", Text, Text);
    for (topic, value, timestamp_ms) in [("in", "1", 5), ("other", "2", 3), ("in", "3", 6)] {
        driver.pipe_input(&TestTopic::new(topic, Text, Text), None, value.to_string(), timestamp_ms).unwrap();
    }
    assert_eq!(read(&mut driver, &output), [text("-", "1", 5), text("-", "2", 3), text("-", "3", 6)]);
}

#[test]
fn several_topics_make_one_stream() {
    let mut driver = driver(|builder| {
        let stream: Stream = builder.stream(["in", "other"], Consumed::default());
        stream.to("out", Produced::default());
    });
    driver.pipe_input(&TestTopic::new("other", Text, Text), None, "x".to_string(), 1).unwrap();
    assert_eq!(read(&mut driver, &TestTopic::new("out", Text, Text)), [text("-", "x", 1)]);
}

#[test]
fn a_repartitioned_stream_keeps_rows_without_keys() {
    check(
        |stream| stream.repartition(Repartitioned::default().named("again").partition_count(1)),
        &[text("k", "v", 1), text("-", "w", 2), text("k", "-", 3)],
        &[text("k", "v", 1), text("-", "w", 2), text("k", "-", 3)],
    );
}

#[test]
fn headers_go_along() {
    let mut driver = driver(|builder| {
        let numbers: KStream<String, i64> = builder.stream("in", Consumed::default().dead_letter("dead"));
        numbers.to("numbers", Produced::default());
        let dead: Stream = builder.stream("dead", Consumed::default());
        dead.map_values(|value| value + "!").repartition(Repartitioned::default()).to("out", Produced::default());
    });
    driver.pipe_input(&TestTopic::new("in", Text, Text), None, "hey".to_string(), 1).unwrap();
    let records = driver.read_output(&TestTopic::new("out", Text, Text)).unwrap();
    assert_eq!(records[0].value.as_deref(), Some("hey!"));
    let names: Vec<_> = records[0].headers.iter().map(|(name, _)| name.as_ref()).collect();
    assert!(names.contains(&b"__streams.errors.topic".as_slice()), "{names:?}");
}

#[test]
fn two_branches_of_one_name_are_a_mistake() {
    let builder = StreamsBuilder::new();
    let stream: KStream<String, String> = builder.stream("in", Consumed::default());
    stream.split().branch("same", |_, _| true).default_branch("same");
    let error = builder.build().map(drop).unwrap_err();
    assert_eq!(error.to_string(), "two branches of a split are named \"same\"; give one of them another name");
}
