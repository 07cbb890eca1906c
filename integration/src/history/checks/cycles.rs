//! Could the operations have happened one after another?
//!
//! Edges: ww from the writer of a value to the writer of the next one in its partition; wr from a writer to each reader; and from an operation of a client
//! to its next one that began after the former had ended. Only wr and the client's own order must be free of cycles in Kafka's model.

use super::super::anomaly::{Kind, Report};
use super::super::graph::Graph;
use super::super::index::Index;
use super::super::operation::Outcome;

/// Pairs of operations.
type Edges = Vec<(usize, usize)>;

pub(super) fn look(index: &Index<'_>, report: &mut Report) {
    let (reads, writes, order) = (reads(index), writes(index), client_order(index));
    search(index, [&reads, &order], Kind::ReadCycle, report);
    search(index, [&writes, &Edges::new()], Kind::G0, report);
    search(index, [&writes, &reads], Kind::G1c, report);
}

fn happened(index: &Index<'_>, number: &usize) -> bool {
    index.operations[*number].outcome != Outcome::Fail
}

fn reads(index: &Index<'_>) -> Edges {
    let mut edges = Edges::new();
    for (key, value) in index.read_values() {
        if let Some(writer) = index.writer(key, value) {
            let readers = index.readers(key, value).iter().filter(|reader| happened(index, reader));
            edges.extend(readers.map(|reader| (writer, *reader)));
        }
    }
    edges
}

fn writes(index: &Index<'_>) -> Edges {
    let mut edges = Edges::new();
    for (key, order) in &index.orders {
        for pair in order.values().windows(2) {
            if let (Some(first), Some(next)) = (index.writer(*key, pair[0]), index.writer(*key, pair[1])) {
                edges.push((first, next));
            }
        }
    }
    edges
}

fn client_order(index: &Index<'_>) -> Edges {
    let mut edges = Edges::new();
    for numbers in index.clients.values() {
        let happened: Vec<usize> = numbers.iter().copied().filter(|number| happened(index, number)).collect();
        let pairs = happened.windows(2).map(|pair| (pair[0], pair[1]));
        edges.extend(pairs.filter(|(first, next)| index.operations[*first].completed < index.operations[*next].invoked));
    }
    edges
}

/// Reports cycles over the edges; those of writes alone are not G1c.
fn search(index: &Index<'_>, edges: [&Edges; 2], kind: Kind, report: &mut Report) {
    let mut graph = Graph::new(index.operations.len());
    edges.into_iter().flatten().for_each(|(from, to)| graph.add(*from, *to));
    for cycle in graph.cycles() {
        let named = || cycle.iter().map(|number| index.operations[*number].to_string()).collect::<Vec<_>>().join(" -> ");
        report.add(kind, named);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::anomaly::Kind;
    use super::super::super::operation::Outcome;
    use super::super::super::script::{Script, found};

    #[test]
    fn transactions_that_read_each_other_are_a_read_cycle() {
        let script = Script::new().copy(1, Outcome::Ok, &[("a", &[(0, 1)])], &[("b", 2, Some(0))]).copy(
            2,
            Outcome::Ok,
            &[("b", &[(0, 2)])],
            &[("a", 1, Some(0))],
        );
        assert_eq!(found(script), [Kind::G1c, Kind::ReadCycle]);
    }

    #[test]
    fn reading_what_oneself_writes_later_is_a_read_cycle() {
        let script = Script::new().poll(1, "a", &[(0, 1)]).send(1, "a", &[(1, 0)]);
        assert_eq!(found(script), [Kind::ReadCycle]);
    }

    #[test]
    fn transactions_whose_writes_interleave_are_g0_which_is_allowed() {
        let script = Script::new()
            .transact(1, Outcome::Ok, &[("a", 1, Some(0)), ("b", 2, Some(1))])
            .transact(2, Outcome::Ok, &[("a", 3, Some(1)), ("b", 4, Some(0))])
            .poll(3, "a", &[(0, 1), (1, 3)])
            .poll(3, "b", &[(0, 4), (1, 2)]);
        assert_eq!(found(script), [Kind::G0, Kind::G1c]);
        assert!(Kind::G0.is_allowed() && Kind::G1c.is_allowed());
    }

    #[test]
    fn a_read_against_the_order_of_writes_is_g1c() {
        let script = Script::new()
            .copy(1, Outcome::Ok, &[("b", &[(0, 2)])], &[("a", 1, Some(0))])
            .transact(2, Outcome::Ok, &[("a", 3, Some(1)), ("b", 2, Some(0))])
            .poll(3, "a", &[(0, 1), (1, 3)]);
        assert_eq!(found(script), [Kind::G1c]);
    }
}
