//! Limits of the coordinator, with Kafka's defaults.

/// What an operator may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// `transaction.max.timeout.ms`: the longest timeout a client may ask for.
    pub transaction_max_timeout_ms: i32,
    /// `transactional.id.expiration.ms`: an id without a transaction for so long is forgotten.
    pub transactional_id_expiration_ms: i64,
    /// The coordinator's epoch, for markers: the leader epoch of `__transaction_state`.
    pub coordinator_epoch: i32,
    /// So many producer ids are set aside with one record.
    pub producer_ids_at_once: i64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            transaction_max_timeout_ms: 15 * 60 * 1_000,
            transactional_id_expiration_ms: 7 * 24 * 60 * 60 * 1_000,
            coordinator_epoch: 0,
            producer_ids_at_once: 1_000,
        }
    }
}
