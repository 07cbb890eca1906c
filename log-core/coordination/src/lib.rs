//! Coordinators as machines: what happens goes in, what is to be done comes out, and records rebuild the state.
//!
//! Nothing here touches a log, a socket or a clock, and nothing is random: the broker runs the machines, appends their records and sends their answers.

pub mod groups;
pub mod transactions;
