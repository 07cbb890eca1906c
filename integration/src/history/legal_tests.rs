//! Histories of a log that keeps its promises pass, whatever its clients do; a record taken out of, put twice into or swapped in such a history is found.

use super::anomaly::Kind;
use super::check::check;
use super::legal::{Model, steps};
use super::operation::{Action, History, Key, Outcome, Value, Work};
use proptest::prelude::*;

/// Does something to every polled list of one partition.
fn on_polls(history: &mut History, key: Key, mut change: impl FnMut(&mut Vec<(i64, Value)>)) {
    for operation in history {
        if let Work::Actions { actions, .. } = &mut operation.work {
            for action in actions {
                match action {
                    Action::Poll { key: polled, records } if *polled == key => change(records),
                    Action::Poll { .. } | Action::Send { .. } => {}
                }
            }
        }
    }
}

/// The acknowledged values: where each lies, and what.
fn acknowledged(history: &History) -> Vec<(Key, i64, Value)> {
    let certain = history.iter().filter(|operation| operation.outcome == Outcome::Ok);
    certain.flat_map(|operation| operation.sends()).filter_map(|(key, value, offset)| Some((key, offset?, value))).collect()
}

proptest! {
    #[test]
    fn a_log_that_keeps_its_promises_passes(steps in steps()) {
        let report = check(&Model::run(&steps));
        prop_assert!(report.faults().is_empty(), "{}", report);
    }

    #[test]
    fn an_acknowledged_record_that_vanishes_is_found(steps in steps(), pick in any::<prop::sample::Index>()) {
        let mut history = Model::run(&steps);
        let sent = acknowledged(&history);
        prop_assume!(!sent.is_empty());
        let (key, _, value) = sent[pick.index(sent.len())];
        on_polls(&mut history, key, |records| records.retain(|(_, polled)| *polled != value));
        let faults = check(&history).faults();
        prop_assert!(faults.contains(&Kind::LostWrite) || faults.contains(&Kind::Unseen), "{:?}", faults);
    }

    #[test]
    fn a_record_that_is_stored_again_is_found(steps in steps(), pick in any::<prop::sample::Index>()) {
        let mut history = Model::run(&steps);
        let sent = acknowledged(&history);
        prop_assume!(!sent.is_empty());
        let (key, _, value) = sent[pick.index(sent.len())];
        let last = history.iter().flat_map(|operation| operation.polls()).filter(|(polled, ..)| *polled == key).map(|(_, offset, _)| offset).max();
        let reader = history.iter().rposition(|operation| operation.polls().any(|(polled, ..)| polled == key));
        if let (Some(last), Some(reader)) = (last, reader) {
            let mut tail = history.split_off(reader);
            on_polls(&mut tail, key, |records| records.push((last + 1, value)));
            history.extend(tail);
        }
        let report = check(&history);
        prop_assert!(report.faults().contains(&Kind::Duplicate), "{}", report);
    }

    #[test]
    fn a_record_that_another_reader_sees_elsewhere_is_found(steps in steps(), pick in any::<prop::sample::Index>()) {
        let mut history = Model::run(&steps);
        let sent = acknowledged(&history);
        prop_assume!(!sent.is_empty());
        let (key, offset, _) = sent[pick.index(sent.len())];
        let Some(other) = sent.iter().find(|(other, at, _)| *other == key && *at != offset).map(|(.., value)| *value) else { return Ok(()) };
        on_polls(&mut history, key, |records| records.iter_mut().filter(|(at, _)| *at == offset).for_each(|record| record.1 = other));
        let faults = check(&history).faults();
        prop_assert!(faults.contains(&Kind::InconsistentOffsets), "{:?}", faults);
    }
}
