//! The clients, one file per kind; each runs on a thread of its own until it is told to end.

mod auditor;
mod copier;
mod holdings;
mod reader;
mod sender;
mod settings;
mod transaction;
mod transactor;

pub(crate) use auditor::audit;
pub(crate) use copier::run as copy;
pub(crate) use reader::run as read;
pub(crate) use sender::run as send;
pub(crate) use settings::{Topics, admin};
pub(crate) use transactor::run as transact;
