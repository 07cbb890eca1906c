//! The topology as a Graphviz graph: a cluster for each sub-topology, boxes for topics, cylinders for stores.
//!
//! Nodes, stores and topics may have one name; each kind has identifiers of its own.

use super::graph::{NodeKind, Topology};
use std::collections::BTreeSet;

impl Topology {
    /// The topology in Graphviz' DOT language.
    pub fn dot(&self) -> String {
        let mut out = String::from("digraph topology {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
        for (number, subtopology) in self.subtopologies().iter().enumerate() {
            out.push_str(&format!("  subgraph cluster_{number} {{\n    label=\"sub-topology {number}\";\n"));
            for index in &subtopology.nodes {
                draw("    ", NODE, &self.nodes()[*index].name, "ellipse", &mut out);
            }
            for index in &subtopology.stores {
                draw("    ", STORE, &self.stores()[*index].name, "cylinder", &mut out);
            }
            out.push_str("  }\n");
        }
        for topic in self.topics_drawn() {
            draw("  ", TOPIC, &topic, "box", &mut out);
        }
        self.draw_edges(&mut out);
        out.push_str("}\n");
        out
    }

    fn topics_drawn(&self) -> BTreeSet<String> {
        let named = self.source_topics().into_iter().chain(self.sink_topics()).chain(self.dead_letter_topics());
        let named = named.map(|topic| topic.to_string());
        named.chain(self.repartitions().iter().map(|topic| format!("{}-repartition", topic.name))).collect()
    }

    fn draw_edges(&self, out: &mut String) {
        let mut edge = |from: (&str, &str), to: (&str, &str), style: &str| {
            out.push_str(&format!("  {} -> {}{style};\n", identifier(from.0, from.1), identifier(to.0, to.1)));
        };
        for node in self.nodes() {
            let itself = (NODE, node.name.as_str());
            let repartition = |index: usize| format!("{}-repartition", self.repartitions()[index].name);
            match &node.kind {
                NodeKind::Source { topics, dead_letter, .. } => {
                    topics.iter().for_each(|topic| edge((TOPIC, topic.as_str()), itself, ""));
                    dead_letter.iter().for_each(|topic| edge(itself, (TOPIC, topic.as_str()), " [style=dotted]"));
                }
                NodeKind::RepartitionSource { repartition: index, .. } => edge((TOPIC, &repartition(*index)), itself, ""),
                NodeKind::Sink { topic, .. } => edge(itself, (TOPIC, topic.as_str()), ""),
                NodeKind::RepartitionSink { repartition: index, .. } => edge(itself, (TOPIC, &repartition(*index)), ""),
                NodeKind::Operator { .. } => {}
            }
            for (child, _) in node.children.iter().flatten() {
                edge(itself, (NODE, &self.nodes()[*child].name), "");
            }
            for store in &node.stores {
                edge(itself, (STORE, &self.stores()[*store].name), " [dir=both, style=dashed]");
            }
        }
    }
}

const NODE: &str = "node";
const STORE: &str = "store";
const TOPIC: &str = "topic";

fn draw(indent: &str, kind: &str, name: &str, shape: &str, out: &mut String) {
    out.push_str(&format!("{indent}{} [label={}, shape={shape}];\n", identifier(kind, name), quoted(name)));
}

fn identifier(kind: &str, name: &str) -> String {
    quoted(&format!("{kind} {name}"))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
