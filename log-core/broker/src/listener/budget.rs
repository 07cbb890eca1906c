//! Bytes in memory that all connections together may hold, counted.
//!
//! A share is taken from what is left. Two kinds of taker keep this from coming to a standstill: whoever [waits](Budget::take) does so until
//! *anything* is left and then takes all it needs, so a large need is not starved by small ones; whoever holds bytes already
//! [charges](Budget::charge) for them without waiting. Both may overdraw the budget, each by one share, and nobody takes anything by waiting
//! until it is repaid. Who waits is woken in the order of arrival.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// A budget, shared by all connections; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    account: Arc<Account>,
}

#[derive(Debug)]
struct Account {
    size_bytes: i64,
    /// Below zero while it is overdrawn.
    left_bytes: AtomicI64,
    /// One permit when something is left again; whoever wakes from it passes it on while there is something.
    repaid: Notify,
}

/// A part of a budget, given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Share {
    of: Option<Arc<Account>>,
    bytes: usize,
}

fn signed(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX / 2).min(i64::MAX / 2)
}

impl Account {
    fn give_back(&self, bytes: usize) {
        let before = self.left_bytes.fetch_add(signed(bytes), Ordering::AcqRel);
        if before <= 0 && before + signed(bytes) > 0 {
            self.repaid.notify_one();
        }
    }
}

impl Share {
    /// Whether nothing was taken yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.of.is_none()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes another share of the same budget in.
    pub(crate) fn join(&mut self, mut other: Share) {
        debug_assert!(self.of.is_none() || self.of.as_ref().map(Arc::as_ptr) == other.of.as_ref().map(Arc::as_ptr));
        self.bytes += other.bytes;
        self.of = other.of.take().or(self.of.take());
    }

    /// Makes it exactly this much, whether there is room or not: the bytes are there.
    pub(crate) fn resize(&mut self, bytes: usize) {
        let Some(account) = &self.of else { return };
        if bytes > self.bytes {
            account.left_bytes.fetch_sub(signed(bytes - self.bytes), Ordering::AcqRel);
        } else {
            account.give_back(self.bytes - bytes);
        }
        self.bytes = bytes;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(account) = self.of.take() {
            account.give_back(self.bytes);
        }
    }
}

impl Budget {
    pub(crate) fn new(size_bytes: usize) -> Budget {
        let size_bytes = signed(size_bytes.max(1));
        Budget { account: Arc::new(Account { size_bytes, left_bytes: AtomicI64::new(size_bytes), repaid: Notify::new() }) }
    }

    fn left_bytes(&self) -> i64 {
        self.account.left_bytes.load(Ordering::Acquire)
    }

    fn share(&self, bytes: usize) -> Share {
        Share { of: Some(self.account.clone()), bytes }
    }

    /// Whether more than half of it is taken.
    pub(crate) fn is_short(&self) -> bool {
        self.left_bytes() < self.account.size_bytes / 2
    }

    /// Whether nothing of it is left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.left_bytes() <= 0
    }

    /// Waits until anything is left and takes so much. Cancel safe.
    pub(crate) async fn take(&self, bytes: usize) -> Share {
        loop {
            let taken = self.update(|left| (left > 0).then_some(signed(bytes)));
            match taken {
                Some(_) => return self.share(bytes),
                None => self.room().await,
            }
        }
    }

    /// Takes so much for bytes that are there already.
    pub(crate) fn charge(&self, bytes: usize) -> Share {
        self.account.left_bytes.fetch_sub(signed(bytes), Ordering::AcqRel);
        self.share(bytes)
    }

    /// Takes a quarter of what is left, no more than `most_bytes`: many who take nothing back leave something for the next. `None` if nothing is.
    pub(crate) fn take_part(&self, most_bytes: usize) -> Option<Share> {
        let part = |left: i64| (left > 0).then(|| (left / 4).max(1).min(signed(most_bytes)));
        let taken = self.update(part)?;
        Some(self.share(usize::try_from(taken).unwrap_or(0)))
    }

    /// Takes what `wanted` says of what is left; gives what was taken.
    fn update(&self, wanted: impl Fn(i64) -> Option<i64>) -> Option<i64> {
        let take = |left: i64| wanted(left).map(|bytes| left - bytes);
        let before = self.account.left_bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).ok()?;
        wanted(before)
    }

    /// Waits until anything is left. Cancel safe.
    pub(crate) async fn room(&self) {
        let mut has_waited = false;
        while self.left_bytes() <= 0 {
            self.account.repaid.notified().await;
            has_waited = true;
        }
        if has_waited {
            // The next one looks too, once this one has taken what it wants.
            self.account.repaid.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn shares_come_back_when_dropped_or_made_smaller() {
        let budget = Budget::new(100);
        let mut large = budget.take(90).now_or_never().unwrap();
        assert!(budget.is_short());
        large.resize(10);
        assert!(!budget.is_short());
        large.resize(100);
        large.join(budget.charge(20));
        assert!(budget.take_part(1).is_none());
        drop(large);
        assert_eq!(budget.left_bytes(), 100);
    }

    #[test]
    fn one_share_overdraws_and_nobody_gets_any_until_it_is_repaid() {
        let budget = Budget::new(100);
        let large = budget.take(1000).now_or_never().unwrap();
        assert!(budget.take(1).now_or_never().is_none() && budget.room().now_or_never().is_none());
        let charged = budget.charge(5);
        drop(large);
        assert_eq!(budget.left_bytes(), 95);
        drop((charged, budget.take(1).now_or_never().unwrap()));
        assert_eq!(budget.left_bytes(), 100);
    }

    #[test]
    fn all_who_wait_come_through_even_if_some_give_up() {
        futures::executor::block_on(async {
            let budget = Budget::new(10);
            let held = budget.charge(10);
            let mut first = Box::pin(budget.take(4));
            let mut second = Box::pin(budget.take(4));
            let mut third = Box::pin(budget.take(4));
            for waiting in [&mut first, &mut second, &mut third] {
                assert!(futures::poll!(waiting).is_pending());
            }
            drop(held);
            drop(first);
            let (second, third) = futures::join!(second, third);
            assert_eq!((second.bytes(), third.bytes(), budget.left_bytes()), (4, 4, 2));
        });
    }

    #[test]
    fn parts_become_smaller_and_something_is_left() {
        let budget = Budget::new(1 << 20);
        let parts: Vec<Share> = (0..30).map_while(|_| budget.take_part(100 << 10)).collect();
        assert_eq!(parts[0].bytes(), 100 << 10);
        assert!(parts.len() == 30 && parts[29].bytes() < 1 << 10 && budget.left_bytes() > 0);
        assert!(parts.windows(2).all(|pair| pair[1].bytes() <= pair[0].bytes()));
    }
}
