//! Did a transaction read what it had written itself? At read_committed it must not see that before its end.

use super::super::anomaly::{Kind, Report};
use super::super::index::Index;
use std::collections::BTreeSet;

pub(super) fn look(index: &Index<'_>, report: &mut Report) {
    for operation in &index.operations {
        let sent: BTreeSet<_> = operation.sends().map(|(key, value, _)| (key, value)).collect();
        for (key, _, value) in operation.polls().filter(|(key, _, value)| sent.contains(&(*key, *value))) {
            report.add(Kind::PrecommittedRead, || format!("{value} of {key} was read before its commit: {operation}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::anomaly::Kind;
    use super::super::super::operation::Outcome;
    use super::super::super::script::{Script, found};

    #[test]
    fn a_transaction_does_not_read_its_own_writes() {
        let own = Script::new().copy(1, Outcome::Ok, &[("a", &[(0, 1)])], &[("a", 1, Some(0))]);
        assert_eq!(found(own), [Kind::PrecommittedRead]);
        let other = Script::new().send(1, "a", &[(1, 0)]).copy(2, Outcome::Ok, &[("a", &[(0, 1)])], &[("b", 2, Some(0))]);
        assert_eq!(found(other.poll(3, "b", &[(0, 2)])), []);
    }
}
