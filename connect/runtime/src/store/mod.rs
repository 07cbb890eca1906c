//! What a worker remembers, in compacted topics with Kafka Connect's keys and values: configurations, source positions, states.

mod configs;
mod keyed_topic;
mod offsets;
mod statuses;

pub(crate) use configs::ConfigStore;
pub(crate) use keyed_topic::KeyedTopic;
pub(crate) use offsets::{OffsetStore, offset_record};
pub(crate) use statuses::StatusStore;
