//! Classic groups: the coordinator keeps the members in step, the leader among them shares the work out.

mod commit;
mod group;
mod image;
mod join;
mod join_static;
mod leave;
mod member;
mod rebalance;
mod session;
mod subscription;
mod sync;
mod view;

pub(crate) use commit::CONSUMER_PROTOCOL;
pub(crate) use group::{ClassicGroup, State, Waiting};
pub(crate) use join::{MEMBER_ID_REQUIRED_SINCE, texts_fit};
pub(crate) use member::{Member, rebalance_timeout_ms};
