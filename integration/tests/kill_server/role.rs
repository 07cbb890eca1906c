//! What a client is there for. Clients come and go (each life is one of the history's clients), roles stay.

/// The roles, each with one or two clients at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Idempotent: repeats what was not acknowledged until it is.
    Idempotent,
    /// `acks=all` without idempotence; repeats nothing.
    AcksAll,
    /// The same, giving up after a moment, so that many sends end unknown.
    Impatient,
    /// Transactions over several partitions.
    Transactional,
    /// Transactions that copy a topic, positions included.
    Copying,
    /// A member of a classic group.
    ClassicGroup,
    /// A member of a group of the newer protocol.
    ConsumerGroup,
    /// Reads everything, without a group.
    Assigned,
    /// Reads everything from the start once all is over.
    Auditing,
}

impl Role {
    /// Those that write what is not a copy, and must get something through after every fault.
    pub(crate) const PRODUCING: [Role; 4] = [Role::Idempotent, Role::AcksAll, Role::Impatient, Role::Transactional];
    /// Those that must each see everything.
    pub(crate) const READING: [Role; 3] = [Role::ClassicGroup, Role::ConsumerGroup, Role::Assigned];
}
