//! What connections may hold in memory, and how long anyone may hold it while others wait.
//!
//! For N connections, whatever they send and whether they read or not, this holds:
//!
//! ```text
//! bytes ≤ N · connection + requests + frames + decoded + records + answers + what is on its way through
//! ```
//!
//! - *connection*: a task, a first read, a frame of which less than `frames::FREE_BYTES` have arrived, and one answer's list of chunks.
//! - *requests*: every small request from the time it has arrived as a whole until its handler is done. While the budget is overdrawn nobody reads on.
//! - *frames*: the buffers of larger requests, before each time that they grow, until the handler is done (a produced batch until the queue of the
//!   log counts it). While the budget is overdrawn one grows at a time, so that those which hold a part do not wait for one another; that others fill
//!   it does not keep small requests from coming in.
//! - *records*: what a fetch found, until it is written. A fetch that finds nothing left waits as it does for records, and is answered without.
//! - *answers*: all else that is encoded, until it is written. While the budget is overdrawn no handler starts (but that of produce, whose answers
//!   are small); a handler that runs finishes.
//! - *decoded*: beside the bytes of a request other than produce lies what was read from them until its handler is done: for the largest of the usual
//!   ones about as much again, for one that is made for it ten times as much (the fuzz targets of `log-wire` hold that bound).
//! - *on its way through*: the budgets may each be overdrawn by one step of one request, or by one answer for each handler that was running, of which there
//!   are as many as worker threads, and as many again as work that waits for the disk.
//!
//! Nobody waits long for what only it can give back. A request under way waits for `records` or `answers` only, of which a connection holds something
//! only while it writes one answer, and then it waits for the client alone. Frames that arrive may wait for one another: that counts as time in which
//! the client sends nothing. Who takes or sends nothing has a [patience](Budgets::patience) for it, which is short as soon as half of a budget is
//! taken, and so has who holds requests behind one that waits: whatever is held comes back. Where nothing is left of a budget, that is within two seconds
//! (a second of patience, and the next look at those who wait): no longer does a client beside them wait for a small request or a fetch of small records
//! (`handlers/tests/connection/floods.rs`).

use crate::listener::budget::Budget;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What small requests may hold, larger ones unless `queued.max.request.bytes` says otherwise, fetched records, and other answers.
const REQUEST_BYTES: usize = 64 << 20;
const FRAME_BYTES: usize = 96 << 20;
const RECORD_BYTES: usize = 64 << 20;
const ANSWER_BYTES: usize = 32 << 20;

/// A request takes up at least so much while it is under way.
pub(crate) const REQUEST_OVERHEAD_BYTES: usize = 1 << 10;

/// A part of a frame that has begun must arrive within this time.
const PATIENCE: Duration = Duration::from_secs(30);
/// Whoever holds bytes must go on within this time when they are short, or when the server stops.
pub(crate) const PATIENCE_WHEN_SHORT: Duration = Duration::from_secs(5);

/// Where nothing is left, others wait already.
const PATIENCE_WHEN_EXHAUSTED: Duration = Duration::from_secs(1);

/// How long a small request waits at most, whoever holds all that there is: until those are found out, and told.
#[cfg(test)]
pub(crate) const NEIGHBOUR_WAITS: Duration = PATIENCE_WHEN_EXHAUSTED.saturating_add(crate::listener::transfer::LOOK_EVERY);

/// The budgets of a node's connections.
#[derive(Debug)]
pub(crate) struct Budgets {
    pub(crate) requests: Budget,
    pub(crate) frames: Budget,
    /// Who has it may go on beyond the budget of frames.
    pub(crate) overdraft: Arc<Semaphore>,
    pub(crate) records: Budget,
    pub(crate) answers: Budget,
}

impl Budgets {
    /// `frame_bytes`: what larger requests may hold, if the node's configuration says.
    pub(crate) fn new(frame_bytes: Option<usize>) -> Budgets {
        Budgets {
            requests: Budget::new(REQUEST_BYTES),
            frames: Budget::new(frame_bytes.unwrap_or(FRAME_BYTES)),
            overdraft: Arc::new(Semaphore::new(1)),
            records: Budget::new(RECORD_BYTES),
            answers: Budget::new(ANSWER_BYTES),
        }
    }

    /// How long the next part of a request may be on its way.
    pub(crate) fn patience(&self) -> Duration {
        if self.frames.is_short() { PATIENCE_WHEN_SHORT } else { PATIENCE }
    }

    /// Whether requests may not be held for long.
    pub(crate) fn requests_are_short(&self) -> bool {
        self.requests.is_short() || self.frames.is_short()
    }

    /// How long a client may leave the next part of an answer untaken; `None`: that is for the idle limit to say.
    pub(crate) fn patience_with_answers(&self) -> Option<Duration> {
        if self.records.is_exhausted() || self.answers.is_exhausted() {
            return Some(PATIENCE_WHEN_EXHAUSTED);
        }
        (self.records.is_short() || self.answers.is_short()).then_some(PATIENCE_WHEN_SHORT)
    }
}
