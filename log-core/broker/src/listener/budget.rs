//! The bytes of requests and answers that all connections together may hold.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes are counted in these units.
const UNIT_BYTES: usize = 1024;

/// A budget of bytes, shared by all connections; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    room: Arc<Semaphore>,
    units_max: u32,
}

/// A part of the budget, given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Share(Option<OwnedSemaphorePermit>);

impl Share {
    /// Whether it is of nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Gives back all but `size_bytes`.
    pub(crate) fn shrink_to(&mut self, size_bytes: usize) {
        let Some(permit) = self.0.as_mut() else { return };
        let surplus = permit.num_permits().saturating_sub(size_bytes.div_ceil(UNIT_BYTES));
        drop(permit.split(surplus));
    }
}

impl Budget {
    pub(crate) fn new(size_bytes: usize) -> Budget {
        let units_max = u32::try_from(size_bytes / UNIT_BYTES).unwrap_or(u32::MAX / 8).clamp(1, u32::MAX / 8);
        Budget { room: Arc::new(Semaphore::new(units_max as usize)), units_max }
    }

    fn units(&self, size_bytes: usize) -> u32 {
        u32::try_from(size_bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).min(self.units_max)
    }

    /// Waits for a share; one larger than the budget waits for all of it. Cancel safe.
    pub(crate) async fn take(&self, size_bytes: usize) -> Share {
        // The semaphore is never closed.
        Share(self.room.clone().acquire_many_owned(self.units(size_bytes)).await.ok())
    }

    /// A share if there is room for it now.
    pub(crate) fn try_take(&self, size_bytes: usize) -> Option<Share> {
        self.room.clone().try_acquire_many_owned(self.units(size_bytes)).ok().map(|permit| Share(Some(permit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_back_when_dropped_or_shrunk() {
        let budget = Budget::new(100 * UNIT_BYTES);
        let mut large = budget.try_take(90 * UNIT_BYTES).unwrap();
        assert!(budget.try_take(20 * UNIT_BYTES).is_none());
        large.shrink_to(10 * UNIT_BYTES);
        let other = budget.try_take(90 * UNIT_BYTES).unwrap();
        assert!(budget.try_take(1).is_none());
        drop((large, other));
        assert!(budget.try_take(usize::MAX).is_some());
    }
}
