//! Kafka's protocol spoken directly: batches go to a server and come from it as they are, so that the load costs less than what it measures.
//!
//! One connection a leader and worker. There are no retries and no new leaders here: a measurement during which something fails is none. Records of
//! aborted transactions are read like others.

mod cluster;
mod connection;
mod sink;
mod source;

pub(super) use cluster::Cluster;
pub(super) use sink::WireSink;
pub(super) use source::WireSource;

/// Versions that Kafka has served since 3.5 and that name topics by name.
mod versions {
    pub(super) const INIT_PRODUCER_ID: i16 = 4;
    pub(super) const PRODUCE: i16 = 9;
    pub(super) const FETCH: i16 = 12;
}
