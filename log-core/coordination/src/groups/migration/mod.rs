//! A group with members goes from one protocol to the other without stopping (KIP-848, `group.consumer.migration.policy`).
//!
//! A classic group of consumers becomes a consumer group when the first member of the consumer protocol joins; its members stay, as members that
//! speak the classic protocol. A consumer group becomes a classic group when the last member of the consumer protocol has gone and others remain.
//! The records of one kind end, and those of the other begin, in one append.

mod downgrade;
mod steps;
mod upgrade;
