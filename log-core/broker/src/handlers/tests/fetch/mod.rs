//! Reading batches: which, how many and when, in sessions and without, of open transactions and ended ones, and what is refused.

mod amounts;
mod isolation;
mod refused;
mod sessions;
mod waiting;
