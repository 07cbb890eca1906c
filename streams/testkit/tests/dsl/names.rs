//! Names, descriptions and mistakes of programs: nothing here runs.

use std::time::Duration;
use streams_dsl::{BuildError, Consumed, Grouped, Json, KStream, Materialized, Produced, StreamsBuilder, TimeWindows};
use streams_runtime::topology::Topology;

/// Word count without any name, after `before` has added what it likes to the stream of lines.
fn word_count(before: impl FnOnce(&KStream<String, String>)) -> Topology {
    let builder = StreamsBuilder::new();
    let lines: KStream<String, String> = builder.stream("lines", Consumed::default());
    before(&lines);
    lines
        .flat_map_values(|line| line.split(' ').map(str::to_string).collect::<Vec<_>>())
        .group_by(|_key, word| word.cloned(), Grouped::default())
        .count(Materialized::default())
        .to_stream()
        .to("counts", Produced::default());
    builder.build().unwrap()
}

fn kept(topology: &Topology) -> (Vec<String>, Vec<String>) {
    let stores = topology.stores().iter().map(|store| store.name.clone()).collect();
    (stores, topology.repartitions().iter().map(|repartition| repartition.name.clone()).collect())
}

#[test]
fn an_operation_added_elsewhere_renames_nothing() {
    let plain = kept(&word_count(|_lines| ()));
    assert_eq!((plain.0.len(), plain.1.len()), (1, 1));
    let with_filter = kept(&word_count(|lines| {
        lines.filter(|_key, line| line.is_some()).to("copies", Produced::default());
    }));
    assert_eq!(with_filter, plain);
    let with_another_count = kept(&word_count(|lines| {
        lines.group_by_key(Grouped::default()).count(Materialized::default());
    }));
    assert_eq!(with_another_count.1, plain.1);
    assert!(with_another_count.0.contains(&plain.0[0]));
}

#[test]
fn names_given_by_the_user_are_used() {
    let builder = StreamsBuilder::new();
    let lines: KStream<String, String> = builder.stream("lines", Consumed::default().named("lines-source"));
    lines
        .named("by-line")
        .group_by(|_key, line| line.cloned(), Grouped::default().named("grouped"))
        .count(Materialized::named("line-counts"))
        .named("updates")
        .to_stream()
        .to("counts", Produced::default().named("counts-sink"));
    let topology = builder.build().unwrap();
    assert_eq!(kept(&topology), (vec!["line-counts".to_string()], vec!["grouped".to_string()]));
    for name in ["lines-source", "by-line", "updates", "counts-sink"] {
        assert!(topology.nodes().iter().any(|node| node.name == name), "{name}");
    }
}

#[test]
fn a_store_that_hangs_on_the_order_of_two_functions_needs_a_name() {
    let count_by = |grouped: fn() -> Grouped<String, String>, stores: [Materialized<String, i64>; 2]| {
        let builder = StreamsBuilder::new();
        let lines: KStream<String, String> = builder.stream("lines", Consumed::default());
        for store in stores {
            lines.group_by(|_key, line| line.cloned(), grouped()).count(store);
        }
        builder.build().map(|topology| kept(&topology))
    };
    let error = count_by(Grouped::default, [Materialized::default(), Materialized::default()]).unwrap_err();
    assert!(error.to_string().contains("needs a name"), "{error}");
    let (stores, repartitions) = count_by(Grouped::default, [Materialized::named("a"), Materialized::named("b")]).unwrap();
    assert_eq!((stores, repartitions), (vec!["a".to_string(), "b".to_string()], vec!["a".to_string(), "b".to_string()]));
}

#[test]
fn the_description_is_that_of_kafka() {
    let builder = StreamsBuilder::new();
    let lines: KStream<String, String> = builder.stream("lines", Consumed::default().named("lines"));
    lines
        .named("words")
        .flat_map_values(|line| line.split(' ').map(str::to_string).collect::<Vec<_>>())
        .named("select")
        .group_by(|_key, word| word.cloned(), Grouped::default().named("by-word"))
        .count(Materialized::named("counts"))
        .named("updates")
        .to_stream()
        .to("counts", Produced::default().named("out"));
    let description = builder.build().unwrap().describe();
    let count = description.split_whitespace().find(|word| word.starts_with("count-")).unwrap().trim_matches(',').to_string();
    let expected = "\
Topologies:
   Sub-topology: 0
    Source: lines (topics: [lines])
      --> words
    Processor: words (stores: [])
      --> select
      <-- lines
    Processor: select (stores: [])
      --> by-word-sink
      <-- words
    Sink: by-word-sink (topic: by-word-repartition)
      <-- select

  Sub-topology: 1
    Source: by-word-source (topics: [by-word-repartition])
      --> COUNT
    Processor: COUNT (stores: [counts])
      --> updates
      <-- by-word-source
    Processor: updates (stores: [])
      --> out
      <-- COUNT
    Sink: out (topic: counts)
      <-- updates

";
    assert_eq!(description, expected.replace("COUNT", &count));
}

#[test]
fn mistakes_are_reported_by_build() {
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Order {
        amount: i64,
    }
    let error = |program: fn(&StreamsBuilder)| {
        let builder = StreamsBuilder::new();
        program(&builder);
        builder.build().unwrap_err()
    };
    let orders = |builder: &StreamsBuilder| -> KStream<String, Order> { builder.stream("orders", Consumed::default().value(Json)) };
    let cases: [(BuildError, &str); 5] = [
        (
            error(|builder| {
                let _: KStream<String, Order> = builder.stream("orders", Consumed::default());
            }),
            "no serde for values of type",
        ),
        (
            error(|builder| {
                let _: KStream<String, String> = builder.stream("not a topic", Consumed::default());
            }),
            "invalid topic name \"not a topic\"",
        ),
        (
            error(|builder| {
                let lines: KStream<String, String> = builder.stream("lines", Consumed::default());
                let windows = TimeWindows::of(Duration::from_secs(60)).grace(Duration::from_secs(1));
                let store = Materialized::named("counts").retention(Duration::from_secs(60));
                lines.group_by_key(Grouped::default()).windowed_by(windows).count(store);
            }),
            "store counts keeps its windows 60000 ms, less than their size and grace of 61000 ms",
        ),
        (
            error(|builder| {
                let lines: KStream<String, String> = builder.stream("lines", Consumed::default());
                lines.merge(&StreamsBuilder::new().stream("others", Consumed::default())).to("out", Produced::default());
            }),
            "merge combines streams of two builders",
        ),
        (error(|_builder| ()), "the topology has no source"),
    ];
    for (error, words) in cases {
        assert!(error.to_string().contains(words), "{error}");
    }
    let builder = StreamsBuilder::new();
    orders(&builder).filter(|_key, order| order.is_some_and(|order| order.amount > 1)).to("out", Produced::default());
    assert!(builder.build().is_ok(), "a filter keeps the serdes");
}
