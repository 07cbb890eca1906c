//! Exactly once: of every committed value one copy, by a job that reads one topic and writes another in transactions.

use super::anomaly::{Kind, Report};
use super::operation::{History, Value};
use std::collections::BTreeMap;

/// A copy that somebody has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copied {
    /// What was copied.
    pub source: Value,
    /// The copy, a value of its own.
    pub copy: Value,
}

/// Looks for values of `topic` that somebody read and that have no copy, or more than one, among `copies`.
pub fn check_copies(history: &History, topic: &str, copies: impl IntoIterator<Item = Copied>) -> Report {
    let mut report = Report::default();
    let mut found: BTreeMap<Value, Value> = BTreeMap::new();
    for Copied { source, copy } in copies {
        if let Some(other) = found.insert(source, copy).filter(|other| *other != copy) {
            report.add(Kind::CopiedTwice, || format!("{source} of {topic} was copied as {other} and as {copy}"));
        }
    }
    let mut read: Vec<Value> =
        history.iter().flat_map(|operation| operation.polls()).filter(|(key, ..)| key.topic == topic).map(|(.., value)| value).collect();
    read.sort_unstable();
    read.dedup();
    for value in read.into_iter().filter(|value| !found.contains_key(value)) {
        report.add(Kind::NotCopied, || format!("{value} of {topic} has no copy"));
    }
    report
}

#[cfg(test)]
mod tests {
    use super::super::anomaly::Kind;
    use super::super::operation::Value;
    use super::super::script::Script;
    use super::{Copied, check_copies};

    #[test]
    fn every_value_has_one_copy() {
        let history = Script::new().poll(1, "a", &[(0, 1), (1, 2)]).poll(1, "b", &[(0, 3)]).history();
        let cases = [
            (&[(1, 11), (2, 12)][..], &[][..]),
            (&[(1, 11), (2, 12), (1, 11)], &[]),
            (&[(1, 11)], &[Kind::NotCopied]),
            (&[(1, 11), (2, 12), (1, 13)], &[Kind::CopiedTwice]),
        ];
        for (copies, kinds) in cases {
            let copies = copies.iter().map(|(source, copy)| Copied { source: Value(*source), copy: Value(*copy) });
            assert_eq!(check_copies(&history, "a", copies).faults(), kinds);
        }
    }
}
