//! A client for the administration of servers that speak Kafka's protocol: our own, and Apache Kafka's.
//!
//! It asks what the Log traits do not know of: nodes, log directories, the quorum, members of groups, ACLs, producers, transactions, configurations with
//! their origin. One file an API, or a family of them; [`ClusterAdmin`] finds the node that answers: any one, all of them, the leader of a partition, the
//! coordinator of a group.
//!
//! What always holds:
//! - every question has an end: a server that is not there or says nothing is an error with its address after [`AdminOptions`]' times;
//! - a change goes out once: where a connection ends before its answer, the caller is told that nobody knows ([`Error::Uncertain`]);
//! - each request goes out in the newest version that both sides speak (`ApiVersions`);
//! - a connection that was left in the middle of an exchange is never used again.
//!
//! Not here: TLS and SASL, records, and anything that decides.

mod address;
mod answer;
mod call;
mod cluster_admin;
mod connection;
mod error;
mod exchange;
mod repeat;

mod acls;
mod configs;
mod groups;
mod log_dirs;
mod nodes;
mod offsets;
mod producers;
mod quorum;
mod topics;
mod transactions;

#[cfg(test)]
mod test_server;

pub use cluster_admin::{AdminOptions, ClusterAdmin};
pub use configs::{ConfigChange, ConfigEntry, ConfigResource, ConfigSource};
pub use error::{Error, Result};
pub use groups::{GroupDescription, GroupListing, GroupMember, GroupType};
pub use log_dirs::{LogDir, ReplicaSize};
pub use nodes::{ClusterDescription, Node};
pub use producers::ActiveProducer;
pub use quorum::{QuorumDescription, QuorumReplica};
pub use topics::{PartitionReplicas, TopicReplicas};
pub use transactions::{TransactionDescription, TransactionFilter, TransactionListing};
