//! `headwater transaction`: shows transactions, their producers, and the producers that partitions know.

mod command;

pub(super) use command::{TransactionArguments, run};
