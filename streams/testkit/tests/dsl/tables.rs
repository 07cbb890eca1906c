//! Tables: from a topic, from a stream, filtered and mapped.

use crate::support::{Case, driver, run, text};
use streams_dsl::{Consumed, KStream, KTable, Materialized, Produced, StreamsBuilder, Text};
use streams_runtime::DropReason;

type Rows = Vec<Case<String, String>>;

fn through(
    materialized: Materialized<String, String>,
    step: impl FnOnce(KTable<String, String>) -> KTable<String, String>,
    rows: Rows,
) -> Vec<Rows> {
    let mut driver = driver(|builder| {
        let table = builder.table("in", Consumed::default(), materialized);
        step(table).to_stream().to("out", Produced::default());
    });
    run(&mut driver, (Text, Text), rows, (Text, Text))
}

#[test]
fn the_last_row_wins_whatever_its_timestamp() {
    let rows = vec![text("a", "1", 10), text("a", "2", 5), text("a", "-", 3), text("a", "3", 1)];
    for materialized in [Materialized::default(), Materialized::named("table")] {
        let out = through(materialized, |table| table, rows.clone());
        assert_eq!(out.concat(), rows);
    }
}

#[test]
fn a_kept_table_has_no_update_from_nothing_to_nothing() {
    let out = through(Materialized::named("table"), |table| table, vec![text("a", "-", 1), text("a", "1", 2)]);
    assert_eq!(out, [vec![], vec![text("a", "1", 2)]]);
    let out = through(Materialized::default(), |table| table, vec![text("a", "-", 1)]);
    assert_eq!(out, [vec![text("a", "-", 1)]], "a table that is not kept does not know");
}

#[test]
fn a_row_that_stops_matching_is_deleted() {
    let rows = vec![text("a", "yes", 1), text("a", "no", 2), text("b", "no", 3), text("a", "-", 4)];
    let deleted = vec![text("a", "yes", 1), text("a", "-", 2), text("b", "-", 3), text("a", "-", 4)];
    let out = through(Materialized::named("table"), |table| table.filter(|_key, value| value == "yes"), rows.clone());
    assert_eq!(out.concat(), deleted);
    let out = through(Materialized::default(), |table| table.filter_not(|_key, value| value == "no"), rows);
    assert_eq!(out.concat(), deleted);
}

#[test]
fn map_values_maps_rows_and_leaves_tombstones() {
    let out = through(Materialized::default(), |table| table.map_values(|value| value + "!"), vec![text("a", "x", 1), text("a", "-", 2)]);
    assert_eq!(out.concat(), [text("a", "x!", 1), text("a", "-", 2)]);
}

#[test]
fn rows_without_a_key_are_dropped_and_counted() {
    let mut driver = driver(|builder| {
        let table: KTable<String, String> = builder.table("in", Consumed::default(), Materialized::named("table"));
        table.to_stream().to("out", Produced::default());
    });
    let out = run(&mut driver, (Text, Text), [text("-", "x", 1), text("a", "x", 2)], (Text, Text));
    assert_eq!(out.concat(), [text("a", "x", 2)]);
    assert_eq!(driver.dropped(DropReason::NullKey), 1);
    assert_eq!(driver.key_value_store("table", Text, Text).unwrap().all().unwrap(), [("a".to_string(), "x".to_string(), 2)]);
}

#[test]
fn to_table_repartitions_only_a_stream_whose_key_may_have_changed() {
    let repartitions = |step: fn(KStream<String, String>) -> KStream<String, String>| {
        let builder = StreamsBuilder::new();
        step(builder.stream("in", Consumed::default())).to_table(Materialized::named("table"));
        let topology = builder.build().unwrap();
        topology.repartitions().iter().map(|repartition| repartition.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(repartitions(|stream| stream.map_values(|value| value)), Vec::<String>::new());
    assert_eq!(repartitions(|stream| stream.select_key(|_key, value| value.cloned())), ["table"]);
}
