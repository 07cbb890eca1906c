//! The topology as text, in the format of Kafka's `TopologyDescription`.

use super::graph::{Node, NodeKind, Topology};
use std::fmt::Write;

impl Topology {
    /// The topology as text, as Kafka Streams prints it. Repartition topics appear without the application's name, as Kafka's do before start.
    pub fn describe(&self) -> String {
        let mut out = String::from("Topologies:\n");
        for (number, subtopology) in self.subtopologies().iter().enumerate() {
            // Kafka's text begins with a line that ends in a space, so that only the first one stands further in. Writing to a String cannot fail.
            let indent = if number == 0 { "   " } else { "  " };
            let _ = writeln!(out, "{indent}Sub-topology: {number}");
            for index in &subtopology.nodes {
                out.push_str(&self.describe_node(&self.nodes()[*index]));
            }
            out.push('\n');
        }
        out
    }

    fn describe_node(&self, node: &Node) -> String {
        let head = match &node.kind {
            NodeKind::Source { topics, .. } => {
                let topics: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
                format!("Source: {} (topics: [{}])", node.name, topics.join(", "))
            }
            NodeKind::RepartitionSource { repartition, .. } => {
                format!("Source: {} (topics: [{}-repartition])", node.name, self.repartitions()[*repartition].name)
            }
            NodeKind::Operator { .. } => {
                let stores: Vec<&str> = node.stores.iter().map(|store| self.stores()[*store].name.as_str()).collect();
                format!("Processor: {} (stores: [{}])", node.name, stores.join(", "))
            }
            NodeKind::Sink { topic, .. } => format!("Sink: {} (topic: {topic})", node.name),
            NodeKind::RepartitionSink { repartition, .. } => {
                format!("Sink: {} (topic: {}-repartition)", node.name, self.repartitions()[*repartition].name)
            }
        };
        let is_sink = matches!(node.kind, NodeKind::Sink { .. } | NodeKind::RepartitionSink { .. });
        let mut text = format!("    {head}\n");
        if !is_sink {
            text.push_str(&format!("      --> {}\n", self.names_of(node.children.iter().flatten().map(|(child, _)| *child))));
        }
        if !node.inputs.is_empty() {
            text.push_str(&format!("      <-- {}\n", self.names_of(node.inputs.iter().copied())));
        }
        text
    }

    fn names_of(&self, nodes: impl Iterator<Item = usize>) -> String {
        let mut names: Vec<&str> = Vec::new();
        for node in nodes {
            let name = self.nodes()[node].name.as_str();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() { "none".to_string() } else { names.join(", ") }
    }
}
