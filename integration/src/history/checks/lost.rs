//! Was everything read that is certainly committed?

use super::super::anomaly::{Kind, Report};
use super::super::index::Index;

pub(super) fn look(index: &Index<'_>, report: &mut Report) {
    for operation in index.operations.iter().filter(|operation| index.has_committed(operation)) {
        for (key, value, offset) in operation.sends().filter(|(key, value, _)| index.readers(*key, *value).is_empty()) {
            let last_read = index.orders.get(&key).and_then(|order| order.last_read);
            let is_passed = offset.is_some_and(|offset| last_read >= Some(offset));
            let kind = if is_passed { Kind::LostWrite } else { Kind::Unseen };
            report.add(kind, || format!("{value} of {key} was read by nobody (read up to {last_read:?}): {operation}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::anomaly::Kind;
    use super::super::super::operation::Outcome;
    use super::super::super::script::{Script, found};

    #[test]
    fn a_committed_value_below_what_was_read_and_read_by_nobody_is_lost() {
        let script = Script::new().send(1, "a", &[(1, 0)]).send(1, "a", &[(2, 1)]);
        assert_eq!(found(script.poll(2, "a", &[(1, 2)])), [Kind::LostWrite]);
    }

    #[test]
    fn a_transaction_of_unknown_end_is_committed_once_a_part_of_it_is_read() {
        let torn = Script::new().transact(1, Outcome::Info, &[("a", 1, Some(0)), ("b", 2, Some(0))]).send(3, "b", &[(3, 1)]);
        let torn = torn.poll(2, "b", &[(1, 3)]);
        assert_eq!(found(torn.clone()), []);
        assert_eq!(found(torn.poll(2, "a", &[(0, 1)])), [Kind::LostWrite]);
    }

    #[test]
    fn a_committed_value_that_nobody_came_to_read_is_unseen() {
        assert_eq!(found(Script::new().send(1, "a", &[(1, 0), (2, 1)]).poll(2, "a", &[(0, 1)])), [Kind::Unseen]);
        assert_eq!(found(Script::new().transact(1, Outcome::Info, &[("a", 1, Some(0))])), []);
        assert_eq!(found(Script::new().transact(1, Outcome::Fail, &[("a", 1, Some(0))])), []);
    }
}
