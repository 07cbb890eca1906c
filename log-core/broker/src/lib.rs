//! A node: opens a data directory, runs the commit and background loops, and serves the embedded log.
//!
//! The path of a batch: [`EmbeddedLog`] hands out a producer; its `send` admits the batch by the topic's configuration, stamps producer and
//! sequence, and *stages* it in the data directory (numbered, in memory). The commit loop flushes everything staged with one write and one
//! sync, then acknowledges all batches of that group in one pass and rings the consumers. Consumers read from memory or segments without
//! waiting for a sync. A transaction is kept aside and staged as one entry, consumed positions included: all or nothing, no markers.
//!
//! What always holds:
//! - an acknowledged batch is durable, unless its topic has `headwater.flush=os`;
//! - committed positions change in the order in which they were staged, and only after they are durable;
//! - no queue grows without limit: bytes in flight, in transactions, in memory and in the journal are bounded by [`EmbeddedOptions`].
//!
//! What the log itself must remember lies in its own partitions: positions in `__consumer_offsets` (Kafka's schema), producer and transactional
//! ids in `__headwater_metadata`; topics in the data directory's journal and checkpoint.

mod broker;
mod coordinators;
mod embedded;
mod handlers;
mod listener;
mod node;

pub use embedded::EmbeddedLog;
pub use listener::KafkaListener;
pub use node::options::EmbeddedOptions;
