//! `headwater topic`: creates, lists, describes, alters, trims and deletes topics.

mod change;
mod command;
mod describe;
mod list;
mod places;

pub(super) use command::{TopicArguments, run};
