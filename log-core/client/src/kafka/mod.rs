//! A log kept by a Kafka cluster, through librdkafka (feature `kafka`): the same traits, so streams, connect and SQL run over any cluster.
//!
//! # How the contract maps
//!
//! | the traits say | over a cluster |
//! |---|---|
//! | a batch is stored as it was sent | its records are sent one by one and batched anew by librdkafka; key, value, headers (order, duplicates, nulls) and timestamp arrive as they were, codec, producer id and batch boundaries do not. librdkafka takes timestamp 0 for "now", so 0 is sent as 1 |
//! | a fetched batch | cut from what has arrived: offsets without gaps, at most `max_partition_bytes`, uncompressed, no producer |
//! | a batch is acknowledged | by all in-sync replicas (`acks=all`, idempotent always) |
//! | `send` waits while the queue is full | until no more than 64 MiB or 100,000 records are on their way; a batch is queued whole or not at all |
//! | a transaction is aside until its commit | its records are in the partitions before, hidden from readers at read_committed. Its marker takes an offset, so offsets after it have gaps, and readers see it shortly after `commit` has returned |
//! | `send_offsets` fences at commit | positions are kept here and sent with the commit, so that a member which lost its partitions since is refused then |
//! | a newer producer fences | the older learns it with its next answer from the cluster: from a delivery, `flush` or `commit`, and from `send` after that |
//! | a commit into a topic that is gone fails | the cluster commits the rest: the records went with their topic |
//! | `poll` returns what is there now | what librdkafka has fetched ahead. A poll that meets a rebalance asks the cluster for positions, one round trip |
//! | records below a deletion are gone | what was read ahead outlives it |
//! | `at_end`, `end` | as of the last fetch; an empty partition's end is known after at most `fetch.wait.max.ms` (100 ms here). `end` is the high watermark, which counts records of open transactions and markers |
//! | a partition changes hands once its holder polls again | cooperative-sticky assignment; what is taken is given up with the next poll. A member that does not poll for `max.poll.interval.ms` (5 minutes) loses its partitions |
//! | what is held may be committed through a rebalance | yes, but the coordinator answers only when all members have joined again: a commit that waits longer than 3 s is `Rebalancing`, and may still come through |
//! | what one member gives up goes to the next at once | a rebalance waits until every member has given up what was taken of it |
//! | a group is told of changes at once | with the next heartbeat (1 s) or metadata refresh (5 s) |
//! | commits of partitions that are another's are refused | by this client for what it does not hold, by the cluster for an older generation |
//! | a topic created anew is another topic | a reader that was told of the deletion is not served the new one; if both fall between two metadata refreshes, it may read on |
//! | `PartitionInfo::size_bytes` | 0: librdkafka does not ask for it |
//! | topic configuration | Kafka's keys; what equals Headwater's default is left to the cluster. `headwater.*` keys reach the cluster only if set, and a cluster that does not know them refuses the topic, naming the key |
//!
//! # Shape
//!
//! [`KafkaLog`] hands out the roles. Each producer and consumer has a librdkafka instance of its own (`native`) and one thread for the few calls of
//! librdkafka that wait (`hand`): transactions, leaving a group, the end of the instance. Everything else is told through callbacks, so nothing here
//! blocks the caller's runtime, whichever it is.
//!
//! Not here: SASL and TLS, which are properties of [`KafkaOptions`] once librdkafka is built with them.

mod admin;
mod assignment;
mod config;
mod consumer;
mod cutter;
mod error;
mod hand;
mod log;
mod native;
mod options;
mod positions;
mod producer;
mod receipt;
mod topics;
mod transaction;

pub use log::KafkaLog;
pub use options::KafkaOptions;
