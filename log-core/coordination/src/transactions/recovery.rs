//! Coming back: older facts are seeded, records replayed, and what was left in the middle is completed.

use super::command::{Command, MarkerKind};
use super::entry::Entry;
use super::machine::Transactions;
use super::record::Record;
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState};
use std::sync::Arc;

/// The timeout of a transactional id that is only known from an older fact: Kafka's default for producers.
const SEEDED_TIMEOUT_MS: i32 = 60_000;

impl Transactions {
    /// Takes over the newest producer of a transactional id from before there were records of transactions; a replayed record goes before.
    /// Gives the record to be persisted, after which the older fact is to be forgotten: it would come back once the record is a
    /// tombstone and compacted away.
    pub fn seed(&mut self, transactional_id: &str, producer: ProducerIdAndEpoch, now_ms: i64) -> Record {
        let name: Arc<str> = Arc::from(transactional_id);
        let entry = self.entries.entry(name.clone()).or_insert_with(Entry::new);
        let transaction = entry.settled.get_or_insert_with(|| Transaction::empty(producer, SEEDED_TIMEOUT_MS, now_ms)).clone();
        self.index_deadline(&name);
        self.ids.pass(producer.id.0);
        Record::Transaction { transactional_id: name, transaction: Some(transaction) }
    }

    /// Takes over a persisted record; all of them in their order, before anything else happens. Then [`Event::Loaded`](super::Event::Loaded).
    pub fn replay(&mut self, record: Record) {
        match record {
            Record::ProducerIds { end } => self.ids.used_below(end),
            Record::Transaction { transactional_id, transaction } => {
                let transaction = transaction.filter(|transaction| transaction.state != TransactionState::Dead);
                if let Some(transaction) = &transaction {
                    self.ids.pass(transaction.producer.id.0.max(transaction.next_producer_id.map_or(-1, |id| id.0)));
                }
                self.entries.entry(transactional_id.clone()).or_insert_with(Entry::new).settled = transaction;
                self.index_deadline(&transactional_id);
            }
        }
    }

    pub(super) fn complete_prepared(&mut self, now_ms: i64) -> Vec<Command> {
        let prepared = |entry: &Entry| {
            let settled = entry.settled.as_ref().filter(|_| entry.pending.is_empty())?;
            let kind = match settled.state {
                TransactionState::PrepareCommit => MarkerKind::Commit,
                TransactionState::PrepareAbort | TransactionState::PrepareEpochFence => MarkerKind::Abort,
                _ => return None,
            };
            Some((settled.clone(), kind))
        };
        let found: Vec<_> = self.entries.iter().filter_map(|(name, entry)| Some((name.clone(), prepared(entry)?))).collect();
        found.into_iter().map(|(name, (from, kind))| self.complete(name, &from, kind, now_ms)).collect()
    }
}
