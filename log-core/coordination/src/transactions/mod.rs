//! The transaction coordinator: who produces under which transactional id, what their transactions contain and how they end.
//!
//! [`Transactions`] is a machine: [`Event`]s go in, [`Command`]s come out, nothing else happens. A change is decided, handed out as
//! [`Command::Persist`], and taken over when the runtime reports it persisted; replaying the persisted [`Record`]s gives the same state.
//! Both of Kafka's protocols share one state: in version 2 (KIP-890) each end of a transaction bumps the producer's epoch and writing to a
//! partition adds it; in version 1 partitions are added by requests of their own and the epoch stays.
//!
//! Not here: writing markers into partitions, which partition keeps a group's offsets, authorization, and whether a topic exists.
//!
//! Source: Kafka's `TransactionCoordinator`, `TransactionMetadata`, `TransactionStateManager`; KIP-98, KIP-360, KIP-890, KIP-994, KIP-1152.

mod add;
mod check;
mod codec;
mod codes;
mod command;
mod end;
mod entry;
mod event;
mod ids;
mod init;
mod machine;
mod options;
mod record;
mod recovery;
mod state;
mod timeouts;
mod views;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod test_world;
#[cfg(test)]
mod transcripts;

pub use check::WriteCheck;
pub use codec::RecordError;
pub use command::{Command, Marker, MarkerKind, PersistId, Response};
pub use event::{AddPartitions, AddedBy, EndTxn, Event, InitProducerId, Origin, Token};
pub use machine::Transactions;
pub use options::Options;
pub use record::Record;
pub use state::{ProducerIdAndEpoch, Transaction, TransactionState, TransactionVersion};
pub use views::{Description, Filter, Listed, Listing};
