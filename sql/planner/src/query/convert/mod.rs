//! From a logical plan to a streaming plan: one rule a logical node, registered in `rules.rs`.

mod aggregate;
mod alias;
mod filter;
mod projection;
mod rules;
mod scan;

pub(super) use rules::{Settings, convert};
