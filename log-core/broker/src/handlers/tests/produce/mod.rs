//! Writing batches: what is refused and leaves nothing behind, what is stored and how, and in which order answers come.

mod acknowledged;
mod behind_an_answer;
mod forgotten;
mod refused;
mod room;
mod sequences;
mod stored;
mod timeouts;
