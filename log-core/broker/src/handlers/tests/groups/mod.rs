//! Groups: of the classic protocol, of KIP-848, and the positions that both keep.

mod classic;
mod consumer;
mod consumer_refused;
mod ended;
mod positions;
mod refused;
mod static_member;
