//! Aggregations without windows.

use crate::support::{Case, driver, number, run, text};
use streams_dsl::{
    Consumed, Grouped, Integer, KStream, Materialized, Produced, Serde, SerdeError, StreamsBuilder, Text, TimeWindowed, TimeWindows,
};
use streams_runtime::DropReason;

type Numbers = KStream<String, i64>;

fn numbers(builder: &StreamsBuilder) -> Numbers {
    builder.stream("in", Consumed::default())
}

fn deleted(key: &str, timestamp_ms: i64) -> Case<String, i64> {
    (Some(key.to_string()), None, timestamp_ms)
}

#[test]
fn count_counts_rows_with_key_and_value_and_keeps_the_largest_timestamp() {
    let mut driver = driver(|builder| {
        let stream: KStream<String, String> = builder.stream("in", Consumed::default());
        stream.group_by_key(Grouped::default()).count(Materialized::named("counts")).to_stream().to("out", Produced::default());
    });
    let rows = [text("a", "x", 10), text("b", "x", 5), text("a", "y", 3), text("-", "x", 20), text("a", "-", 30), text("b", "z", 7)];
    let out = run(&mut driver, (Text, Text), rows, (Text, Integer));
    assert_eq!(out, [vec![number("a", 1, 10)], vec![number("b", 1, 5)], vec![number("a", 2, 10)], vec![], vec![], vec![number("b", 2, 7)]]);
    assert_eq!((driver.dropped(DropReason::NullKey), driver.dropped(DropReason::NullValue)), (1, 1));
    let mut store = driver.key_value_store("counts", Text, Integer).unwrap();
    assert_eq!(store.get(&"a".to_string()).unwrap(), Some((2i64, 10)));
    assert_eq!(store.all().unwrap(), [("a".to_string(), 2, 10), ("b".to_string(), 2, 7)]);
}

#[test]
fn a_row_that_makes_two_rows_of_a_key_gives_one_update_unless_caching_is_off() {
    let words = |materialized: Materialized<String, i64>| {
        let mut driver = driver(|builder| {
            let lines: KStream<String, String> = builder.stream("in", Consumed::default());
            lines
                .flat_map_values(|line| line.split(' ').map(str::to_string).collect::<Vec<_>>())
                .group_by_key(Grouped::default())
                .count(materialized)
                .to_stream()
                .to("out", Produced::default());
        });
        run(&mut driver, (Text, Text), [text("k", "x y", 1)], (Text, Integer)).concat()
    };
    assert_eq!(words(Materialized::named("counts")), [number("k", 2, 1)]);
    assert_eq!(words(Materialized::named("counts").without_caching()), [number("k", 1, 1), number("k", 2, 1)]);
}

#[test]
fn group_by_another_key_goes_through_a_repartition_topic() {
    let mut driver = driver(|builder| {
        let lines: KStream<String, String> = builder.stream("in", Consumed::default());
        lines
            .flat_map_values(|line| line.split(' ').map(str::to_string).collect::<Vec<_>>())
            .group_by(|_key, word| word.cloned(), Grouped::default().named("by-word"))
            .count(Materialized::named("counts").in_memory())
            .to_stream()
            .to("out", Produced::default());
    });
    let out = run(&mut driver, (Text, Text), [text("-", "to be or not to be", 9)], (Text, Integer));
    let expected = [("to", 1), ("be", 1), ("or", 1), ("not", 1), ("to", 2), ("be", 2)].map(|(word, count)| number(word, count, 9));
    assert_eq!(out.concat(), expected, "the repartition topic is read record by record");
}

#[test]
fn reduce_starts_with_the_first_value_and_deletes_on_none() {
    let mut driver = driver(|builder| {
        numbers(builder)
            .group_by_key(Grouped::default())
            .reduce(|sum, value| (sum + value != 0).then_some(sum + value), Materialized::default())
            .to_stream()
            .to("out", Produced::default());
    });
    let rows = [number("a", 3, 10), number("a", 4, 5), number("a", -7, 20), number("a", 9, 15)];
    let out = run(&mut driver, (Text, Integer), rows, (Text, Integer));
    assert_eq!(out.concat(), [number("a", 3, 10), number("a", 7, 10), deleted("a", 20), number("a", 9, 15)]);
}

#[test]
fn aggregate_initializes_again_after_a_deletion() {
    let mut driver = driver(|builder| {
        numbers(builder)
            .group_by_key(Grouped::default())
            .aggregate(|| 100, |_key, value, state| if value == 0 { None } else { Some(state + value) }, Materialized::default())
            .to_stream()
            .to("out", Produced::default());
    });
    let rows = [number("a", 0, 1), number("a", 1, 2), number("a", 2, 3), number("a", 0, 4), number("a", 5, 5)];
    let out = run(&mut driver, (Text, Integer), rows, (Text, Integer));
    assert_eq!(out, [vec![], vec![number("a", 101, 2)], vec![number("a", 103, 3)], vec![deleted("a", 4)], vec![number("a", 105, 5)]]);
}

#[test]
fn aggregations_of_one_grouping_share_its_repartition_topic() {
    let builder = StreamsBuilder::new();
    let grouped = numbers(&builder).group_by(|key, _value| key.cloned(), Grouped::default().named("again"));
    grouped.count(Materialized::named("counts"));
    grouped.reduce(|left, right| left.max(right), Materialized::named("largest"));
    let topology = builder.build().unwrap();
    assert_eq!(topology.repartitions().len(), 1);
    assert_eq!(topology.stores().iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), ["counts", "largest"]);
}

/// A serde nobody may use.
struct Untouched;

impl Serde<String> for Untouched {
    fn describe(&self) -> String {
        "untouched".into()
    }

    fn serialize(&self, _value: &String, _out: &mut Vec<u8>) -> Result<(), SerdeError> {
        Err(SerdeError::new("nothing", "it is not to be written"))
    }

    fn deserialize(&self, _bytes: &[u8]) -> Result<String, SerdeError> {
        Err(SerdeError::new("nothing", "it is not to be read"))
    }
}

#[test]
fn a_count_behind_a_repartition_topic_neither_writes_nor_reads_values_but_knows_tombstones() {
    let mut driver = driver(|builder| {
        let words: KStream<String, String> = builder.stream("in", Consumed::default());
        let grouped = words.group_by(|key, _| key.cloned(), Grouped::with(Text, Untouched));
        grouped.count(Materialized::named("counts")).to_stream().to("out", Produced::default());
    });
    let rows = vec![text("a", "x", 1), text("a", "-", 2), text("b", "y", 3), text("a", "z", 4)];
    let out = run(&mut driver, (Text, Text), rows, (Text, Integer));
    assert_eq!(out.concat(), [number("a", 1, 1), number("b", 1, 3), number("a", 2, 4)]);
    assert_eq!(driver.dropped(DropReason::NullValue), 1);
}

#[test]
fn a_windowed_count_behind_a_repartition_topic_counts_tombstones_and_touches_no_value() {
    let size = std::time::Duration::from_millis(10);
    let mut driver = driver(|builder| {
        let words: KStream<String, String> = builder.stream("in", Consumed::default());
        let grouped = words.group_by(|key, _| key.cloned(), Grouped::with(Text, Untouched));
        let counts = grouped.windowed_by(TimeWindows::of(size)).count(Materialized::named("counts"));
        counts.to_stream().to("out", Produced::default());
    });
    let rows = vec![text("a", "x", 1), text("a", "-", 2), text("a", "z", 4)];
    let out = run(&mut driver, (Text, Text), rows, (TimeWindowed::new(Text, size), Integer));
    let counts: Vec<Option<i64>> = out.concat().into_iter().map(|(_, count, _)| count).collect();
    assert_eq!(counts, [Some(1), Some(2), Some(3)]);
}

#[test]
fn values_travel_as_soon_as_one_aggregation_of_the_grouping_looks_at_them() {
    let mut driver = driver(|builder| {
        let grouped = numbers(builder).group_by(|key, _value| key.cloned(), Grouped::default());
        let counts = grouped.count(Materialized::named("counts"));
        let largest = grouped.reduce(|left, right| left.max(right), Materialized::named("largest"));
        counts.to_stream().merge(&largest.to_stream()).to("out", Produced::default());
    });
    let rows = [number("a", 70, 1), number("a", 30, 2)];
    let mut out = run(&mut driver, (Text, Integer), rows, (Text, Integer)).concat();
    out.sort();
    assert_eq!(out, [number("a", 1, 1), number("a", 2, 2), number("a", 70, 1), number("a", 70, 2)]);
}
