//! The coordinators at work: the machines of `log-coordination` beside the log that keeps their records.
//!
//! A machine is held by its lock while it decides and while what it decided is staged, so that the order of its records in the log is the order of
//! its decisions. Answers that depend on records leave when the flush that holds them is done. Locks, in the order in which they may be taken
//! together: groups, transactions, the order of committed positions.

mod group_coordinator;
mod timers;
mod transaction_coordinator;

pub(crate) use group_coordinator::{GroupCoordinator, decode_group_record};
pub(crate) use timers::run as run_timers;
pub(crate) use transaction_coordinator::{TransactionCoordinator, TransactionalWrite};
