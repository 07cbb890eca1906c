//! Was anything read that was certainly not committed (G1a)?

use super::super::anomaly::{Kind, Report};
use super::super::index::Index;
use super::super::operation::Outcome;

pub(super) fn look(index: &Index<'_>, report: &mut Report) {
    for operation in index.operations.iter().filter(|operation| operation.outcome == Outcome::Fail) {
        for (key, value, _) in operation.sends() {
            if let Some(reader) = index.readers(key, value).first() {
                report
                    .add(Kind::AbortedRead, || format!("{value} of {key} failed: {operation} and was read: {}", index.operations[*reader]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::anomaly::Kind;
    use super::super::super::operation::Outcome;
    use super::super::super::script::{Script, found};

    #[test]
    fn a_value_of_a_failed_writer_must_not_be_read() {
        for (outcome, kinds) in [(Outcome::Fail, &[Kind::AbortedRead][..]), (Outcome::Info, &[]), (Outcome::Ok, &[])] {
            assert_eq!(found(Script::new().transact(1, outcome, &[("a", 1, Some(0))]).poll(2, "a", &[(0, 1)])), kinds, "{outcome:?}");
        }
    }
}
