//! What logs that live in the process of their clients share: the consumer, the groups' registry, wakeups and the admission of batches.
//!
//! A log implements [`LocalStore`] (bounds, reads, committed offsets) and hands out [`LocalConsumer`]s over it. The memory log and the
//! embedded log do.

mod admission;
mod consumer;
mod groups;
mod offsets;
mod positions;
mod store;
mod transaction;
mod wakeups;

pub use admission::{PARTITIONS_MAX, admit, check_partition_count, partition_count};
pub use consumer::LocalConsumer;
pub use groups::{CommitPermit, GroupRegistry};
pub use offsets::{METADATA_BYTES_MAX, check_offsets};
pub use store::{Fetched, LocalStore, PartitionBounds, ReadRequest};
pub use transaction::{DeliverySender, Pending, Transaction, delivery};
pub use wakeups::{Wakeup, Wakeups};
