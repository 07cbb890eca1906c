//! Does a client read each partition value by value, without a gap and never backwards?
//!
//! Positions live from one operation to the next while the client holds the partition, and only operations that happened move them.

use super::super::anomaly::{Kind, Report};
use super::super::index::Index;
use super::super::operation::{Key, Operation, Outcome, Value, Work};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Where a client is in each partition: the value it read last, and with which operation.
type Positions<'a> = BTreeMap<Key, (Value, &'a Operation)>;

pub(super) fn look(index: &Index<'_>, report: &mut Report) {
    for numbers in index.clients.values() {
        let mut positions = Positions::new();
        for operation in numbers.iter().map(|number| index.operations[*number]) {
            match &operation.work {
                Work::Hold(keys) => positions.retain(|key, _| keys.contains(key)),
                Work::Actions { rebalanced, .. } => {
                    let (first, last) = within(index, operation, rebalanced, report);
                    for (key, value) in first {
                        if let Some((earlier, before)) = positions.get(&key).filter(|_| !rebalanced.contains(&key)) {
                            let between = || format!("{key}: {earlier}, then {value}: {before} {operation}");
                            report_step(index.step(key, *earlier, value), [Kind::PollSkip, Kind::NonmonotonicPoll], between, report);
                        }
                    }
                    if operation.outcome == Outcome::Ok {
                        positions.extend(last.into_iter().map(|(key, value)| (key, (value, operation))));
                    }
                }
            }
        }
    }
}

/// Looks at the reads inside one operation; its first and last value of each partition.
fn within(
    index: &Index<'_>,
    operation: &Operation,
    rebalanced: &BTreeSet<Key>,
    report: &mut Report,
) -> (BTreeMap<Key, Value>, BTreeMap<Key, Value>) {
    let (mut first, mut last) = (BTreeMap::new(), BTreeMap::new());
    for (key, _, value) in operation.polls() {
        first.entry(key).or_insert(value);
        if let Some(earlier) = last.insert(key, value).filter(|_| !rebalanced.contains(&key)) {
            let inside = || format!("{key}: {earlier}, then {value}: {operation}");
            report_step(index.step(key, earlier, value), [Kind::InternalPollSkip, Kind::InternalNonmonotonicPoll], inside, report);
        }
    }
    (first, last)
}

fn report_step(step: Ordering, [skip, back]: [Kind; 2], text: impl FnOnce() -> String, report: &mut Report) {
    match step {
        Ordering::Greater => report.add(skip, text),
        Ordering::Less => report.add(back, text),
        Ordering::Equal => {}
    }
}

impl Index<'_> {
    /// How the step from one polled value to the next compares with the step to its neighbour.
    fn step(&self, key: Key, earlier: Value, later: Value) -> Ordering {
        // Polled values have a place always.
        self.place(key, later).cmp(&self.place(key, earlier).map(|place| place + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::anomaly::Kind;
    use super::super::super::operation::Outcome;
    use super::super::super::script::{Script, found};

    /// Four values that somebody has read.
    fn four() -> Script {
        Script::new().send(1, "a", &[(1, 0), (2, 1), (3, 4), (4, 5)]).poll(2, "a", &[(0, 1), (1, 2), (4, 3), (5, 4)])
    }

    #[test]
    fn a_client_reads_on_where_it_was() {
        assert_eq!(found(four().poll(3, "a", &[(0, 1), (1, 2)]).poll(3, "a", &[(4, 3)])), []);
        assert_eq!(found(four().poll(3, "a", &[(0, 1)]).poll(3, "a", &[(4, 3)])), [Kind::PollSkip]);
        assert_eq!(found(four().poll(3, "a", &[(0, 1), (1, 2)]).poll(3, "a", &[(1, 2)])), [Kind::NonmonotonicPoll]);
        assert_eq!(found(four().poll(3, "a", &[(4, 3)]).poll(3, "a", &[(0, 1)])), [Kind::NonmonotonicPoll]);
    }

    #[test]
    fn a_poll_is_in_order_and_whole_itself() {
        assert_eq!(found(four().poll(3, "a", &[(0, 1), (4, 3)])), [Kind::InternalPollSkip]);
        assert_eq!(found(four().poll(3, "a", &[(1, 2), (0, 1)])), [Kind::InternalNonmonotonicPoll]);
        assert_eq!(found(four().poll(3, "a", &[(0, 1), (0, 1)])), [Kind::InternalNonmonotonicPoll]);
    }

    #[test]
    fn a_partition_given_up_and_taken_anew_is_read_from_anywhere() {
        assert_eq!(found(four().poll(3, "a", &[(1, 2)]).hold(3, &[]).hold(3, &["a"]).poll(3, "a", &[(0, 1)])), []);
        assert_eq!(found(four().poll(3, "a", &[(1, 2)]).hold(3, &["a", "b"]).poll(3, "a", &[(0, 1)])), [Kind::NonmonotonicPoll]);
        let rebalanced = four().poll(3, "a", &[(1, 2)]).poll_rebalanced(3, "a", &[(5, 4), (0, 1)]);
        assert_eq!(found(rebalanced), []);
    }

    #[test]
    fn only_what_happened_moves_a_position() {
        let again = four().poll(3, "a", &[(0, 1)]).copy(3, Outcome::Fail, &[("a", &[(1, 2)])], &[]).poll(3, "a", &[(1, 2)]);
        assert_eq!(found(again), []);
        let on = four().poll(3, "a", &[(0, 1)]).copy(3, Outcome::Fail, &[("a", &[(1, 2)])], &[]).poll(3, "a", &[(4, 3)]);
        assert_eq!(found(on), [Kind::PollSkip]);
    }
}
