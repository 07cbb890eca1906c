//! Topics as tables of batch queries: a bounded snapshot of each partition, decoded as it is read.

mod partition;
mod provider;
mod pseudo;
mod schema;
mod session;
mod wildcard;

pub(crate) use session::TableAccess;
