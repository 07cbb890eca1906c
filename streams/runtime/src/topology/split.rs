//! Cuts a graph into sub-topologies: nodes that are connected, or share a store, run in one task. A repartition topic is no connection.

use super::graph::{Node, Subtopology};

/// Numbers the sub-topologies by their first node and says which each node and store is in.
pub(super) fn split(nodes: &mut [Node], store_count: usize) -> (Vec<Subtopology>, Vec<usize>) {
    let mut sets = Sets::new(nodes.len() + store_count);
    for (index, node) in nodes.iter().enumerate() {
        node.inputs.iter().for_each(|input| sets.join(index, *input));
        node.stores.iter().for_each(|store| sets.join(index, nodes.len() + *store));
    }
    let mut roots: Vec<usize> = Vec::new();
    let mut subtopologies: Vec<Subtopology> = Vec::new();
    let node_count = nodes.len();
    let mut number_of = |member: usize, subtopologies: &mut Vec<Subtopology>| {
        let root = sets.root(member);
        roots.iter().position(|known| *known == root).unwrap_or_else(|| {
            roots.push(root);
            subtopologies.push(Subtopology::default());
            roots.len() - 1
        })
    };
    for (index, node) in nodes.iter_mut().enumerate() {
        node.subtopology = number_of(index, &mut subtopologies);
        subtopologies[node.subtopology].nodes.push(index);
    }
    let mut of_store = Vec::with_capacity(store_count);
    for store in 0..store_count {
        let number = number_of(node_count + store, &mut subtopologies);
        subtopologies[number].stores.push(store);
        of_store.push(number);
    }
    (subtopologies, of_store)
}

/// Disjoint sets.
pub(super) struct Sets(Vec<usize>);

impl Sets {
    pub(super) fn new(count: usize) -> Sets {
        Sets((0..count).collect())
    }

    pub(super) fn root(&mut self, member: usize) -> usize {
        let mut at = member;
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    pub(super) fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        self.0[left.max(right)] = left.min(right);
    }
}
