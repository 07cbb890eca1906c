//! What the machine keeps: the state of a transactional id, and the producer ids given out.

use super::state::Transaction;
use std::sync::Arc;

/// One durable fact; a later one about the same thing replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The state of a transactional id, or that it is forgotten. A record of `__transaction_state`.
    Transaction {
        /// The record's key.
        transactional_id: Arc<str>,
        /// The record's value; `None` is a tombstone.
        transaction: Option<Transaction>,
    },
    /// All producer ids below may have been given out.
    ProducerIds {
        /// The first id that was not.
        end: i64,
    },
}
