//! `InitProducerId` (versions 0 to 5): who a producer is from now on.
//!
//! A producer that names nobody fences all earlier ones of its transactional id. One that names the incarnation it has (KIP-360) goes on
//! from it, and gets the same answer when it asks again; any other incarnation is fenced. A transaction that is open is aborted in the
//! same step: the abort is one entry together with the new incarnation, so Kafka's `CONCURRENT_TRANSACTIONS` and second bump are not needed.
//! A stale incarnation never aborts anything.

use super::codes;
use super::command::{Command, MarkerKind, Response};
use super::end::marker;
use super::event::{InitProducerId, Origin};
use super::machine::{Change, Transactions};
use super::state::{ProducerIdAndEpoch, Transaction, TransactionState};
use log_model::{KafkaCode, ProducerEpoch, ProducerId};
use std::sync::Arc;

/// A longer one does not fit the key of its record.
const TRANSACTIONAL_ID_BYTES_MAX: usize = i16::MAX as usize;

/// What a valid request leads to.
enum Outcome {
    /// An id without a transactional id.
    Plain,
    /// The first producer of a transactional id.
    New,
    /// The answer that an earlier request should have got.
    Repeat(ProducerIdAndEpoch),
    /// The incarnation after this state's; `is_same` when the producer goes on, otherwise it is another one.
    Next { from: Transaction, is_same: bool },
}

impl Transactions {
    pub(super) fn init_producer_id(&mut self, request: InitProducerId, now_ms: i64) -> Command {
        let token = request.token;
        match self.judge_init(&request) {
            Err(code) => {
                let refused = Response::producer(ProducerIdAndEpoch::first(ProducerId::NONE)).refused(code);
                Command::Respond { token, response: refused }
            }
            Ok(Outcome::Plain) => self.hand_out(token),
            Ok(Outcome::Repeat(producer)) => Command::Respond { token, response: Response::producer(producer) },
            Ok(Outcome::New) => self.first_producer(request, now_ms),
            Ok(Outcome::Next { from, is_same }) => self.next_producer(request, from, is_same, now_ms),
        }
    }

    fn judge_init(&self, request: &InitProducerId) -> Result<Outcome, KafkaCode> {
        let holds = match (request.producer_id, request.producer_epoch) {
            (ProducerId::NONE, ProducerEpoch::NONE) => None,
            (ProducerId::NONE, _) | (_, ProducerEpoch::NONE) => return Err(KafkaCode::InvalidRequest),
            (id, epoch) => Some(ProducerIdAndEpoch { id, epoch }),
        };
        let Some(transactional_id) = &request.transactional_id else { return Ok(Outcome::Plain) };
        if !(1..=TRANSACTIONAL_ID_BYTES_MAX).contains(&transactional_id.len()) {
            return Err(KafkaCode::InvalidRequest);
        }
        let timeouts = 1..=self.options.transaction_max_timeout_ms;
        if request.origin == Origin::Client && !timeouts.contains(&request.transaction_timeout_ms) {
            return Err(KafkaCode::InvalidTransactionTimeout);
        }
        let Some(entry) = self.entries.get(transactional_id.as_str()) else { return Ok(Outcome::New) };
        if !entry.pending.is_empty() {
            return Err(KafkaCode::ConcurrentTransactions);
        }
        let Some(settled) = &entry.settled else { return Ok(Outcome::New) };
        match holds {
            Some(holds) if holds == settled.producer => {}
            // Not while a transaction is open: the state then remembers no earlier incarnation.
            Some(holds) if settled.previous == Some(holds) => return Ok(Outcome::Repeat(settled.producer)),
            Some(_) => return Err(codes::for_init(request.version, KafkaCode::ProducerFenced)),
            None => {}
        }
        match settled.state {
            TransactionState::PrepareCommit | TransactionState::PrepareAbort | TransactionState::PrepareEpochFence => {
                Err(KafkaCode::ConcurrentTransactions)
            }
            TransactionState::Ongoing
            | TransactionState::Empty
            | TransactionState::CompleteCommit
            | TransactionState::CompleteAbort
            | TransactionState::Dead => Ok(Outcome::Next { from: settled.clone(), is_same: holds.is_some() }),
        }
    }

    fn first_producer(&mut self, request: InitProducerId, now_ms: i64) -> Command {
        let (id, ids_end) = self.ids.allocate();
        let producer = ProducerIdAndEpoch::first(id);
        self.propose(Change {
            transactional_id: Arc::from(request.transactional_id.unwrap_or_default()),
            target: Some(Transaction::empty(producer, request.transaction_timeout_ms, now_ms)),
            origin: request.origin,
            is_add: false,
            marker: None,
            ids_end,
            answer: Some((request.token, Response::producer(producer))),
        })
    }

    fn next_producer(&mut self, request: InitProducerId, from: Transaction, is_same: bool, now_ms: i64) -> Command {
        let (producer, ids_end) = self.successor(from.producer);
        let marker = marker(&self.options, &from, from.producer.bumped(), MarkerKind::Abort);
        let mut target = Transaction::empty(producer, request.transaction_timeout_ms, now_ms.max(from.last_update_ms));
        target.version = from.version;
        target.previous = from.producer.repeatable().filter(|_| is_same);
        self.propose(Change {
            transactional_id: Arc::from(request.transactional_id.unwrap_or_default()),
            target: Some(target),
            origin: request.origin,
            is_add: false,
            marker: Some(marker),
            ids_end,
            answer: Some((request.token, Response::producer(producer))),
        })
    }

    /// The next incarnation that a client may hold: the next epoch, or a new id when epochs are used up.
    pub(super) fn successor(&mut self, producer: ProducerIdAndEpoch) -> (ProducerIdAndEpoch, Option<i64>) {
        if !producer.is_exhausted() {
            return (producer.bumped(), None);
        }
        let (id, ids_end) = self.ids.allocate();
        (ProducerIdAndEpoch::first(id), ids_end)
    }
}
