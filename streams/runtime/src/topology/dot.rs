//! The topology as a Graphviz graph: a cluster for each sub-topology, boxes for topics, cylinders for stores.

use super::graph::{NodeKind, Topology};
use std::collections::BTreeSet;

impl Topology {
    /// The topology in Graphviz' DOT language.
    pub fn dot(&self) -> String {
        let mut out = String::from("digraph topology {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
        for (number, subtopology) in self.subtopologies().iter().enumerate() {
            out.push_str(&format!("  subgraph cluster_{number} {{\n    label=\"sub-topology {number}\";\n"));
            for index in &subtopology.nodes {
                out.push_str(&format!("    {} [shape=ellipse];\n", quoted(&self.nodes()[*index].name)));
            }
            for index in &subtopology.stores {
                out.push_str(&format!("    {} [shape=cylinder];\n", quoted(&self.stores()[*index].name)));
            }
            out.push_str("  }\n");
        }
        for topic in self.topics_drawn() {
            out.push_str(&format!("  {} [shape=box];\n", quoted(&topic)));
        }
        self.draw_edges(&mut out);
        out.push_str("}\n");
        out
    }

    fn topics_drawn(&self) -> BTreeSet<String> {
        let named = self.source_topics().into_iter().chain(self.sink_topics()).map(|topic| topic.to_string());
        named.chain(self.repartitions().iter().map(|topic| format!("{}-repartition", topic.name))).collect()
    }

    fn draw_edges(&self, out: &mut String) {
        let mut edge = |from: &str, to: &str, style: &str| out.push_str(&format!("  {} -> {}{style};\n", quoted(from), quoted(to)));
        for node in self.nodes() {
            match &node.kind {
                NodeKind::Source { topics, .. } => topics.iter().for_each(|topic| edge(topic.as_str(), &node.name, "")),
                NodeKind::RepartitionSource { repartition, .. } => {
                    edge(&format!("{}-repartition", self.repartitions()[*repartition].name), &node.name, "");
                }
                NodeKind::Sink { topic, .. } => edge(&node.name, topic.as_str(), ""),
                NodeKind::RepartitionSink { repartition, .. } => {
                    edge(&node.name, &format!("{}-repartition", self.repartitions()[*repartition].name), "");
                }
                NodeKind::Operator { .. } => {}
            }
            for (child, _) in node.children.iter().flatten() {
                edge(&node.name, &self.nodes()[*child].name, "");
            }
            for store in &node.stores {
                edge(&node.name, &self.stores()[*store].name, " [dir=both, style=dashed]");
            }
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}
