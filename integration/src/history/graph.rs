//! A directed graph of operations, and its cycles: the strongly connected components of more than one node (Tarjan's algorithm, without recursion).

use std::collections::{BTreeSet, VecDeque};

/// Nodes are numbers from 0.
pub(super) struct Graph {
    edges: Vec<Vec<usize>>,
}

/// What the search knows of one node.
#[derive(Clone, Copy, Default)]
struct Visit {
    /// Numbers from 1 in the order of discovery; 0 is not yet discovered.
    found: usize,
    low: usize,
    is_on_stack: bool,
}

impl Graph {
    pub(super) fn new(nodes: usize) -> Graph {
        Graph { edges: vec![Vec::new(); nodes] }
    }

    /// Edges from a node to itself are left out.
    pub(super) fn add(&mut self, from: usize, to: usize) {
        if from != to {
            self.edges[from].push(to);
        }
    }

    /// One shortest cycle of each component that has any, through the component's lowest node.
    pub(super) fn cycles(&self) -> Vec<Vec<usize>> {
        self.components().into_iter().filter(|component| component.len() > 1).map(|component| self.shortest(&component)).collect()
    }

    fn components(&self) -> Vec<BTreeSet<usize>> {
        let mut visits = vec![Visit::default(); self.edges.len()];
        let (mut stack, mut components, mut count) = (Vec::new(), Vec::new(), 0);
        for root in 0..self.edges.len() {
            // Nodes on the way down, each with how many of its edges have been followed.
            let mut path = if visits[root].found == 0 { vec![(root, 0)] } else { Vec::new() };
            while let Some((node, followed)) = path.pop() {
                if followed == 0 {
                    count += 1;
                    visits[node] = Visit { found: count, low: count, is_on_stack: true };
                    stack.push(node);
                }
                if let Some(next) = self.edges[node].get(followed).copied() {
                    path.push((node, followed + 1));
                    match visits[next] {
                        Visit { found: 0, .. } => path.push((next, 0)),
                        Visit { is_on_stack: true, found, .. } => visits[node].low = visits[node].low.min(found),
                        _ => {}
                    }
                    continue;
                }
                if visits[node].low == visits[node].found {
                    let start = stack.iter().rposition(|other| *other == node).unwrap_or_default();
                    let component: BTreeSet<usize> = stack.drain(start..).collect();
                    component.iter().for_each(|member| visits[*member].is_on_stack = false);
                    components.push(component);
                }
                if let Some((parent, _)) = path.last() {
                    visits[*parent].low = visits[*parent].low.min(visits[node].low);
                }
            }
        }
        components
    }

    fn shortest(&self, component: &BTreeSet<usize>) -> Vec<usize> {
        let Some(start) = component.first().copied() else { return Vec::new() };
        let mut paths = VecDeque::from([vec![start]]);
        let mut seen = BTreeSet::new();
        while let Some(path) = paths.pop_front() {
            let Some(node) = path.last() else { continue };
            for next in self.edges[*node].iter().copied().filter(|next| component.contains(next)) {
                if next == start {
                    return path;
                }
                if seen.insert(next) {
                    paths.push_back([path.as_slice(), &[next]].concat());
                }
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Graph;
    use proptest::prelude::*;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> Graph {
        let mut graph = Graph::new(nodes);
        edges.iter().for_each(|(from, to)| graph.add(*from, *to));
        graph
    }

    #[test]
    fn cycles_are_found_and_their_shortest_is_shown() {
        let cases = [
            (&[][..], &[][..] as &[&[usize]]),
            (&[(0, 1), (1, 2), (0, 2)], &[]),
            (&[(0, 0)], &[]),
            (&[(0, 1), (1, 0)], &[&[0, 1]]),
            (&[(0, 1), (1, 2), (2, 0), (1, 0), (4, 5), (5, 4)], &[&[0, 1], &[4, 5]]),
            (&[(3, 0), (0, 1), (1, 2), (2, 3)], &[&[0, 1, 2, 3]]),
        ];
        for (edges, cycles) in cases {
            assert_eq!(graph(6, edges).cycles(), cycles, "{edges:?}");
        }
    }

    proptest! {
        #[test]
        fn a_component_is_what_reaches_each_other(edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..40)) {
            let mut reach = [[false; 12]; 12];
            edges.iter().for_each(|(from, to)| reach[*from][*to] = true);
            for over in 0..12 {
                for from in 0..12 {
                    for to in 0..12 {
                        reach[from][to] |= reach[from][over] && reach[over][to];
                    }
                }
            }
            let mut components = graph(12, &edges).components();
            components.sort();
            let mut expected: Vec<_> =
                (0..12).map(|a| (0..12).filter(|b| a == *b || (reach[a][*b] && reach[*b][a])).collect()).collect();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(components, expected);
        }
    }
}
