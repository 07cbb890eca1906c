//! Rules of the source tree that no compiler checks.

#![allow(clippy::disallowed_methods, reason = "these tests are about files")]

mod documents;
mod layers;
mod sources;
mod tree;
