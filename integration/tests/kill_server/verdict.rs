//! What the history says: as a whole, and through the eyes of each role that must have seen everything.

use crate::clients::Topics;
use crate::recorder::Recorder;
use crate::role::Role;
use headwater_integration::history::{Action, History, Kind, Outcome, Work, check, check_copies};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What happened, and what must not have.
pub(crate) struct Verdict {
    /// Counts, for people.
    pub(crate) summary: String,
    /// Empty if all is well.
    pub(crate) faults: String,
}

/// Judges.
pub(crate) fn judge(recorder: &Recorder, history: &History) -> Verdict {
    let mut faults = String::new();
    let mut add = |what: &str, found: String| {
        if !found.is_empty() {
            faults.push_str(&format!("{what}:\n{found}\n"));
        }
    };
    add("the clients", recorder.faults().join("\n"));
    let whole = check(history);
    add("the history", whole.to_string());
    add("the copies", check_copies(history, Topics::PLAIN, recorder.copies()).to_string());
    for role in Role::READING.into_iter().chain([Role::Auditing]) {
        // What else is wrong the whole history has shown.
        let missed = check(&seen_by(recorder, history, role)).only(&[Kind::LostWrite, Kind::Unseen]);
        add(&format!("what {role:?} missed"), missed.to_string());
    }
    let mut summary = counts(recorder, history);
    let _ = writeln!(summary, "allowed by Kafka's model: {:?}", whole.counts());
    for (error, count) in recorder.errors() {
        let _ = writeln!(summary, "{count} times {error}");
    }
    Verdict { summary, faults }
}

/// The history without what others read.
fn seen_by(recorder: &Recorder, history: &History, role: Role) -> History {
    let mut history = history.clone();
    for operation in history.iter_mut().filter(|operation| recorder.role(operation.client) != role) {
        if let Work::Actions { actions, .. } = &mut operation.work {
            actions.retain(|action| matches!(action, Action::Send { .. }));
        }
    }
    history
}

fn counts(recorder: &Recorder, history: &History) -> String {
    let mut counts: BTreeMap<Role, [usize; 5]> = BTreeMap::new();
    for operation in history {
        let [ok, failed, unknown, sent, read] = counts.entry(recorder.role(operation.client)).or_default();
        match operation.outcome {
            Outcome::Ok => *ok += 1,
            Outcome::Fail => *failed += 1,
            Outcome::Info => *unknown += 1,
        }
        *sent += operation.sends().count();
        *read += operation.polls().count();
    }
    let mut text = String::new();
    for (role, [ok, failed, unknown, sent, read]) in counts {
        let _ = writeln!(text, "{role:?}: {ok} operations ok, {failed} failed, {unknown} unknown; {sent} records sent, {read} read");
    }
    text
}
