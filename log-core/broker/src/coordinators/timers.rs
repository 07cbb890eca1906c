//! Wakes the coordinators when a member's session, a rebalance or a transaction runs out of time, and looks for groups and positions that nobody
//! uses any more.

use crate::node::core::Core;
use crate::node::offsets_retention::PositionSweep;
use futures::future::{Either, select};
use log_coordination::{groups, transactions};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How long at most until the next look: the wall clock may jump meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Runs until the log closes.
pub(crate) async fn run(core: Arc<Core>) {
    let mut swept = core.env.clock.now();
    let mut positions = PositionSweep::default();
    let sweep_every = core.options.offsets_retention_check_interval;
    let look_every = LOOK_EVERY.min(sweep_every);
    loop {
        {
            let deadlines = [core.group_coordinator.next_deadline_ms(), core.transactions.next_deadline_ms()];
            let until = deadlines.into_iter().flatten().min().map(|deadline| deadline.saturating_sub(core.now_ms()));
            let until = until.map_or(look_every, |ms| Duration::from_millis(ms.max(0) as u64)).min(look_every);
            let groups = pin!(core.group_coordinator.rescheduled.notified());
            let transactions = pin!(core.transactions.rescheduled.notified());
            let woken = select(select(groups, transactions), core.env.clock.sleep(until)).await;
            if core.is_closing() || core.directory().is_err() {
                return;
            }
            // Whoever rescheduled may do so all the time: what is due is due all the same.
            if matches!(woken, Either::Left(_)) && !until.is_zero() {
                continue;
            }
        }
        core.group_coordinator.on(&core, groups::Event::Tick);
        core.transactions.hold(&core).on(transactions::Event::Tick);
        let now = core.env.clock.now();
        if now.since(swept) >= sweep_every {
            swept = now;
            positions.look(&core).await;
            core.group_coordinator.on(&core, groups::Event::Sweep);
        }
    }
}
