//! Does everybody see the same value at the same offset, once, and one that was sent there?

use super::super::anomaly::{Kind, Report};
use super::super::index::Index;
use std::collections::BTreeMap;

pub(super) fn look(index: &Index<'_>, report: &mut Report) {
    for (key, order) in &index.orders {
        let mut places = BTreeMap::new();
        for (offset, values) in order.offsets() {
            if values.len() > 1 {
                report.add(Kind::InconsistentOffsets, || format!("{key} holds at offset {offset}: {values:?}"));
            }
            for value in values {
                if let Some(first) = places.insert(*value, offset) {
                    report.add(Kind::Duplicate, || format!("{key} holds {value} at offsets {first} and {offset}"));
                }
            }
        }
    }
    for (key, value) in index.read_values() {
        if index.writer(key, value).is_none() {
            let reader = index.operations[index.readers(key, value)[0]];
            report.add(Kind::Unwritten, || format!("nobody sent {value} to {key}, and it was read: {reader}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::anomaly::Kind;
    use super::super::super::script::{Script, found};

    #[test]
    fn two_values_at_one_offset_are_inconsistent() {
        let clashing = Script::new().send(1, "a", &[(1, 0)]).send(2, "a", &[(2, 0)]).poll(3, "a", &[(0, 1)]).poll(4, "a", &[(0, 2)]);
        assert_eq!(found(clashing), [Kind::InconsistentOffsets]);
        let disagreeing = Script::new().send(1, "a", &[(1, 5)]).poll(3, "a", &[(6, 1)]);
        assert_eq!(found(disagreeing), [Kind::Duplicate]);
    }

    #[test]
    fn a_value_at_two_offsets_is_a_duplicate() {
        assert_eq!(found(Script::new().send(1, "a", &[(1, 0)]).poll(2, "a", &[(0, 1)]).poll(3, "a", &[(4, 1)])), [Kind::Duplicate]);
    }

    #[test]
    fn a_value_that_nobody_sent_there_is_unwritten() {
        assert_eq!(found(Script::new().poll(2, "a", &[(0, 1)])), [Kind::Unwritten]);
        let astray = Script::new().send(1, "a", &[(1, 0)]).poll(2, "a", &[(0, 1)]).poll(2, "b", &[(0, 1)]);
        assert_eq!(found(astray), [Kind::Unwritten]);
    }
}
