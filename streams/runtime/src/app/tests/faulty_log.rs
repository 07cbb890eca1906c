//! A log whose calls fail as told.

use async_trait::async_trait;
use log_client::{Error, Log, Result};
use log_model::TopicName;
use log_testkit::{Call, Meet, MetLog};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What happens to one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitFault {
    /// It is refused; nothing of the transaction is stored.
    Refuse,
    /// It is stored, and then the call fails: nobody can know.
    Hide,
    /// The log is full; a repetition succeeds.
    Full,
}

/// A log on which the n-th commit has the fault chosen for it.
pub(super) fn failing_commits(inner: Arc<dyn Log>, choose: impl Fn(u64) -> Option<CommitFault> + Send + Sync + 'static) -> Arc<dyn Log> {
    Arc::new(MetLog::new(inner, Commits { choose, begun: AtomicU64::new(0), hidden: AtomicU64::new(0) }))
}

struct Commits<C> {
    choose: C,
    begun: AtomicU64,
    /// The commits to be hidden whose calls are under way.
    hidden: AtomicU64,
}

#[async_trait]
impl<C: Fn(u64) -> Option<CommitFault> + Send + Sync + 'static> Meet for Commits<C> {
    async fn before(&self, call: Call) -> Result<()> {
        if call != Call::CommitTransaction {
            return Ok(());
        }
        match (self.choose)(self.begun.fetch_add(1, Ordering::Relaxed)) {
            None => Ok(()),
            Some(CommitFault::Refuse) => Err(Error::Invalid { reason: "refused by the test".into() }),
            Some(CommitFault::Hide) => {
                self.hidden.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Some(CommitFault::Full) => Err(Error::Full { location: "test".into(), reason: "told so".into() }),
        }
    }

    async fn after(&self, call: Call) -> Result<()> {
        let is_hidden = call == Call::CommitTransaction
            && self.hidden.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| waiting.checked_sub(1)).is_ok();
        if is_hidden { Err(Error::UnknownTopic { topic: TopicName::new("hidden-by-the-test").unwrap() }) } else { Ok(()) }
    }
}

/// A log on which the n-th call of those that read and write an epoch (`Send`, `SendOffsets` and `Poll` together) fails if an error is chosen for it.
pub(super) fn failing_calls(inner: Arc<dyn Log>, choose: impl Fn(Call, u64) -> Option<Error> + Send + Sync + 'static) -> Arc<dyn Log> {
    Arc::new(MetLog::new(inner, Calls { choose, begun: AtomicU64::new(0) }))
}

struct Calls<C> {
    choose: C,
    begun: AtomicU64,
}

#[async_trait]
impl<C: Fn(Call, u64) -> Option<Error> + Send + Sync + 'static> Meet for Calls<C> {
    async fn before(&self, call: Call) -> Result<()> {
        if !matches!(call, Call::Send | Call::SendOffsets | Call::Poll) {
            return Ok(());
        }
        (self.choose)(call, self.begun.fetch_add(1, Ordering::Relaxed)).map_or(Ok(()), Err)
    }
}
