//! An open transaction of a log in this process: batches and positions kept aside until they are stored in one piece.
//!
//! Nobody sees anything of it before the commit, so the log needs no markers and no reader ever meets an aborted record.

use crate::{Delivery, Error, GroupMetadata, OffsetAndMetadata, Result};
use futures::FutureExt;
use futures::channel::oneshot;
use log_model::{Offset, TopicPartition};
use log_record::RecordBatch;

/// The log's end of a [`Delivery`].
pub type DeliverySender = oneshot::Sender<Result<Offset>>;

/// A delivery and the end that resolves it. A dropped sender tells that the log was closed.
pub fn delivery() -> (DeliverySender, Delivery) {
    let (sender, receiver) = oneshot::channel();
    let closed = || Err(Error::Closed { reason: "the log was closed before it acknowledged the batch".into() });
    (sender, receiver.map(move |answer| answer.unwrap_or_else(|_| closed())).boxed())
}

/// A batch that waits for the commit.
#[derive(Debug)]
pub struct Pending {
    /// Where it goes.
    pub partition: TopicPartition,
    /// The batch, admitted but without producer and offset.
    pub batch: RecordBatch,
    /// Who waits for it.
    pub delivery: DeliverySender,
}

/// An open transaction. Its size is bounded by `limit_bytes`.
#[derive(Debug)]
pub struct Transaction {
    /// The batches, in the order they were sent.
    pub batches: Vec<Pending>,
    /// Consumed positions, by who commits them.
    pub offsets: Vec<(GroupMetadata, Vec<(TopicPartition, OffsetAndMetadata)>)>,
    size_bytes: u64,
    limit_bytes: u64,
}

impl Transaction {
    /// An empty transaction.
    pub fn new(limit_bytes: u64) -> Self {
        Transaction { batches: Vec::new(), offsets: Vec::new(), size_bytes: 0, limit_bytes }
    }

    /// Adds a batch. Errors: the transaction would exceed its limit; it stays as it was.
    pub fn push(&mut self, partition: &TopicPartition, batch: RecordBatch) -> Result<Delivery> {
        let size_bytes = self.size_bytes + batch.size_bytes() as u64;
        if size_bytes > self.limit_bytes {
            let fix = "commit more often";
            return Err(Error::TooLarge { what: "transaction", size_bytes, limit_bytes: self.limit_bytes, fix });
        }
        self.size_bytes = size_bytes;
        let (sender, receiver) = delivery();
        self.batches.push(Pending { partition: partition.clone(), batch, delivery: sender });
        Ok(receiver)
    }

    /// Adds positions; later ones of the same partition win.
    pub fn add_offsets(&mut self, by: &GroupMetadata, offsets: Vec<(TopicPartition, OffsetAndMetadata)>) {
        match self.offsets.iter_mut().find(|(known, _)| known == by) {
            Some((_, known)) => {
                known.retain(|(partition, _)| !offsets.iter().any(|(newer, _)| newer == partition));
                known.extend(offsets);
            }
            None => self.offsets.push((by.clone(), offsets)),
        }
    }

    /// Tells everyone who waits for a batch that there will be none.
    pub fn give_up(self, error: &Error) {
        for pending in self.batches {
            // Whoever dropped the delivery does not want to know.
            let _ = pending.delivery.send(Err(error.clone()));
        }
    }

    /// What deliveries of an aborted transaction answer.
    pub fn aborted() -> Error {
        Error::Invalid { reason: "the transaction was aborted".into() }
    }
}
