//! Building, naming, splitting, printing and checking topologies.

use super::{PartitionCounts, StoreKind, Topology, TopologyError};
use crate::testing::Steps;
use std::collections::BTreeMap;

fn word_count() -> Topology {
    let mut steps = Steps::default();
    let lines = steps.source("lines", &["text"], None);
    let words = steps.operator("words", "split", &[], &[lines]);
    let by_word = steps.repartition("by-word", None, words);
    let store = steps.store("counts", StoreKind::Memory);
    let counted = steps.operator("count", "rows", &[store], &[by_word]);
    steps.sink("counts-out", counted);
    steps.0.build().unwrap()
}

#[test]
fn a_topology_prints_as_kafkas_does() {
    let text = word_count().describe();
    let wanted = "\
Topologies:
   Sub-topology: 0
    Source: lines (topics: [text])
      --> words-eeaf029e4cc5
    Processor: words-eeaf029e4cc5 (stores: [])
      --> by-word-sink
      <-- lines
    Sink: by-word-sink (topic: by-word-repartition)
      <-- words-eeaf029e4cc5

  Sub-topology: 1
    Source: by-word-source (topics: [by-word-repartition])
      --> count-1ca3d1be027d
    Processor: count-1ca3d1be027d (stores: [counts])
      --> sink-7fbfc069e8ad
      <-- by-word-source
    Sink: sink-7fbfc069e8ad (topic: counts-out)
      <-- count-1ca3d1be027d

";
    assert_eq!(text, wanted);
}

#[test]
fn a_topology_draws_as_a_graph() {
    let dot = word_count().dot();
    for line in [
        "digraph topology {",
        "  subgraph cluster_1 {",
        "    \"store counts\" [label=\"counts\", shape=cylinder];",
        "  \"topic text\" [label=\"text\", shape=box];",
        "  \"topic text\" -> \"node lines\";",
        "  \"node by-word-sink\" -> \"topic by-word-repartition\";",
        "  \"topic by-word-repartition\" -> \"node by-word-source\";",
    ] {
        assert!(dot.lines().any(|found| found == line), "{line} in\n{dot}");
    }
}

#[test]
fn a_node_a_store_and_a_topic_of_one_name_are_drawn_as_three() {
    let mut steps = Steps::default();
    let source = steps.source("same", &["same"], Some("dead"));
    let store = steps.store("same", StoreKind::Memory);
    let counted = steps.operator("count", "rows", &[store], &[source]);
    steps.sink("same-too", counted);
    let dot = steps.0.build().unwrap().dot();
    for line in [
        "    \"node same\" [label=\"same\", shape=ellipse];",
        "    \"store same\" [label=\"same\", shape=cylinder];",
        "  \"topic same\" [label=\"same\", shape=box];",
        "  \"topic dead\" [label=\"dead\", shape=box];",
        "  \"node same\" -> \"topic dead\" [style=dotted];",
    ] {
        assert!(dot.lines().any(|found| found == line), "{line} in\n{dot}");
    }
}

#[test]
fn adding_a_step_renames_nothing_else() {
    let names = |extra: bool| {
        let mut steps = Steps::default();
        if extra {
            let other = steps.source("", &["other"], None);
            steps.sink("elsewhere", other);
        }
        let lines = steps.source("", &["text"], None);
        let store = steps.store("", StoreKind::Memory);
        let counted = steps.operator("count", "rows", &[store], &[lines]);
        steps.sink("out", counted);
        let topology = steps.0.build().unwrap();
        let mut names: Vec<String> = topology.nodes().iter().map(|node| node.name.clone()).collect();
        names.push(topology.stores()[0].name.clone());
        names.split_off(names.len() - 4)
    };
    assert_eq!(names(false), names(true));
    assert!(names(false)[3].starts_with("count-") && names(false)[3].ends_with("-store"));
}

#[test]
fn twins_are_told_apart_but_nothing_is_kept_under_their_names() {
    let build = |store_name: &str| {
        let mut steps = Steps::default();
        let lines = steps.source("lines", &["text"], None);
        let first = steps.operator("same", "closure", &[], &[lines]);
        let second = steps.operator("same", "closure", &[], &[lines]);
        steps.sink("a", first);
        let store = steps.store(store_name, StoreKind::Memory);
        let counted = steps.operator("count", "rows", &[store], &[second]);
        steps.sink("b", counted);
        steps.0.build()
    };
    let topology = build("counts").unwrap();
    assert_eq!(topology.nodes()[2].name, format!("{}-2", topology.nodes()[1].name));
    assert!(matches!(build(""), Err(TopologyError::Ambiguous { what: "a store", .. })), "{:?}", build(""));
}

#[test]
fn mistakes_are_refused_with_their_reason() {
    type Case = (&'static str, fn(&mut Steps));
    let cases: Vec<Case> = vec![
        ("the topology has no source; add one", |_| {}),
        ("source empty has no topics; give it at least one", |steps| {
            steps.source("empty", &[], None);
        }),
        ("the name \"x\" is given twice; choose another for one of them", |steps| {
            steps.source("x", &["a"], None);
            steps.source("x", &["b"], None);
        }),
        ("topic a is read by source x and by source y; read it with one source and branch after it", |steps| {
            steps.source("x", &["a"], None);
            steps.source("y", &["b", "a"], None);
        }),
        ("a same step has no input", |steps| {
            steps.source("x", &["a"], None);
            steps.operator("same", "", &[], &[]);
        }),
        ("store lonely is used by no operator; remove it", |steps| {
            steps.source("x", &["a"], None);
            steps.store("lonely", StoreKind::Memory);
        }),
        ("the name \"a b\" cannot be used: only letters, digits, `.`, `_` and `-` are allowed", |steps| {
            let source = steps.source("x", &["a"], None);
            let store = steps.store("a b", StoreKind::Memory);
            steps.operator("count", "", &[store], &[source]);
        }),
        ("a same step takes its input from output 3 of node 0, which does not exist in this topology", |steps| {
            let mut source = steps.source("x", &["a"], None);
            source.output = 3;
            steps.operator("same", "", &[], &[source]);
        }),
    ];
    for (wanted, build) in cases {
        let mut steps = Steps::default();
        build(&mut steps);
        assert_eq!(steps.0.build().unwrap_err().to_string(), wanted);
    }
}

fn counts(topics: &[(&str, i32)]) -> BTreeMap<String, i32> {
    topics.iter().map(|(name, count)| (name.to_string(), *count)).collect()
}

#[test]
fn repartition_topics_have_as_many_partitions_as_what_is_before_them() {
    let topology = word_count();
    let resolved = PartitionCounts::resolve(&topology, "app", &counts(&[("text", 3)])).unwrap();
    assert_eq!((resolved.repartitions, resolved.tasks), (vec![3], vec![3, 3]));
    let kept = PartitionCounts::resolve(&topology, "app", &counts(&[("text", 3), ("app-by-word-repartition", 2)])).unwrap();
    assert_eq!((kept.repartitions, kept.tasks), (vec![2], vec![3, 2]));
    let missing = PartitionCounts::resolve(&topology, "app", &counts(&[])).unwrap_err();
    assert_eq!(missing.to_string(), "topic text does not exist; create it before the application starts");
}

#[test]
fn inputs_of_a_stateful_operator_must_be_co_partitioned() {
    let build = |repartitioned: bool| {
        let mut steps = Steps::default();
        let left = steps.source("left", &["a"], None);
        let mut right = steps.source("right", &["b"], None);
        if repartitioned {
            right = steps.repartition("right-by-key", None, right);
        }
        let store = steps.store("joined", StoreKind::Memory);
        let joined = steps.operator("count", "join", &[store], &[left, right]);
        steps.sink("out", joined);
        steps.0.build().unwrap()
    };
    let existing = counts(&[("a", 4), ("b", 2)]);
    let refused = PartitionCounts::resolve(&build(false), "app", &existing).unwrap_err().to_string();
    assert!(refused.contains("needs its inputs co-partitioned, but a has 4 partitions and b has 2"), "{refused}");
    let resolved = PartitionCounts::resolve(&build(true), "app", &existing).unwrap();
    assert_eq!(resolved.repartitions, [4], "it takes the count of what it meets");
    let fitting = PartitionCounts::resolve(&build(false), "app", &counts(&[("a", 2), ("b", 2)])).unwrap();
    assert_eq!(fitting.tasks, [2]);
}

#[test]
fn merging_without_state_needs_no_co_partitioning() {
    let mut steps = Steps::default();
    let left = steps.source("left", &["a"], None);
    let right = steps.source("right", &["b"], None);
    let merged = steps.operator("same", "merge", &[], &[left, right]);
    steps.sink("out", merged);
    let topology = steps.0.build().unwrap();
    assert_eq!(PartitionCounts::resolve(&topology, "app", &counts(&[("a", 4), ("b", 2)])).unwrap().tasks, [4]);
}
