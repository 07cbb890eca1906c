//! Do the sends of one client to one partition lie there in the order they were asked for?

use super::super::anomaly::{Kind, Report};
use super::super::index::Index;
use super::super::operation::{Key, Operation, Outcome, Value};
use std::collections::BTreeMap;

/// Place in the version order, value, writer.
type Last<'a> = (usize, Value, &'a Operation);

pub(super) fn look(index: &Index<'_>, report: &mut Report) {
    for numbers in index.clients.values() {
        let mut before: BTreeMap<Key, Last<'_>> = BTreeMap::new();
        let operations = numbers.iter().map(|number| index.operations[*number]);
        for operation in operations.filter(|operation| operation.outcome != Outcome::Fail) {
            let mut inside: BTreeMap<Key, Last<'_>> = BTreeMap::new();
            for (key, value, _) in operation.sends() {
                // Without a place it may not have happened, or is missed by the check for lost writes.
                let Some(place) = index.place(key, value) else { continue };
                if let Some(last) = inside.get(&key) {
                    compare_within(key, last, (place, value, operation), report);
                } else if let Some((_, earlier, writer)) = before.get(&key).filter(|(last, ..)| place < *last) {
                    report.add(Kind::NonmonotonicSend, || format!("{key}: {earlier} lies behind {value}: {writer} {operation}"));
                }
                inside.insert(key, (place, value, operation));
            }
            before.extend(inside);
        }
    }
}

fn compare_within(key: Key, (last, earlier, _): &Last<'_>, (place, value, operation): Last<'_>, report: &mut Report) {
    if place < *last {
        report.add(Kind::InternalNonmonotonicSend, || format!("{key}: {earlier} lies behind {value}: {operation}"));
    } else if place > last + 1 {
        report.add(Kind::InternalSendSkip, || format!("{key}: between {earlier} and {value} lie {}: {operation}", place - last - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::anomaly::Kind;
    use super::super::super::operation::Outcome;
    use super::super::super::script::{Script, found};

    #[test]
    fn successive_sends_of_one_client_lie_in_their_order() {
        let back = |first: u32, second: u32| {
            let sent = Script::new().send(first, "a", &[(1, 1)]).send(second, "a", &[(2, 0)]);
            found(sent.poll(3, "a", &[(0, 2), (1, 1)]))
        };
        assert_eq!(back(1, 1), [Kind::NonmonotonicSend]);
        assert_eq!(back(1, 2), []);
    }

    #[test]
    fn sends_of_one_transaction_lie_in_their_order() {
        let sent = Script::new().transact(1, Outcome::Ok, &[("a", 1, Some(1)), ("a", 2, Some(0))]);
        assert_eq!(found(sent.poll(3, "a", &[(0, 2), (1, 1)])), [Kind::InternalNonmonotonicSend]);
    }

    #[test]
    fn values_of_others_may_lie_between_those_of_a_transaction() {
        let sent = Script::new().transact(1, Outcome::Ok, &[("a", 1, Some(0)), ("a", 2, Some(2))]).send(2, "a", &[(3, 1)]);
        let kinds = found(sent.poll(3, "a", &[(0, 1), (1, 3), (2, 2)]));
        assert!(kinds.contains(&Kind::InternalSendSkip));
        assert!(kinds.iter().all(|kind| kind.is_allowed()), "{kinds:?}");
    }
}
