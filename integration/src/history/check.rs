//! All checks over one history.

use super::anomaly::Report;
use super::checks::CHECKS;
use super::index::Index;
use super::operation::History;

/// Looks for every kind of anomaly. Linear in the history's size, up to a logarithm.
///
/// ```
/// use headwater_integration::history::{Action, ClientId, Key, Kind, Operation, Outcome, Value, Work, check};
///
/// let key = Key { topic: "orders", partition: 0 };
/// let sent = Action::Send { key, value: Value(7), offset: Some(0) };
/// let work = Work::Actions { actions: vec![sent], rebalanced: [].into() };
/// let history = vec![Operation { client: ClientId(1), invoked: 0, completed: 1, outcome: Outcome::Ok, work }];
/// assert_eq!(check(&history).faults(), [Kind::Unseen]);
/// ```
pub fn check(history: &History) -> Report {
    let index = Index::new(history);
    let mut report = Report::default();
    for look in CHECKS {
        look(&index, &mut report);
    }
    report
}
