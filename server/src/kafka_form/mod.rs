//! The lines that Kafka's own command-line tools print, for scripts that read them: one file a tool.
//!
//! Facts: the output of the tools of Apache Kafka 4.3.1. What they print depends on nothing but the values given here.

mod acls;
mod cluster;
mod configs;
mod groups;
mod log_dirs;
mod pad;
mod quorum;
mod records;
mod topics;
mod transactions;

pub(crate) use acls::{acls, acls_added};
pub(crate) use cluster::{cluster_endpoints, cluster_id};
pub(crate) use configs::configs;
pub(crate) use groups::{GroupRow, Listed, group_members, group_offsets, group_reset, group_states, groups_listed};
pub(crate) use log_dirs::log_dirs;
pub(crate) use quorum::{quorum_replication, quorum_status};
pub(crate) use records::RecordForm;
pub(crate) use topics::topic;
pub(crate) use transactions::{producers, transaction, transactions_listed};
