//! The open transaction of a producer: what is kept until its commit, and who waits for its end.

use crate::{Error, GroupMetadata, OffsetAndMetadata, Result};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::future::{BoxFuture, Shared};
use log_model::TopicPartition;
use std::collections::BTreeMap;

/// How a transaction ended, for each delivery that waits for it.
pub(super) type Ending = Shared<BoxFuture<'static, Result<()>>>;

/// Positions of one member.
type Positions = BTreeMap<TopicPartition, OffsetAndMetadata>;

/// An open transaction.
pub(super) struct Transaction {
    /// Not sent yet, by who commits them.
    positions: Vec<(GroupMetadata, Positions)>,
    ended: oneshot::Sender<Result<()>>,
    ending: Ending,
}

impl Transaction {
    pub(super) fn new() -> Transaction {
        let (ended, waiting) = oneshot::channel();
        let ending = waiting.map(|answer| answer.unwrap_or_else(|_| Err(Transaction::aborted()))).boxed().shared();
        Transaction { positions: Vec::new(), ended, ending }
    }

    /// What a delivery waits for.
    pub(super) fn ending(&self) -> Ending {
        self.ending.clone()
    }

    /// Adds positions; later ones of the same partition win.
    pub(super) fn add_positions(&mut self, by: &GroupMetadata, positions: Vec<(TopicPartition, OffsetAndMetadata)>) {
        let index = self.positions.iter().position(|(known, _)| known == by).unwrap_or_else(|| {
            self.positions.push((by.clone(), BTreeMap::new()));
            self.positions.len() - 1
        });
        self.positions[index].1.extend(positions);
    }

    /// The next positions to send.
    pub(super) fn next_positions(&self) -> Option<(GroupMetadata, Positions)> {
        self.positions.first().cloned()
    }

    /// The positions that were next are part of the cluster's transaction now.
    pub(super) fn positions_sent(&mut self) {
        if !self.positions.is_empty() {
            self.positions.remove(0);
        }
    }

    /// Tells everyone who waits.
    pub(super) fn end(self, outcome: Result<()>) {
        // Whoever dropped the delivery does not want to know.
        let _ = self.ended.send(outcome);
    }

    /// What deliveries of an aborted transaction answer.
    pub(super) fn aborted() -> Error {
        Error::Invalid { reason: "the transaction was aborted".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log_model::{ErrorKind, GroupId, Offset, TopicName};

    #[test]
    fn later_positions_of_a_partition_win_and_members_stay_apart() {
        let partition = TopicName::new("t").unwrap().partition(0);
        let at = |offset| vec![(partition.clone(), OffsetAndMetadata::at(Offset(offset)))];
        let (one, other) = (GroupMetadata::unmanaged(GroupId::new("a")), GroupMetadata::unmanaged(GroupId::new("b")));
        let mut transaction = Transaction::new();
        transaction.add_positions(&one, at(1));
        transaction.add_positions(&other, at(2));
        transaction.add_positions(&one, at(3));
        let mut sent = Vec::new();
        while let Some((by, positions)) = transaction.next_positions() {
            sent.push((by, positions[&partition].offset));
            transaction.positions_sent();
        }
        assert_eq!(sent, [(one, Offset(3)), (other, Offset(2))]);
    }

    #[test]
    fn everyone_learns_the_end_and_a_lost_transaction_was_aborted() {
        let transaction = Transaction::new();
        let (first, second) = (transaction.ending(), transaction.ending());
        transaction.end(Ok(()));
        assert!(first.now_or_never().unwrap().is_ok() && second.now_or_never().unwrap().is_ok());
        let lost = Transaction::new().ending();
        assert_eq!(lost.now_or_never().unwrap().unwrap_err().kind(), ErrorKind::Invalid);
    }
}
